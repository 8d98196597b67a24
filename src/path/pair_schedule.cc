#include "path/pair_schedule.h"

#include <algorithm>

namespace farline::path {
namespace {

constexpr uint64_t kSmallBytes = 50;
constexpr uint64_t kSmallShareOfRate = 60;  // pairs take one part in so many
constexpr uint64_t kDuplicateShareOfRate = 16;
constexpr double kSurprise = 1.6;  // times the next rung
constexpr Duration kSurpriseWait = 20s;
constexpr Duration kSurpriseWaitMax = 160s;
constexpr Duration kDuplicateWait = 1500ms;
constexpr Duration kPairWaitUnknown = 1s;
constexpr Duration kPairWaitFirst = 600ms;
constexpr unsigned kFirst = 3;  // what LinkEstimate::capacity() asks for
constexpr Duration kPairWaitMin = 1s;
constexpr Duration kPairWaitMax = 9s;

}  // namespace

// When the next pairs do not bear it out it was jitter.
void PairSchedule::look_for_surprise(Time now, const LinkEstimate& link, const Situation& situation) {
  const LinkEstimate::Pair* pair = link.newest_pair();
  if (!pair || pair->at <= seen_) return;
  seen_ = pair->at;
  const auto capacity = link.capacity(now);
  const bool unclear = capacity && !capacity->is_clear;
  if (pair->bps <= kSurprise * situation.next_bps || unclear || now < surprise_after_) return;
  at_once_ = situation.is_thin ? 2 : 3;
  surprise_wait_ = std::clamp<Duration>(2 * surprise_wait_, kSurpriseWait, kSurpriseWaitMax);
  surprise_after_ = now + surprise_wait_;
}

PairSchedule::Pair PairSchedule::next(Time now, const LinkEstimate& link, const Situation& situation) {
  look_for_surprise(now, link, situation);
  const auto capacity = link.capacity(now);
  const LinkEstimate::Pair* newest = link.newest_pair();
  const bool is_less = newest && newest->bps <= situation.next_bps;
  const bool may_be_more = situation.expected_bps > situation.next_bps && !is_less;
  const bool unknown = !capacity && (!situation.is_thin || may_be_more);
  // Jitter that swamps small pairs hardly changes large ones.
  const bool duplicate = situation.is_thin ? unknown || at_once_ > 0 : capacity && capacity->clear_bytes > kSmallBytes;
  const uint64_t paid = duplicate ? kDuplicateShareOfRate * situation.packet_bytes : kSmallShareOfRate * kSmallBytes;
  const Duration wait = std::clamp<Duration>(serialisation_time(paid, situation.bps), kPairWaitMin, kPairWaitMax);
  const Duration since = sent_ ? now - *sent_ : wait;
  const bool at_once = at_once_ > 0 && (!situation.is_thin || since >= kDuplicateWait);
  const bool is_first = situation.is_thin && first_ < kFirst && may_be_more && since >= kPairWaitFirst;
  if (since < (unknown ? kPairWaitUnknown : wait) && !at_once && !is_first) return Pair::none;
  if (is_first) ++first_;
  if (at_once) --at_once_;
  sent_ = now;
  return duplicate ? Pair::duplicate : Pair::small;
}

}  // namespace farline::path
