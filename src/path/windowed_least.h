// The least of the values added during the last 30 to 60 s: long enough to have met an empty queue, short enough that
// sound clocks 500 ppm apart move it by 30 ms at most.
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace farline::path {

class WindowedLeast {
 public:
  static constexpr Duration kBucket = 30s;

  void add(Time now, Duration value) {
    if (!newer_ || now - started_ >= kBucket) {
      older_ = newer_ && now - started_ < 2 * kBucket ? newer_ : std::nullopt;
      newer_ = value;
      started_ = now;
    }
    newer_ = std::min(*newer_, value);
  }
  std::optional<Duration> least() const {
    if (newer_ && older_) return std::min(*newer_, *older_);
    return newer_;
  }
  void clear() { *this = {}; }

 private:
  std::optional<Duration> newer_;
  std::optional<Duration> older_;
  Time started_{};
};

}  // namespace farline::path
