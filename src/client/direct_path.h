// The way between the two devices of one connected call: relayed at first, direct when it is proven (docs/PROTOCOL.md
// section 4.1). What ICE does (RFC 8445), for two devices with one socket each whose addresses the node has told them:
// each tells the other its addresses through the relay, both punch, and whoever has an answer moves its media.
//
// It decides and seals; the owner sends what poll() gives, and media to route(). To an address that has never answered
// go at most kProbesMax packets of 44 bytes on the wire, and to at most kCandidatesMax of those in a call; to one that
// has, three each time it is tried again. Only packets that are authentic and new count, so a forged or a replayed one
// moves nothing.
//
// Under a policy neither device goes direct before the other has shown a pass of its node (docs/PROTOCOL.md section
// 4.2), nor longer than that is valid: where no node sees the media, the devices see to it that it may be there.
//
// Timers  start                             duration                         effect
//   probe   their addresses, or a question    0, 1, 2 round trips (1..5 s)     question to that address
//   dead    each packet heard on the path     1 s, or three packets of theirs  back to the relay
//   again   connected, back to the relay      5 s, doubling, up to 5 min       caller: both tell their addresses again
//   relay   direct                            5 min                            word through the relay: its channel
//   lives
//   pass    their pass                        as long as it is valid           back to the relay
//
// State x input  answer, or media from    dead | newer media by relay or from elsewhere | nothing of ours is
//                where we answered        acknowledged | an address changed
//   relayed      direct                   -
//   direct       heard                    relayed
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "base/log.h"  // RateLimit
#include "client/records.h"
#include "session/call_keys.h"
#include "wire/path.h"

namespace farline::client {

class DirectPath {
 public:
  static constexpr unsigned kProbesMax = 12;
  static constexpr size_t kCandidatesMax = 24;

  struct Setup {
    session::MediaSeal seal;
    wire::Channel channel = 0;  // of the relay
    bool is_caller = false;
    bool v4_only = false;   // what our socket can reach
    Duration round_trip{};  // between the devices, through the relay
    bool needs_pass = false;
  };
  DirectPath(Setup setup, Time now);

  // Where we are: as the node sees us (if known), and on our own network. They are told when they change.
  void set_own(Time now, std::optional<Address> as_seen, std::optional<Address> own_network);

  // Another relay has the call now.
  void set_channel(wire::Channel channel) { setup_.channel = channel; }

  // --- Passes, where they are needed ---
  // Ours, to be shown with our addresses; nothing is told without it, nor while `is_thin`: it is longer than a packet
  // of such a link's voice.
  void set_pass(Time now, Bytes pass);
  void set_thin(bool is_thin) { is_thin_ = is_thin; }
  // Theirs, once each time they show it. The owner checks it and says until when it is good.
  std::optional<ByteVector> poll_shown_pass();
  void admit(Time now, Time until);

  // --- Packets that came; `from` is nothing for the relay ---
  bool is_for(Bytes sframe) const { return setup_.seal.is_for(sframe); }
  // False, and counted, when it is not authentic and new.
  bool handle_message(Time now, const std::optional<Address>& from, Bytes sframe, Counters& counters);
  // Media that is newer than all before; `packet_time` is how often theirs come.
  void heard_media(Time now, const std::optional<Address>& from, Duration packet_time);

  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const;
  // The direct path, if there is one, does not carry our packets or will not: back to the relay.
  void leave(Time now);

  // --- What follows ---
  const std::optional<Address>& route() const { return route_; }  // of media; nothing: the relay
  struct Packet {
    std::optional<Address> to;  // nothing: through the relay
    Datagram datagram;
  };
  std::optional<Packet> poll();

 private:
  struct Candidate {
    Address address;
    unsigned probes = 0;       // sent there before the first answer
    bool proven = false;       // a question of ours was answered, ever
    unsigned probes_left = 0;  // of this round
    Time due{};
    bool answered = false;      // on this path: both ways are proven
    bool was_answered = false;  // we have answered a question from there
  };
  struct Addresses {
    std::array<Address, wire::kPathAddressesMax> list{};
    size_t count = 0;
    bool operator==(const Addresses&) const = default;
  };

  bool may_go(Time now) const { return !setup_.needs_pass || (admitted_until_ && now < *admitted_until_); }
  void take_addresses(Time now, const wire::PathMessage& message);
  void take_answer(Time now, uint8_t answer, const std::optional<Address>& from);
  void take_question(Time now, uint8_t question, const std::optional<Address>& from);
  void punch(Time now);
  bool is_worth_probing(size_t index) const;
  Candidate* find(const Address& address);
  Candidate* find_or_add(const Address& address);
  bool ask(Time now, Candidate& candidate, std::optional<uint8_t> answer = {});
  void tell_addresses(std::optional<uint8_t> question, std::optional<uint8_t> answer);
  uint8_t new_question(const std::optional<Address>& to);
  void send(const std::optional<Address>& to, const wire::PathMessage& message);
  void probe(Time now, Candidate& candidate);
  void go(Time now, const Address& to);
  void heard(Time now) { dead_at_ = std::max(dead_at_, now + patience_); }
  void try_again(Time now);
  Duration probe_interval() const;

  Setup setup_;
  Addresses own_;
  Addresses theirs_;
  std::vector<Candidate> candidates_;
  std::optional<Address> route_;
  Time routed_{};  // since when
  bool was_direct_ = false;
  Time dead_at_{};  // unless something is heard on it
  Duration patience_{};
  bool theirs_direct_ = false;  // their newest media came directly

  ByteVector pass_;
  bool is_thin_ = false;
  std::optional<ByteVector> shown_pass_;
  std::optional<Time> admitted_until_;

  std::optional<Time> again_due_;
  Duration again_wait_{};
  unsigned again_left_ = 0;
  Time relay_due_{};

  struct Question {
    bool is_open = false;
    uint8_t number = 0;
    std::optional<Address> to;
  };
  std::array<Question, 32> questions_{};
  uint8_t next_question_ = 0;
  RateLimit answers_{8, 500ms};  // of one a packet
  std::deque<Packet> out_;
};

}  // namespace farline::client
