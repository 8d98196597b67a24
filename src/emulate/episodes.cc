#include "emulate/episodes.h"

#include <algorithm>

namespace farline::emulate {
namespace {

// After this many ticks without a question the walk has forgotten where it was.
constexpr int64_t kTicksMax = 256;

}  // namespace

Episodes::Episodes(const EpisodeOptions& options, Prng prng, Time from) : options_(options), prng_(prng) {
  if (options_.every.max <= Duration::zero()) return;
  current_ = Episode{from, from};
  advance();
}

Episodes::Episodes(const std::array<ScheduledOutage, kScheduledOutagesMax>& scheduled, Time from) : prng_(0, 0) {
  for (const ScheduledOutage& outage : scheduled)
    if (outage.length > Duration::zero())
      scheduled_[scheduled_count_++] = {from + outage.start, from + outage.start + outage.length};
  if (scheduled_count_ > 0) current_ = scheduled_[0];
}

void Episodes::advance() {
  previous_ = current_;
  if (scheduled_count_ > 0) {
    ++scheduled_index_;
    current_ = scheduled_index_ < scheduled_count_ ? std::optional(scheduled_[scheduled_index_]) : std::nullopt;
    return;
  }
  const Time begin = current_->end + prng_.in(options_.every);
  const bool is_long = prng_.chance(options_.long_share);
  current_ = Episode{begin, begin + prng_.in(is_long ? options_.long_length : options_.length)};
}

std::optional<Episode> Episodes::next(Time t) {
  while (current_ && current_->end <= t) advance();
  return current_;
}

bool Episodes::contains(Time t) const {
  if (previous_ && previous_->begin <= t && t < previous_->end) return true;
  Episodes ahead = *this;
  const auto episode = ahead.next(t);
  return episode && episode->begin <= t;
}

int64_t Wander::value(Time t, int64_t max) {
  if (max <= 0) return 0;
  int64_t ticks = (t - at_) / tick_;
  if (max != max_ || ticks > kTicksMax) {
    max_ = max;
    value_ = prng_.up_to(max);
    at_ = std::max(at_, t);
    return value_;
  }
  for (; ticks > 0; --ticks) {
    const int64_t reach = max / 8 + 1;
    value_ += prng_.up_to(2 * reach) - reach;
    if (value_ < 0) value_ = -value_;
    if (value_ > max) value_ = 2 * max - value_;
    value_ = std::clamp(value_, int64_t{0}, max);
    at_ += tick_;
  }
  return value_;
}

}  // namespace farline::emulate
