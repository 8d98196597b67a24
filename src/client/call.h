// One call, from its first INVITE or INCOMING to the last acknowledged HANGUP (docs/PROTOCOL.md section 3). The
// person's view of it ends at once (is_over); its legs may need a little longer (is_done).
//
// Timers: lookup   start: unknown name          60 s                       effect: unreachable
//         repeat   start: each unanswered message, one a leg               effect: sent again
//         ring     start: INVITE / INCOMING     60 s caller, 75 s callee   effect: no_answer or unreachable / missed
//         stall    start: each media packet     2 s or 4 packets           effect: stalled event; the call stays up
//         remember start: connected, network    30 s, then each minute     effect: this network's rate is saved
//
// State x input (caller)  LOOKUP_RESULT   RINGING         ANSWER      HANGUP        all legs failed   hang_up
//   looking_up            calling         -               -           -             ended             ended
//   calling               more legs       ringing_there   connected   leg ends      ended             ended (CANCEL)
//   ringing_there         more legs       leg rings       connected   leg/declined  ended             ended (HANGUP)
//   connected             -               leg hung up     leg hung up ended         -                 ended (HANGUP)
// State x input (callee)  CONFIRM         answer          HANGUP      CANCELLED     decline / hang_up
//   ringing_here          confirmed       answering or connected      missed        missed            ended
//   answering             connected       -               missed      missed        ended
//   connected             -               -               ended       ended         ended
// A connected call whose relay is gone goes on with another (call_continue.cc): the caller invites again, and the
// callee asks for that.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/tariff.h"
#include "client/admission.h"
#include "client/attachment.h"
#include "client/call_leg.h"
#include "client/call_media.h"
#include "client/contact_book.h"
#include "client/direct_path.h"
#include "client/network_memory.h"
#include "client/passes.h"
#include "client/policy_traffic.h"

namespace farline::client {

// What every call of this device works with; all outlive it.
struct CallContext {
  const Identity& identity;
  wire::DeviceId self;
  ContactBook& book;
  Admission& admission;
  Attachment& attachment;
  NetworkMemory& networks;
  PolicyTraffic& policies;
  Passes& passes;
  DeviceCounter& counter;
  Rng& rng;
  const crypto::Asymmetric& asymmetric;
  voice::CodecFactory& codecs;
  Outputs& out;
  SoundOptions sound{};
  std::optional<Tariff> tariff{};
  bool is_policed = false;               // a policy is in force: no way past the relay without passes
  std::optional<Address> own_network{};  // where this device is on its own network, if known
};

struct CallLimits {
  uint32_t send_max_bps = 0;  // 0: not limited
  uint32_t receive_max_bps = 0;
  bool relay_only = false;  // tells nobody an address
};

// An invitation that is authentic and new.
struct Offer {
  wire::DeviceId caller;
  wire::CallNumber number = 0;
  wire::Channel channel = 0;
  uint8_t rate_kbps = 0;
  crypto::Handshake handshake;
  wire::InvitePayload payload;
};
// REQUIRES that the caller's device is in the book.
Result<Offer> open_invitation(CallContext& context, const wire::Incoming& incoming);
// Message 2 in RINGING. The handshake is complete after it.
ByteVector ringing_message(Offer& offer, const wire::RingingPayload& answer);

class Call {
 public:
  Call(CallContext& context, CallId id, std::string peer, CallLimits limits, bool outgoing);

  // The person waits for something else first; what the limits are shows then.
  void hold() { state_ = CallState::looking_up; }
  void limit_to(const CallLimits& limits) { limits_ = limits; }
  void start_outgoing(Time now);
  // Not even tried.
  void refuse(Verdict verdict);
  void start_incoming(Time now, Offer offer);

  // --- The person ---
  void answer(Time now);
  // Hangs up, cancels or declines, whichever fits.
  void hang_up(Time now);
  // The policy ends it.
  void close(Time now, Verdict verdict);
  void warn(Time now, Duration left, Verdict verdict);

  // --- The network ---
  // True when the message was for this call.
  bool handle(Time now, const wire::ControlMessage& message);
  bool handle_repeated_invitation(Time now, const wire::Incoming& incoming);
  bool handle_media(Time now, wire::Channel channel, Bytes sframe, size_t wire_bytes);
  // From the far device itself: true when that it was.
  bool handle_direct(Time now, const Address& from, Bytes sframe, size_t wire_bytes);
  // Where this device can be reached has changed, or may have.
  void addresses_changed(Time now);
  void pass_arrived(Time now);
  void network_changed(Time now);
  // The way to the node has others (Outputs::header_bytes).
  void headers_changed();
  // We are in another network than before, by what the node sees of us.
  void network_entered(Time now);
  void handle_timeout(Time now);
  void session_is_new(Time now);
  std::optional<Time> next_timeout() const;
  // How much of a policy may be asked for now; nothing: none, for voice is due.
  std::optional<PolicyTraffic::Pace> policy_room(Time now) const;
  void count_received(size_t wire_bytes) { signalling_received_ += wire_bytes; }

  // --- Sound ---
  void handle_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame);
  void take_pcm(std::span<int16_t, voice::kUnitSamples> frame);
  void skip_pcm(const SoundGap& gap);
  void set_muted(bool muted);
  bool press_key(char key);                   // client.h
  void set_note(const wire::CallNote& note);  // told to the other end, where it understands notes
  // Sent when the call is connected.
  void set_stream(Stream stream) { stream_ = std::move(stream); }

