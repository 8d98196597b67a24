#include "voice/arrivals.h"

#include <span>

namespace farline::voice {
namespace {

int64_t second_of(Time now) {
  return now.time_since_epoch() / 1s;
}

}  // namespace

void LossCounter::add(Time now, uint64_t sequence) {
  Second& second = seconds_[static_cast<size_t>(second_of(now) % kSeconds)];
  if (second.number != second_of(now)) second = {second_of(now), 0, 0};
  uint64_t expected = 0;
  if (!highest_)
    expected = 1;
  else if (sequence > *highest_)
    expected = sequence - *highest_;
  if (expected > 0) highest_ = sequence;
  expected_ += expected;
  second.expected += expected;
  ++received_;
  ++second.received;
}

uint8_t LossCounter::recent_loss_255(Time now) const {
  uint64_t expected = 0;
  uint64_t received = 0;
  for (const Second& second : seconds_) {
    if (second.number < 0 || second_of(now) - second.number >= kSeconds) continue;
    expected += second.expected;
    received += second.received;
  }
  if (expected <= received) return 0;
  return static_cast<uint8_t>(255.0 * static_cast<double>(expected - received) / static_cast<double>(expected) + 0.5);
}

void RecentRange::add(Time now, int64_t value) {
  if (!buckets_[current_]) started_ = now;
  if (now - started_ >= kBucket) {
    current_ = (current_ + 1) % buckets_.size();
    buckets_[current_] = std::nullopt;
    started_ = now;
  }
  auto& bucket = buckets_[current_];
  bucket = bucket ? Range{std::min(bucket->least, value), std::max(bucket->greatest, value)} : Range{value, value};
}

std::optional<RecentRange::Range> RecentRange::range() const {
  std::array<int64_t, kBuckets> least;
  std::array<int64_t, kBuckets> greatest;
  size_t count = 0;
  for (const auto& bucket : buckets_) {
    if (!bucket) continue;
    least[count] = bucket->least;
    greatest[count++] = bucket->greatest;
  }
  if (count == 0) return std::nullopt;
  std::ranges::sort(std::span(least).first(count));
  std::ranges::sort(std::span(greatest).first(count));
  const size_t ignored = count / kIgnored;
  return Range{least[ignored], greatest[count - 1 - ignored]};
}

}  // namespace farline::voice
