#include "policy/trusted_clock.h"

#include <algorithm>

namespace farline::policy {

WallTime TrustedClock::Reading::now(Time now) const {
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - at).count();
  return {time.seconds + static_cast<uint64_t>(std::max<int64_t>(0, passed))};
}

TrustedClock::TrustedClock(const Start& start)
    : base_{start.stored, start.now}, agreed_(base_), hint_{start.hint, start.now}, started_(start.now) {}

WallTime TrustedClock::high_water(Time now) const {
  return base_.time.seconds == 0 ? WallTime{} : base_.now(now);
}

void TrustedClock::handle_signed_time(Time now, const SignedTime& signed_time) {
  const bool is_first = agreed_.time.seconds == 0;
  if (is_first || signed_time.time.seconds <= agreed_.now(now).seconds + kBelievableJumpSeconds) {
    base_ = {std::max(high_water(now), signed_time.time), now};
    if (is_first) agreed_ = base_;
    is_signed_ = true;
    return;
  }
  const uint64_t first = claim_ ? claim_->reading.now(now).seconds : 0;
  const uint64_t second = signed_time.time.seconds;
  if (claim_ && claim_->node != signed_time.node &&
      std::max(first, second) - std::min(first, second) <= kAgreementSeconds) {
    raise(now, {std::min(first, second)});
    is_signed_ = true;
  } else {
    claim_ = Claim{{signed_time.time, now}, signed_time.node};
  }
}

void TrustedClock::raise(Time now, WallTime at_least) {
  base_ = {std::max(high_water(now), at_least), now};
  agreed_ = base_;
  claim_.reset();
}

void TrustedClock::reset(Time now, WallTime at) {
  base_ = {};
  is_signed_ = false;
  raise(now, at);
}

TrustedTime TrustedClock::read(Time now) const {
  const WallTime current = high_water(now);
  if (is_signed_) return {current, {}};
  const WallTime hint = hint_.now(now);
  const bool has_hint = hint_.time.seconds != 0;
  if (has_hint && current.seconds != 0 && hint >= current && hint.seconds <= current.seconds + kBelievableJumpSeconds)
    return {hint, {}};
  if (current.seconds == 0 || now - started_ >= kUncertainMax) return {};
  return {current, has_hint ? std::optional(hint) : std::nullopt};
}

}  // namespace farline::policy
