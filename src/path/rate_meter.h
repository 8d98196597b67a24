// Bits per second over the last 5 s, and the total, of what passes on the wire in one direction. Buckets of 250 ms.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace farline::path {

class RateMeter {
 public:
  static constexpr Duration kBucket = 250ms;
  static constexpr size_t kBuckets = 20;

  void add(Time now, uint64_t bytes) {
    advance(now);
    buckets_[current_ % kBuckets] += bytes;
    total_ += bytes;
    if (!started_) {
      started_ = true;
      first_ = current_;
    }
  }
  uint32_t bits_per_second(Time now) const {
    RateMeter copy = *this;
    copy.advance(now);
    uint64_t bytes = 0;
    for (const uint64_t bucket : copy.buckets_) bytes += bucket;
    if (!started_) return 0;
    // The newest bucket is not full yet: count the time it has lasted, not its size.
    const uint64_t oldest = std::max(first_, copy.current_ + 1 - std::min<uint64_t>(copy.current_ + 1, kBuckets));
    const Duration span = std::max<Duration>(now.time_since_epoch() - static_cast<int64_t>(oldest) * kBucket, kBucket);
    return static_cast<uint32_t>(bytes * 8'000'000'000ULL / static_cast<uint64_t>(span.count()));
  }
  uint64_t total() const { return total_; }

 private:
  void advance(Time now) {
    const auto bucket = static_cast<uint64_t>(now.time_since_epoch() / kBucket);
    if (bucket <= current_) return;
    const uint64_t steps = std::min<uint64_t>(kBuckets, bucket - current_);
    for (uint64_t i = 1; i <= steps; ++i) buckets_[(bucket - steps + i) % kBuckets] = 0;
    current_ = bucket;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t current_ = 0;
  uint64_t first_ = 0;
  uint64_t total_ = 0;
  bool started_ = false;
};

}  // namespace farline::path
