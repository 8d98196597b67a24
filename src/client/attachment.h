// This device's session with its supernode: handshake, keepalives, address changes (docs/PROTOCOL.md section 1). It
// keeps trying until it is stopped or refused. Call signalling and media pass through it.
//
// Timers      start                      duration                          effect
//   retry     initiation sent            3 to 5 s, then what              the next candidate; where it is the only one
//                                        attach_policy.h says             the same initiation twice, then a fresh one
//             session lost, node busy    what attach_policy.h says         initiation there
//             name to be found           5 s                               as an initiation that nobody answers
//   keepalive attached                   25 s .. 160 s                     keepalive; each 4th to 2nd, and late ones,
//   ask answer    question sent              3 round trips + 1.5 s             asked again, after 3 times lost
//   handshake attached                   6 h                               fresh handshake beside the old session
//   address   we may have moved          3 round trips + 1.5 s, 3 times    asked again where the node sees us
//
// State x input:     response        keepalive answer / record   3 answers missing   DETACH
//   idle             -               -                           -                   -
//   handshaking      attached        (old session) heard         -                   -
//   attached         (re)attached    heard                       handshaking         handshaking | stopped
//   stopped          -               -                           -                   -
#pragma once

#include <memory>
#include <optional>

#include "base/rng.h"
#include "client/attach_policy.h"
#include "client/device_counter.h"
#include "client/identity.h"
#include "client/nat_patience.h"
#include "client/node_list.h"
#include "client/records.h"
#include "crypto/noise.h"
#include "path/round_trip.h"
#include "session/handshake_mac.h"
#include "session/transport.h"
#include "wire/backbone.h"
#include "wire/control.h"
#include "wire/handshake.h"

namespace farline::client {

class Attachment {
 public:
  struct Setup {
    NodeTarget node;  // the first one
    const crypto::KeyPair& static_keys;
    Bytes certificate;                 // empty while enrolling
    std::optional<wire::Token> token;  // enrolling instead of attaching
    const crypto::Asymmetric& asymmetric;
    Rng& rng;
    wire::BuildClaim build{};
    NodeList::Choice nodes = NodeList::Choice::any;
  };
  Attachment(Setup setup, DeviceCounter& counter, Outputs& out);

  // Of RecordKind::node and node_knows_us.
  void load_node(const SaveRecord& record) { nodes_.load(record); }
  void start(Time now, WallTime wall);
  void stop(Time now);
  // Of this device, as the node has it too; outlives this.
  void set_certificate(Bytes certificate) { setup_.certificate = certificate; }
  // What the policy in force lists (node_list.h). It may mean another node, or another key of the same one: from now
  // on. In the latter case the session goes on meanwhile.
  void follow_list(Time now, std::span<const policy::Supernode> listed, std::span<const wire::DeviceId> revoked = {});
  // A call runs: its people do not wait for the spread, and a node that restarted is noticed earlier.
  void set_in_call(bool in_call) { in_call_ = in_call; }
  // The node whose turn it is, while its place has to be looked up; null: none. The host says found().
  const NodeTarget* node_to_find() const { return is_finding_ ? &setup_.node : nullptr; }
  void found(Time now, std::string_view place, const std::optional<Address>& address);
  // Something authentic came from there although there is no session: there is the node, and nowhere else to look.
  void seen_at(Time now, const Address& address);
  // A device of this network stands in for the nodes that do not answer: it is tried at once, unless there is a session
  // with a node.
  void try_stand_in(Time now, const NodeTarget& stand_in);
  bool is_at_stand_in() const { return transport_ && nodes_.is_stand_in(at_); }
  // Looks whether a node answers again. REQUIRES is_at_stand_in().
  void leave_stand_in(Time now);
  // Of all nodes that this device may attach to.
  std::vector<crypto::PublicKey> node_keys() const;
  // What the next handshake says that this device holds.
  void set_policy(wire::PolicyVersion version) { policy_ = version; }
  // Something says that the node may not hear us any more: ask it, now.
  void check(Time now);
  // Our address may have changed: the node challenges the one this comes from, if it is new.
  void check_address(Time now);

  // Takes a datagram from the node that is not media. A control message for the core comes back; its spans are good
  // until the next call.
  std::optional<wire::ControlMessage> handle(Time now, Bytes datagram);
  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const;

  // Sends a message, if there is a session; returns its bytes on the wire (0: none).
  size_t send(Time now, const wire::ControlMessage& message);
  size_t send_encoded(Time now, Bytes message);
  size_t send_datagram(const Datagram& datagram);
  // Authentic media of the far device came through the node: so the node is there.
  void heard(Time now);

