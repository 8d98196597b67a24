// What was given to the speaker in the last second, by position (samples since the beginning), to be read between
// samples too. 16 kHz.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "voice/codec.h"

namespace farline::voice {

class EchoReference {
 public:
  void write(std::span<const int16_t, kUnitSamples> render);
  int64_t written() const { return written_; }
  // Samples at `position`, `position` + `step` and so on; what is not known is silence. `step`: nearly 1.
  void read(double position, double step, std::span<int16_t, kUnitSamples> out) const;

 private:
  static constexpr size_t kHistory = 16384;  // 1.02 s

  std::array<int16_t, kHistory> history_{};
  int64_t written_ = 0;
};

}  // namespace farline::voice
