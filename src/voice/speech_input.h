// From the microphone to the encoder: echo cancellation, noise suppression, gain control, and whether there is speech
// in it at all. Each can be left out; but for the first three, the sound passes unchanged, bit for bit.
//
//   play    with each unit given to the speaker (20 ms at 16 kHz), whatever the device's delay
//   skip    units of both that went by without us, when they did
//   capture with each unit from the microphone; cleans it in place. The cleaned sound is 20 ms late (echo cancellation
//           or noise suppression), so is `active` always: the sender's pre-roll makes up for it.
//
// Noise is suppressed by 15 dB: never worse than .003 ESTOI in front of any codec, up to .16 better in engine noise.
// Deterministic; no allocation after construction. Uses speexdsp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/sound_gap.h"
#include "voice/activity.h"
#include "voice/codec.h"
#include "voice/echo_canceller.h"
#include "voice/echo_gate.h"
#include "voice/gain_control.h"

struct SpeexPreprocessState_;

namespace farline::voice {

class SpeechInput {
 public:
  struct Options {
    bool echo_cancellation = false;
    bool noise_suppression = false;
    bool gain_control = false;
    bool pauses = true;  // false: everything counts as speech
  };
  explicit SpeechInput(const Options& options);

  void play(std::span<const int16_t, kUnitSamples> render);
  void skip(const SoundGap& gap);
  // True while the near end speaks, and for 200 ms after.
  bool capture(std::span<int16_t, kUnitSamples> unit);

 private:
  struct Deleter {
    void operator()(SpeexPreprocessState_* state) const;
  };

  Options options_;
  std::optional<EchoCanceller> canceller_;
  std::unique_ptr<SpeexPreprocessState_, Deleter> preprocessor_;  // points into canceller_
  ActivityDetector activity_;
  EchoGate gate_;
  GainControl gain_;
};

}  // namespace farline::voice