  CallId id() const { return id_; }
  const std::string& peer() const { return peer_; }
  CallState state() const { return state_; }
  bool is_outgoing() const { return outgoing_; }
  bool is_over() const { return state_ == CallState::idle; }
  bool is_done() const;
  bool invites(const wire::DeviceId& device) const;
  // Connected with this device.
  std::optional<wire::DeviceId> connected_with() const;
  bool is_with(const wire::DeviceId& device) const { return connected_with() == device; }
  // Where media that is not direct goes and comes from; nothing while not connected.
  std::optional<Address> relay() const { return state_ == CallState::connected ? std::optional(relay_) : std::nullopt; }
  // Whether `number` is this call, running with this device, and theirs to set up again.
  bool is_continued_by(const wire::DeviceId& device, wire::CallNumber number) const;
  void continue_incoming(Time now, Offer offer);
  // Whether `number` is this call, running with this device, which waits for us to set it up again.
  bool is_asked_for_by(const wire::DeviceId& device, wire::CallNumber number) const;
  void asked_to_continue(Time now, wire::CallNumber number);
  // The far device has begun anew and knows nothing of this call.
  void forgotten(Time now) { end(now, EndReason::failed, wire::HangupReason::failed); }
  // Glare: their invitation stands, ours goes away without a word to the person.
  void yield(Time now);
  CallStats stats(Time now) const;

 private:
  // Outgoing (call_outgoing.cc)
  void look_up(Time now);
  void invite_all(Time now);
  void invite(Time now, const PeerDevice& device, uint8_t known_devices, wire::CallNumber continues = 0);
  void on_lookup_result(Time now, const wire::LookupResult& result);
  void on_ringing(Time now, Leg& leg, const wire::RingingToCaller& message);
  void on_answer(Time now, Leg& leg, Bytes sealed);
  void choose(Time now, Leg& leg);
  void on_call_failed(Time now, Leg& leg, const wire::CallFailed& message);
  // Incoming (call_incoming.cc)
  void take_offer(Time now, Leg& leg, Offer offer);
  void on_confirm(Time now, Leg& leg, Bytes sealed);
  void on_cancelled(Time now, Leg& leg);
  void send_answer(Time now, Leg& leg);
  // The way (call_path.cc)
  void start_path(Time now, const Leg& leg, session::MediaSeal seal);
  bool take_media(Time now, const std::optional<Address>& from, Bytes sframe, size_t wire_bytes);
  void send_media(Time now);
  void follow_path();
  void admit_far_device(Time now);
  void handle_path_timeout(Time now);
  // Another relay (call_continue.cc)
  void look_for_relay(Time now);
  void relay_lost(Time now);
  void continue_outgoing(Time now);
  void ask_to_continue(Time now);
  void on_asked(Time now, Leg& leg, wire::RingStatus status);
  void invite_for_running(Time now);
  void go_on(Time now, Leg& leg);
  void use_relay(const Leg& leg);
  void handle_lost_timeout(Time now);
  void send_to_relay(const Datagram& datagram);
  // Both (call.cc)
  void on_hangup(Time now, Leg& leg, Bytes sealed);
  void on_closing(Time now, const wire::CallClosing& message);
  void on_channel_unknown(Time now, Leg& leg);
  void connect(Time now, Leg& leg);
  PolicyTraffic* policies_with(const Leg& leg) const;
  void leave(Time now, Leg& leg, wire::HangupReason reason);
  void leg_failed(Time now, Leg& leg, EndReason reason);
  void end(Time now, EndReason reason, wire::HangupReason told);
  void send(Time now, const wire::ControlMessage& message);
  void send_encoded(Time now, Bytes message);
  void send_and_repeat(Time now, Leg& leg, ByteVector message, unsigned times = 1000);
  uint32_t own_round_trip_ms() const;
  uint16_t capabilities(Time now) const;
  void begin_network(Time now);
  void remember_rate(Time now);
  void emit(EventKind kind, EndReason reason = EndReason::hung_up, std::optional<Verdict> verdict = {});
  void report_media_change(Time now);
  Leg* find_invited(wire::CallNumber number);  // a leg of our invitation
  Leg* find_channel(wire::Channel channel);
  bool any_leg_open() const;

  CallContext& context_;
  CallId id_;
  std::string peer_;  // as the person wrote it, or as certified
  std::string folded_;
  CallLimits limits_;
  bool outgoing_;
  CallState state_ = CallState::idle;
  std::vector<Leg> legs_;
  std::optional<CallMedia> media_;
  wire::CallNote note_;
  std::optional<DirectPath> path_;         // when both devices may
  std::optional<Address> route_;           // that media_ knows of; nothing: the relay
  Address relay_;                          // of media_'s channel
  uint32_t relay_epoch_ = 0;               // of the session with it in which it was heard last
  std::optional<Time> lost_until_;         // the relay is gone; then the call is over
  std::optional<Time> again_due_;          // the caller invites again, the callee asks
  std::vector<wire::CallNumber> numbers_;  // under which this call was set up, newest last
  uint8_t rate_kbps_ = 0;

  Repeat lookup_;
  uint8_t lookup_request_ = 0;
  bool looked_up_ = false;
  std::optional<EndReason> worst_;  // of the legs that failed
  std::optional<Verdict> verdict_;  // why, when it is the policy
  std::optional<Time> closes_at_;   // as it was said last
  std::optional<Time> ring_deadline_;

  uint64_t signalling_sent_ = 0;  // bytes on the wire
  uint64_t signalling_received_ = 0;
  uint32_t remembered_bps_ = 0;  // of this network, before the call
  Time network_since_{};
  Time remember_due_{};
  Time connected_at_{};
  Time ended_at_{};
  bool was_connected_ = false;
  bool muted_ = false;
  std::optional<Stream> stream_;  // until it is connected
};

}  // namespace farline::client
