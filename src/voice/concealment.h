// What is heard when speech is missing: the codec's guess for a moment, fading into noise as loud as the far end's
// background, so that a gap is neither a robot's hum nor dead silence. Deterministic.
#pragma once

#include <cstdint>
#include <span>

#include "voice/codec.h"
#include "voice/comfort_noise.h"

namespace farline::voice {

class Concealment {
 public:
  // `unit` holds the codec's guess; mixes in what it should be by now.
  void conceal(std::span<int16_t, kUnitSamples> unit);
  // Fills `unit` with noise of that RMS: nobody speaks. When has_faded() does not hold, `unit` is to have the codec's
  // guess, which fades out.
  void comfort(std::span<int16_t, kUnitSamples> unit, double noise_rms);
  // Nothing is heard now but noise.
  bool has_faded() const;
  // `pcm` is decoded speech, next to be played: learns the background's level and, after a gap, fades it in.
  void heard(std::span<int16_t> pcm);

  // As quiet as between words: nobody notices there when time is cut or drawn out.
  bool is_quiet(std::span<const int16_t> pcm) const;

 private:
  void mix(std::span<int16_t> pcm, double gain_start, double gain_end);

  size_t concealed_samples_ = 0;
  double floor_ = 0;  // RMS of the background
  bool floor_known_ = false;
  double loud_ = 0;  // RMS of the speaker's vowels
  ComfortNoise noise_;
};

}  // namespace farline::voice
