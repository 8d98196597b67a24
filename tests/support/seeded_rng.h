// The only pseudo-random source, and only for tests: SplitMix64 (Steele, Lea, Flood 2014). The same seed gives the same
// bytes on every compiler.
#pragma once

#include "base/rng.h"

namespace farline::testing {

class SeededRng final : public Rng {
 public:
  explicit SeededRng(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  void fill(MutableBytes out) override {
    for (size_t i = 0; i < out.size(); ++i) {
      if (i % 8 == 0) word_ = next();
      out[i] = static_cast<uint8_t>(word_ >> (8 * (i % 8)));
    }
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)

 private:
  uint64_t state_;
  uint64_t word_ = 0;
};

}  // namespace farline::testing
