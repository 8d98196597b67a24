// Noise that sounds like a quiet room: duller than white. Deterministic.
#pragma once

#include <cstdint>

namespace farline::voice {

class ComfortNoise {
 public:
  // The next sample, of RMS 1.
  double next() {
    constexpr double kRms = 10923;
    random_ = random_ * 1664525 + 1013904223;  // Numerical Recipes' generator
    noise_ += (static_cast<int32_t>(random_ >> 16) - 32768 - noise_) / 2;
    return noise_ / kRms;
  }

 private:
  uint32_t random_ = 1;
  int32_t noise_ = 0;
};

}  // namespace farline::voice
