// The last resort against echo, behind the canceller: while the far end is playing and what is left of the microphone's
// signal is no louder than echo has been, it is turned down (half duplex), to noise like that of the room, lest the far
// end take the line for dead each time it speaks. Near-end speech louder than that opens it at once. Learns how much
// echo the canceller leaves; until it has, and while nobody knows where the echo is, the far end's voice closes it.
// Deterministic.
#pragma once

#include <cstdint>
#include <span>

#include "voice/comfort_noise.h"
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
  double room_ = 0;  // RMS of what is heard while neither end speaks
  ComfortNoise noise_;
};

}  // namespace farline::voice
