#include "client/attach_policy.h"

#include <algorithm>

#include "base/check.h"

namespace farline::client {
namespace {

Duration within(Rng& rng, Duration bound) {
  return Duration{static_cast<int64_t>(rng.below(1 + static_cast<uint64_t>(bound.count())))};
}

}  // namespace

AttachPolicy::AttachPolicy(Candidates candidates, uint16_t first) : candidates_(candidates), current_(first) {
  replace(candidates, first);
}

void AttachPolicy::replace(Candidates candidates, uint16_t current) {
  INVARIANT(candidates.total() > 0 && current < candidates.total());
  candidates_ = candidates;
  current_ = current;
  ordinary_ = current < candidates.ordinary ? current : uint16_t{0};
  hurry();
}

uint16_t AttachPolicy::next() const {
  if (candidates_.ordinary == 0) return static_cast<uint16_t>((current_ + 1) % candidates_.total());
  return static_cast<uint16_t>((ordinary_ + 1) % candidates_.ordinary);
}

AttachPolicy::Try AttachPolicy::go(uint16_t candidate, Duration after) {
  current_ = candidate;
  if (candidate < candidates_.ordinary) ordinary_ = candidate;
  return {candidate, after};
}

AttachPolicy::Try AttachPolicy::lost(Rng& rng, bool elsewhere) {
  hurry();
  busy_ = 0;
  return go(elsewhere ? next() : current_, within(rng, spread_));
}

AttachPolicy::Try AttachPolicy::silent(Rng& rng, Duration waited) {
  Duration after = within(rng, kSilenceSpread);
  if (++silent_ >= candidates_.total()) {
    silent_ = 0;
    const Duration away = std::min(kAwayFirst * (1 << std::min<unsigned>(rounds_, 4)), kAwayMax);
    after += std::max<Duration>(away - waited, 0s) + within(rng, away / 4);
    if (rounds_ < 4) ++rounds_;
  }
  // The dedicated ones come after all the ordinary ones were silent, each once.
  const bool to_dedicated = silent_ > 0 && silent_ >= candidates_.ordinary;
  return go(to_dedicated ? silent_ : next(), after);
}

AttachPolicy::Try AttachPolicy::busy(Rng& rng, Duration retry_after) {
  hurry();
  if (busy_ <= kBusyInARow) ++busy_;
  const Duration after = std::clamp(retry_after, kRetryAfterMin, kRetryAfterMax);
  const bool to_dedicated = busy_ > kBusyInARow || (busy_ == kBusyInARow && rng.below(2) == 0);
  if (to_dedicated && candidates_.dedicated > 0)
    return go(static_cast<uint16_t>(candidates_.ordinary + rng.below(candidates_.dedicated)), after);
  return go(next(), after);
}

AttachPolicy::Try AttachPolicy::unfit(Rng& rng) {
  return busy(rng, candidates_.total() > 1 ? kRetryAfterMin + within(rng, 4s) : 30s + within(rng, 30s));
}

void AttachPolicy::attached(Duration spread) {
  spread_ = std::clamp<Duration>(spread, 0s, kSpreadMax);
  hurry();
  busy_ = 0;
}

}  // namespace farline::client
