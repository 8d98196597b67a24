// Two short memories of the receiver: which packets were lost, and how much earlier than needed packets arrived.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace farline::voice {

// Packet numbers expected and seen, in total and over the last 5 s.
class LossCounter {
 public:
  void add(Time now, uint64_t sequence);
  std::optional<uint64_t> highest() const { return highest_; }
  uint64_t lost() const { return expected_ > received_ ? expected_ - received_ : 0; }
  uint8_t recent_loss_255(Time now) const;

 private:
  static constexpr int64_t kSeconds = 5;
  struct Second {
    int64_t number = -1;
    uint64_t expected = 0;
    uint64_t received = 0;
  };
  std::array<Second, kSeconds> seconds_;
  std::optional<uint64_t> highest_;
  uint64_t expected_ = 0;
  uint64_t received_ = 0;
};

// Between which values most of those added during the last two minutes lie. Forgets and judges by stretches of 10 s in
// which there were any, so that a long silence does not wipe out what is known of the network: the least value is that
// which three of four stretches did not go below, the greatest likewise. What happened but once is so forgotten soon.
class RecentRange {
 public:
  void add(Time now, int64_t value);
  void clear() { *this = {}; }
  struct Range {
    int64_t least;
    int64_t greatest;
  };
  std::optional<Range> range() const;

 private:
  static constexpr Duration kBucket = 10s;
  static constexpr size_t kBuckets = 12;
  static constexpr size_t kIgnored = 4;  // one of so many
  std::array<std::optional<Range>, kBuckets> buckets_;
  size_t current_ = 0;
  Time started_{};
};

}  // namespace farline::voice
