// How long the NAT before us keeps a UDP mapping that carries nothing, and how rare keepalives may therefore be: two
// minutes or more say good NATs (RFC 4787 REQ-5), 30 s say bad ones. It is learnt on a spare socket, whose mapping may
// die, so the device stays reachable meanwhile: a question opens a mapping there, and after a silence the node answers
// to it (docs/PROTOCOL.md 1.5). An answer that comes proves that silence. Without answers nothing is learnt.
//
// Two exchanges make a test, 3 s apart: Linux keeps a mapping that carried one exchange for only 30 s.
//
// Timer  start                          duration                       effect
//   due  attached                       30 s                           a test of the next silence begins
//        first question                 3 round trips + 1.5 s          no answer: the link is bad; again in a minute
//        second question                the silence, and an answer's   no answer: once more; then again in 6 h, 12 h ..
#pragma once

#include <optional>

#include "base/address.h"
#include "base/time.h"

namespace farline::client {

class NatPatience {
 public:
  // Of the main socket, as far as learnt.
  Duration keepalive_every() const;
  // One keepalive in so many asks for an answer.
  unsigned answer_every() const;
  // How far it has learnt, and where it may go on: of the NAT we are behind now, found by an earlier run.
  static constexpr uint8_t kStepMax = 3;
  uint8_t step() const { return static_cast<uint8_t>(learnt_); }
  void resume(Time now, uint8_t step);

  // A session with the node; `seen` is where the node sees us. Another network than before is learnt anew.
  void attached(Time now, const Address& seen);
  void detached() { rest(std::nullopt); }
  // The node sees us somewhere else now. At the same IP it is the NAT that has forgotten us, and so was more patient in
  // the test than it is, unless we have `slept`.
  void moved(Time now, const Address& seen, bool slept);
  // What was found to be too much may be tried again.
  void lift_limit();

  std::optional<Time> next_timeout() const { return due_; }
  // A question to send from the spare socket, with the silence to ask for, in units of wire::kPatienceUnit.
  std::optional<uint8_t> poll(Time now, Duration answer_within);
  void answered(Time now);

 private:
  enum class Phase : uint8_t { resting, opening, open, silent };
  void rest(std::optional<Time> until);
  void forget(Time now, const Address& seen);
  bool all_learnt() const;

  Phase phase_ = Phase::resting;
  std::optional<Time> due_;
  Time asked_{};
  size_t learnt_ = 0;  // the step we are at
  size_t limit_;       // the last step that may be tried
  unsigned failures_ = 0;
  Duration again_wait_{};
  std::optional<Address> seen_;

 public:
  NatPatience();
};

}  // namespace farline::client
