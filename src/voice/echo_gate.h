// The last resort against echo, behind the canceller: while the far end is playing and what is left of the microphone's
// signal is no louder than echo has been, it is turned down (half duplex). Near-end speech louder than that opens it at
// once. Learns how much echo the canceller leaves; until it has, and while nobody knows where the echo is, the far
// end's voice closes it. Deterministic.
#pragma once

#include <cstdint>
#include <span>

#include "voice/echo_canceller.h"

namespace farline::voice {

class EchoGate {
 public:
  // Turns `unit`, cleaned already, down when it is echo. True when it is near-end sound.
  bool pass(std::span<int16_t, kUnitSamples> unit, const EchoCanceller::Outcome& outcome);

 private:
  // Both as parts of the render power: what is left of the echo, and what the canceller takes out.
  double residue_ = 1;
  double echo_ = 1;
  uint32_t open_units_ = 0;
  double gain_ = 1;
};

}  // namespace farline::voice
