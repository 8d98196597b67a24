// Tells speech from pauses by its energy, against the quietest moment of the last 3 s: after pre-emphasis, so that the
// hum of engines counts little, and best on a signal from which steady noise was removed already
// (voice/speech_input.h). 20 ms units at 16 kHz; integers only, so the same everywhere. Until 3 s are known, everything
// loud counts as speech.
//
// Method and constants: our own study of detectors in engine noise; Opus's and speexdsp's find no pauses there.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "voice/codec.h"

namespace farline::voice {

class ActivityDetector {
 public:
  // Takes the next unit. True while somebody speaks, and for 200 ms after.
  bool is_active(std::span<const int16_t, kUnitSamples> pcm);

 private:
  static constexpr size_t kMemoryUnits = 3000 / wire::kVoiceUnitMs;
  std::array<int64_t, kMemoryUnits> energies_{};
  size_t oldest_ = 0;
  int32_t last_sample_ = 0;
  uint32_t hangover_units_ = 0;
};

}  // namespace farline::voice
