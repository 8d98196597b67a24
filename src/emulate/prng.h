// The emulator's own pseudo-random numbers: SplitMix64 (Steele, Lea, Flood 2014). Not for keys. Integers only, so one
// seed gives one trace on every compiler. Each use has its own stream: the times of outages do not depend on how many
// packets were sent, and both directions of a link can share one schedule.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace farline::emulate {

using Ppm = uint32_t;  // a probability or a share, in millionths
constexpr Ppm kPpmOne = 1'000'000;

struct DurationRange {
  Duration min{};
  Duration max{};
  friend auto operator<=>(const DurationRange&, const DurationRange&) = default;
};

class Prng {
 public:
  Prng(uint64_t seed, uint64_t stream) : state_(seed ^ (stream * 0xd1342543de82ef95ULL)) {
    next();
    state_ ^= next();
  }
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in [0, bound], bound >= 0. The modulo bias is below 2^-17 for bounds up to a day in nanoseconds.
  int64_t up_to(int64_t bound) { return static_cast<int64_t>(next() % (static_cast<uint64_t>(bound) + 1)); }
  Duration up_to(Duration bound) { return Duration{up_to(bound.count())}; }
  Duration in(const DurationRange& range) { return range.min + up_to(range.max - range.min); }
  bool chance(Ppm probability) { return probability > 0 && next() % kPpmOne < probability; }

 private:
  uint64_t state_;
};

}  // namespace farline::emulate