  // What the node said when it accepted a session; once each.
  std::optional<wire::ResponsePayload> take_greeting() { return std::exchange(greeting_, std::nullopt); }
  // What a signature of this device says of the present session: its sequence, and until when.
  const wire::PresenceTerms& presence() const { return presence_; }
  bool is_attached() const { return transport_.has_value(); }
  // Since when the node has been asked for something and has said nothing; nothing: it was heard since.
  const std::optional<Time>& asked_since() const { return asked_since_; }
  bool is_stopped() const { return state_ == State::idle || state_ == State::stopped; }
  // How long to wait for an answer before repeating the question.
  Duration repeat_interval() const;
  // The same for an answer of the far device, whose own round trip to its node is given.
  Duration repeat_interval(Duration peer_round_trip) const;
  std::optional<Duration> round_trip() const { return round_trip_.smoothed(); }
  // The one we are attached to, or that is tried.
  const NodeTarget& node() const { return setup_.node; }
  // The one that we were attached to last, or are to be attached to by the list.
  const NodeTarget& home() const { return home_; }
  // Changes with every session, also one beside the old: a node may have begun anew.
  uint32_t epoch() const { return epoch_; }
  // Where the node sees us; nothing while that is not known.
  const std::optional<Address>& own_address() const { return own_address_; }
  // What is learnt of the NAT there, and what an earlier run has learnt of it.
  uint8_t patience() const { return patience_.step(); }
  void resume_patience(Time now, uint8_t step) { patience_.resume(now, step); }
  // The host's clock as told at the start: all it may do is raise this device's counter, so a hostile node cannot.
  WallTime host_time(Time now) const;
  // The node's time once known, else the host's.
  WallTime wall_time(Time now) const;
  // As the node said it; 0: not yet.
  WallTime node_time(Time now) const { return node_clock_.then(now); }
  // Noise's handshake hash of the session (ENROL signs it).
  const crypto::Hash& session_hash() const { return session_hash_; }

 private:
  enum class State : uint8_t { idle, handshaking, attached, stopped };

  void begin_handshake(Time now);
  void send_initiation(Time now);
  void retry(Time now);
  void try_later(Time now, AttachPolicy::Try next);
  void turn_to(size_t node);
  void try_node(Time now, size_t node);
  void nothing_heard(Time now);
  Duration answer_wait() const;
  void handle_response(Time now, Bytes datagram);
  void handle_cookie_reply(Time now, Bytes datagram);
  void handle_busy(Time now, Bytes datagram);
  void handle_keepalive(Time now, wire::PacketType type, Bytes datagram);
  void answer_path(Time now, const wire::PathNonce& nonce);
  void ask_for_address(Time now);
  void keep_alive(Time now);
  void see_own_address(Time now, const Address& address);
  std::optional<wire::ControlMessage> handle_record(Time now, Bytes datagram);
  std::optional<wire::ControlMessage> filter(Time now, const wire::ControlMessage& message);
  void accept_session(Time now, const wire::ResponseFrame& frame, const wire::ResponsePayload& payload);
  void lose(Time now, std::string_view why);
  void forget();  // the session and the handshake under way
  void refuse(std::string_view why);
  void ask_for_answer(Time now);
  void transmit(Bytes bytes);
  Setup setup_;
  DeviceCounter& counter_;
  Outputs& out_;
  State state_ = State::idle;

  // Handshake under way
  std::optional<crypto::Handshake> handshake_;
  ByteVector noise_message_;
  wire::SessionIndex index_ = 0;
  uint64_t handshake_counter_ = 0;
  session::Mac mac1_sent_{};
  std::optional<wire::Cookie> cookie_;
  unsigned tries_ = 0;       // of this initiation
  bool is_pausing_ = false;  // nothing was heard of it; retry_due_ is the next
  NodeList nodes_;
  NodeTarget home_;
  size_t at_ = 0;    // setup_.node, of nodes_
  size_t next_ = 0;  // to be tried when retry_due_ comes
  AttachPolicy when_{{.ordinary = 1, .dedicated = 0}};
  bool is_finding_ = false;
  bool in_call_ = false;
  bool fell_silent_ = false;  // the session was lost so
  Time sent_{};
  std::optional<Time> retry_due_;

  // Session
  std::optional<session::Transport> transport_;
  crypto::Hash session_hash_{};
  wire::PresenceTerms presence_{};
  path::RoundTrip round_trip_;
  Time last_heard_{};
  std::optional<Time> asked_since_;
  std::optional<Time> keepalive_due_;
  unsigned keepalives_ = 0;
  NatPatience patience_;
  bool slept_ = false;  // before the last keepalive
  std::optional<Time> answer_due_;
  Time asked_{};
  unsigned asked_times_ = 0;
  std::optional<Time> handshake_due_;
  wire::PolicyVersion policy_;
  std::optional<wire::ResponsePayload> greeting_;

  std::optional<Address> own_address_;
  std::optional<Time> address_due_;
  unsigned address_tries_ = 0;

  uint32_t epoch_ = 0;
  // What a clock said, and when.
  struct ClockReading {
    WallTime wall;
    Time at{};
    WallTime then(Time now) const;
  };
  ClockReading host_clock_;
  ClockReading node_clock_;
  std::array<uint8_t, 1280> plaintext_{};
};

}  // namespace farline::client
