// Brings quiet speakers up and loud ones down to one level, slowly, and never so far that a sample is cut off. Moves
// only while somebody speaks, so that pauses and engines are not turned up. 20 ms units at 16 kHz. Deterministic.
#pragma once

#include <cstdint>
#include <span>

#include "voice/codec.h"

namespace farline::voice {

class GainControl {
 public:
  // Scales `unit` in place. `active`: it holds speech.
  void apply(std::span<int16_t, kUnitSamples> unit, bool active);

 private:
  double power_ = 0;  // of the louder parts of speech, before the gain
  double gain_ = 1;
};

}  // namespace farline::voice
