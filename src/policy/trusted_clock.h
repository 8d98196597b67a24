// What time it is, when the laptop's own clock may lie: the time T of docs/POLICY.md. It never goes back, except when a
// new root generation says so.
//
//   T is the later of what was stored and what a supernode signed, and what has passed since on a clock that nobody
//   sets. The wall clock is a hint: believed only within 30 days above T and only until a supernode has spoken.
//   Otherwise T is uncertain: what either T or the hint forbids is forbidden, for 24 hours, and then there is no time
//   at all. A supernode that is more than 30 days ahead of T is believed only when a second one says the same.
//
// No I/O: the caller stores high_water() every 5 minutes and gives it back at the next start.
#pragma once

#include <optional>

#include "base/time.h"
#include "crypto/keys.h"
#include "policy/decide.h"

namespace farline::policy {

inline constexpr uint64_t kBelievableJumpSeconds = 30 * 24 * 3600;
inline constexpr uint64_t kAgreementSeconds = 3600;  // two supernodes that say the same
inline constexpr Duration kUncertainMax = 24h;

class TrustedClock {
 public:
  struct Start {
    WallTime stored;  // high_water() of the last run; 0: there was none
    WallTime hint;    // of the wall clock; 0: not known
    Time now;
  };
  explicit TrustedClock(const Start& start);

  // From an authenticated supernode.
  struct SignedTime {
    WallTime time;
    crypto::PublicKey node{};
  };
  void handle_signed_time(Time now, const SignedTime& signed_time);
  // A root's signature says that it is at least this late: the first day of a policy that is now in force. How much
  // later is for the supernode or the hint to say.
  void raise(Time now, WallTime at_least);
  // A new root generation sets T, back too.
  void reset(Time now, WallTime at);

  TrustedTime read(Time now) const;
  WallTime high_water(Time now) const;

 private:
  struct Reading {  // a time, and when it was so
    WallTime time;
    Time at;
    WallTime now(Time now) const;
  };
  struct Claim {  // of a supernode far ahead
    Reading reading;
    crypto::PublicKey node{};
  };

  Reading base_;
  Reading agreed_;  // T as it was stored, as two supernodes or a root have it
  Reading hint_;
  Time started_;
  bool is_signed_ = false;  // by a supernode, since the start
  std::optional<Claim> claim_;
};

}  // namespace farline::policy
