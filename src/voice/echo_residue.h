// Tells near-end sound from echo that the canceller's filter leaves while it is not quite right, because clocks drift
// or a door moves: such a residue is the estimated echo through a short filter, near-end sound is not. Fits that filter
// to the last 40 ms by least squares; what it does not explain is near-end sound, or noise. 20 ms units at 16 kHz.
// Deterministic, no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "voice/codec.h"

namespace farline::voice {

class EchoResidue {
 public:
  // The mean power of a sample of `left` (the canceller's output), over this unit and the one before, that `echo` (what
  // the canceller took out) does not explain.
  double unexplained_power(std::span<const int16_t, kUnitSamples> echo, std::span<const int16_t, kUnitSamples> left);

 private:
  std::array<double, 2 * kUnitSamples> echo_{};
  std::array<double, 2 * kUnitSamples> left_{};
};

}  // namespace farline::voice
