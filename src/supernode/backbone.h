// This node among the others of its organisation (docs/PROTOCOL.md section 11): who they are, and what is sent to them
// and comes from them, sealed. Without I/O: frames wait in an outbox until the host takes them to whatever carries them
// (poll_backbone in supernode.h), and the host says when that is there at all.
//
//   state x input:  up                    down              HELLO                       nothing for kNodeSilentMax
//   alone (down)    HELLO to all; joined  -                 taken, not answered         -
//   joined (up)     -                     alone             taken; answered when new    that node is not waited for
//
// Timers: hello    start: up            every wire::kHelloEvery    effect: HELLO to all
//         arrival  start: up, attached  every wire::kArrivalEvery  effect: one of our devices is told to all, or again
//                                                                          to those who have joined
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/log.h"
#include "session/replay_window.h"
#include "supernode/node_clock.h"
#include "supernode/outbox.h"
#include "supernode/supernode.h"
#include "wire/backbone.h"
#include "wire/issuers.h"

namespace farline::supernode {

class Backbone {
 public:
  struct Parts {
    const Config& config;
    const Environment& environment;
    const NodeClock& clock;
    Outbox& out;
    wire::Issuers& issuers;
    Counters& counters;
  };
  explicit Backbone(const Parts& parts);

  const wire::NodeId& own_id() const { return own_id_; }
  const crypto::PublicKey& own_key() const { return parts_.config.keys.static_keys.public_key; }
  void set_up(Time now, bool is_up);
  bool is_up() const { return is_up_; }
  void set_load(const wire::NodeLoad& load) { load_ = load; }

  // --- The others ---
  struct Node {
    crypto::PublicKey static_key{};
    crypto::SigningPublicKey issuer_key{};
    wire::Incarnation incarnation{};
    WallTime issued;
    crypto::Secret<32> to;
    crypto::Secret<32> from;
    session::ReplayWindow window;
    Time heard{};
    wire::NodeLoad load;
  };
  // Null: not known.
  const Node* find(const wire::NodeId& node) const;
  // Whether it can be expected to answer.
  bool is_live(Time now, const wire::NodeId& node) const;
  std::vector<wire::NodeId> live(Time now) const;
  bool are_all_live(Time now) const;
  // The one that enrols with that key, if it is there.
  std::optional<wire::NodeId> live_with(Time now, const crypto::SigningPublicKey& issuer_key) const;

  // --- Frames ---
  struct Received {
    wire::NodeId from;
    wire::BackboneMessage message;  // points into `plaintext`
  };
  std::optional<Received> open(Time now, Bytes frame, MutableBytes plaintext);
  // To a node that is not known or while alone: a loss.
  void send(const wire::NodeId& to, const wire::BackboneMessage& message);
  bool poll(BackboneSend& out);

  // Somebody is there who was not: the bus was cut, or a node has begun anew. Once.
  bool take_joined() { return std::exchange(joined_, false); }

  // --- Our devices, told to the others ---
  void arrived(const wire::NodeArrival& arrival) { arrivals_.push_front({arrival, false}); }
  // All of our devices again, to those who have joined since they were last told all.
  void repeat(std::span<const wire::NodeArrival> arrivals);

  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const;

 private:
  void heard(Time now, const wire::NodeId& id, Node& node);
  void take_hello(Time now, const wire::NodeHello& hello);
  const wire::Authority* verify(const wire::NodeHello& hello);
  void agree(Node& node, const wire::NodeId& id, const crypto::Secret<32>& shared) const;
  void say_hello(Time now, const std::optional<wire::NodeId>& to);
  void make_hello(Time now);

  Parts parts_;
  wire::NodeId own_id_;
  wire::Incarnation incarnation_{};
  ByteVector hello_;  // signed; empty until the time is known
  wire::NodeLoad load_;
  std::map<wire::NodeId, Node> nodes_;
  uint64_t sent_ = 0;  // one counter for all: a key that comes back never sees it twice
  RateLimit verifications_{32, 50ms};
  RateLimit answers_{32, 50ms};
  bool is_up_ = false;
  bool joined_ = false;
  std::optional<Time> hello_due_;
  struct Arrival {
    wire::NodeArrival arrival;
    bool is_repeated = false;  // for `repeat_to_` alone
  };
  std::deque<Arrival> arrivals_;
  std::set<wire::NodeId> repeat_to_;
  Time arrival_due_{};
  std::deque<BackboneSend> outbox_;
};

}  // namespace farline::supernode
