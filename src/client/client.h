// The client core: attaches one device to its supernode, finds people, makes and takes calls, carries their voice. It
// is a Core (base/core.h): no I/O; every command takes `now` and is followed by the same draining as a datagram. One
// call at a time; a second invitation is answered "busy".
//
// PCM is 16 kHz mono int16 in frames of 20 ms (320 samples). The host pushes captured frames with handle_pcm and pulls
// playout frames with take_pcm, each at its sound device's own pace.
//
// What must survive a restart leaves through poll_save and comes back through load before attach.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core.h"
#include "base/rng.h"
#include "base/sound_gap.h"
#include "base/tariff.h"
#include "client/admission.h"
#include "client/carrier_choice.h"
#include "client/events.h"
#include "client/finder.h"
#include "client/identity.h"
#include "client/link_probing.h"
#include "client/mail.h"
#include "client/node_list.h"
#include "crypto/asymmetric.h"
#include "crypto/keys.h"
#include "voice/codec.h"
#include "wire/call_note.h"
#include "wire/ids.h"
#include "wire/issuers.h"

namespace farline::client {

struct Config {
  Identity identity;
  NodeTarget node;                 // of the invitation, or the one that the last run used; node_list.h has the others
  uint32_t max_bps = 0;            // most this device sends, on the wire; 0: the best rung the far side takes
  uint32_t receive_max_bps = 0;    // most this device can take; 0: max_bps when that is set, else no limit known
  std::optional<Tariff> tariff{};  // of this device's link, if known
  std::string tariff_link{};       // else the policy's for this link; empty: the only one it has
  bool relay_only = false;         // calls never leave the relay, and nobody we talk to learns our address
  policy::Build build{};           // what this program is
  NodeList::Choice nodes = NodeList::Choice::any;
};

// What the core needs from outside; all outlive it.
struct Environment {
  Rng& rng;
  const crypto::Asymmetric& asymmetric;
  voice::CodecFactory& codecs;
};

struct CallOptions {
  uint32_t max_bps = 0;            // 0: Config's
  bool relay_only = false;         // or Config's
  std::optional<Stream> stream{};  // to send behind the voice
};

class Client final : public Core, public Carried {
 public:
  Client(Config config, Environment environment);
  ~Client() override;

  // Before attach: a record that an earlier run saved. One that no run can have saved is skipped.
  void load(const SaveRecord& record);

  // --- Commands ---
  // Starts attaching and keeps attached from then on. `wall` is a hint (0: unknown).
  void attach(Time now, WallTime wall);
  // The host's answer to node_to_find(); nothing: the name is not known now.
  void found(Time now, std::string_view place, const std::optional<Address>& address);
  // A device of this local network that says it stands in for a node that does not answer (docs/PROTOCOL.md 1.9): it is
  // tried unless a node is there. False: not one of this organisation's devices, or revoked.
  bool found_stand_in(Time now, const Address& address, Bytes certificate);
  // Whether it is such a one that we are attached to, and no call runs: then look for a node again, now.
  bool is_at_stand_in() const;
  void leave_stand_in(Time now);
  // What one who stands in needs: the keys of the nodes that it answers for.
  std::vector<crypto::PublicKey> node_keys() const;
  // The program ends soon, and no call runs: a newer policy is fetched and the audit sent now, not at leisure.
  void hurry(Time now);
  // Something of it is still under way.
  bool is_hurrying() const;
  // Leaves the supernode; a call is hung up first.
  void detach(Time now);
  // Calls every device of `name`. Errors: a bad name, a call is running. What the policy forbids ends at once, not
  // allowed, with the reason; while a first policy is on its way the call waits for it.
  Result<CallId> start_call(Time now, std::string_view name, CallOptions options);
  void answer(Time now);
  void hang_up(Time now);  // ends a call, cancels or declines one that rings
  void set_muted(bool muted);
  void set_note(const wire::CallNote& note);  // of the running call: told to the other end
  // A key of a telephone's keypad, in the running call: heard here, and there as often as it was pressed and in that
  // order. False: no such key, no call, the far device is too old, or too many have not arrived yet.
  bool press_key(char key);
  // The machine slept, or its network changed: everything that may be stale is checked at once.
  void network_changed(Time now);
  // Where this device is on its own network, for people behind the same NAT; nothing: not known.
  void set_own_network(Time now, std::optional<Address> address);
  void set_blocked(std::string_view name, bool blocked);
  // Measures the way to the supernode: link_figures(). Nothing while a call runs.
  void check_link(Time now);
  // A policy file that somebody handed over; admission.h has the errors.
  Result<void> import_policy(Time now, Bytes file);
  // When admission() wants it.
  void set_build_hash(Time now, const policy::ShortHash& hash);
  // Opens this device for four hours with a one-time code; the supernode and whom we call learn of it. Until when.
  Result<WallTime> break_glass(Time now, const policy::GlassCode& code);

  // --- Mail: sealed messages to devices and from them (mail.h) ---
  // What the policy holds back waits here and goes out by itself when it may: EventKind::held and released.
  // False: too much waits here already.
  bool post_mail(Time now, MailPost post);
  // Of class files, what waits for the link: a caller that keeps the rest itself gives a little at a time.
  size_t bulk_mail_waiting() const;
  // Whether it would leave now, for this person: what the policy here says, or the node did.
  Verdict may_write(Time now, const std::string& person) const;
  bool poll_mail(MailReceived& out);
  // All that poll_mail gave is on disk.
  void mail_is_kept(Time now);
  bool poll_mail_outcome(MailOutcome& out);
  // The devices of somebody, as the node says: whom mail can be sealed for. A good name.
  void find_person(Time now, std::string name);
  bool poll_found(FoundPerson& out);

  // --- Sound ---
  // Of the next call to be connected.
  void set_sound_options(const SoundOptions& options);
  void handle_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame);
  void take_pcm(std::span<int16_t, voice::kUnitSamples> frame);  // silence when there is no call
  // Frames that the sound devices took or gave without us: echo cancellation counts them.
  void skip_pcm(const SoundGap& gap);

  // --- Core ---
  const NodeTarget& node() const override;
  CarrierChoice::Look carrier_look() const override;
  void check_node(Time now) override;
  void carrier_changed(Time now, std::optional<uint32_t> header_bytes) override;

  void handle_datagram(Time now, const Address& from, Bytes datagram) override;
  void handle_timeout(Time now) override;
  bool poll_save(SaveRecord& out) override;
  bool poll_transmit(Transmit& out) override;
  std::optional<Time> next_timeout() const override;

  bool poll_event(Event& out);

  // --- What a user interface shows ---
  bool is_attached() const;
  // Where we are attached, or which one is tried.
  // The one that we were attached to last: the next run begins there.
  const NodeTarget& home() const;
  // The node whose place has to be looked up before it can be tried; null: none.
  const NodeTarget* node_to_find() const;
  std::optional<Duration> node_round_trip() const;
  CallState call_state() const;
  // A hang-up is still waiting for its acknowledgement: a program that ends gives it a moment.
  bool is_saying_goodbye() const;
  CallStats call_stats(Time now) const;  // of the running or the last call
  std::vector<ContactView> contacts() const;
  const LinkFigures& link_figures() const;
  const Counters& counters() const;
  const Admission& admission() const;
  const wire::Issuers& issuers() const;  // whose signatures count

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace farline::client
