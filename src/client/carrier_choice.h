// By which carrier the node is reached: UDP while it answers, else TLS (docs/PROTOCOL.md 1.8), and UDP again when it
// does. What it decides here is carried out by the host, which has the sockets.
//
// State      what is sent   goes on                                              to
//   udp      UDP            nothing heard for kDoubtAfter, or kCallDoubtAfter    opening
//                           in a call; not within pause_ of the last attempt
//   opening  UDP            UDP is heard                                         udp: it is the faster one
//                           TLS is there                                         tls
//                           TLS fails                                            udp
//   tls      TLS            every probe_every_ one datagram goes by UDP too;
//                           UDP is heard after that                              leaving
//                           TLS fails, or nothing is heard for kDeadAfter        udp, and opening soon
//   leaving  UDP            kLeaveAfter: what the node has sent by TLS is here   udp
//                           nothing heard, as in udp                             tls
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "client/identity.h"

namespace farline::client {

class CarrierChoice {
 public:
  static constexpr Duration kDoubtAfter = 2s;      // and a round trip
  static constexpr Duration kRoundTripGuess = 2s;  // while none is known
  static constexpr Duration kCallDoubtAfter = 1s;  // or two round trips: much is heard then
  static constexpr unsigned kCallDoubtPackets = 3;
  static constexpr Duration kDeadAfter = 8s;
  static constexpr Duration kProbeMin = 15s;
  static constexpr Duration kProbeMax = 5min;
  static constexpr Duration kProbeAnswer = 10s;
  static constexpr Duration kLeaveAfter = 10s;
  static constexpr Duration kPauseMin = 5s;
  static constexpr Duration kPauseMax = 5min;

  // Another node: what was found out of the network holds, the connection does not.
  void node_changed(Time now);
  struct Look {
    std::optional<Time> asked_since{};  // when the node was asked what it has not answered
    std::optional<Duration> round_trip{};
    bool in_call = false;
  };
  void look(Time now, const Look& look);
  // To the node.
  void sent(Time now);
  // From the node. By UDP anybody can say it, so in `tls` it counts only after a probe.
  void heard_udp(Time now);
  void tls_ready(Time now);
  void tls_failed(Time now);
  void handle_timeout(Time now);
  std::optional<Time> next_timeout() const;

  bool wants_tls() const { return state_ != State::udp; }
  bool uses_tls() const { return state_ == State::tls; }
  // True: what is sent now goes by UDP too.
  bool take_probe(Time now);

 private:
  enum class State : uint8_t { udp, opening, tls, leaving };
  void set_state(Time now, State state);
  void pause(Time now);
  std::optional<Time> doubt_due() const;

  State state_ = State::udp;
  Look look_;
  std::optional<Time> unheard_since_;  // the first datagram that was sent since something was heard
  unsigned unheard_ = 0;
  bool is_blocked_ = false;  // TLS came where UDP did not
  Time not_before_{};        // the next attempt
  Duration pause_ = kPauseMin;
  Time probe_due_{};
  Duration probe_every_ = kProbeMin;
  std::optional<Time> probed_;
  Time state_since_{};
};

// A core whose datagrams to its node may go by another carrier than UDP.
class Carried {
 public:
  virtual ~Carried() = default;
  // The one we are attached to, or that is tried.
  virtual const NodeTarget& node() const = 0;
  virtual CarrierChoice::Look carrier_look() const = 0;
  // The node is asked for an answer now.
  virtual void check_node(Time now) = 0;
  // By another carrier from now on, which needs so many bytes around each datagram; nothing: by UDP.
  virtual void carrier_changed(Time now, std::optional<uint32_t> header_bytes) = 0;
};

}  // namespace farline::client
