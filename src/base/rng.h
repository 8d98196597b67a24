// Randomness is handed in. host::SystemRng in programs; SeededRng exists only under tests/, so no program can link it.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace farline {

class Rng {
 public:
  virtual ~Rng() = default;
  virtual void fill(MutableBytes out) = 0;

  template <size_t N>
  std::array<uint8_t, N> array() {
    std::array<uint8_t, N> out{};
    fill(out);
    return out;
  }
  uint64_t u64() {
    const auto bytes = array<8>();
    return Reader(bytes).u64();
  }
  // Uniform in [0, bound), bound > 0. The modulo bias is below 2^-32 for the bounds used here (< 2^32).
  uint64_t below(uint64_t bound) { return u64() % bound; }
};

}  // namespace farline
