// Finds how long after the speaker was given a sound the microphone hears it: devices and their drivers hold back 50 to
// 500 ms. Cross-correlates the loudness of both in steps of 5 ms, with a memory of 5 s; near-end speech and noise
// average out. While the far end speaks alone, a memory of 1 s finds a delay that has jumped within 2 to 4 s. 16 kHz.
// Deterministic, no allocation.
//
// Positions count samples given to the speaker; the caller says which one a captured unit would hold without delay.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "voice/codec.h"

namespace farline::voice {

class EchoDelay {
 public:
  static constexpr int64_t kStep = kSampleRate / 200;
  static constexpr int64_t kDelayMax = kSampleRate / 2;

  EchoDelay();
  void play(std::span<const int16_t, kUnitSamples> render);
  // The delay in samples, once it has been the same for a while; nothing while there is no clear echo.
  std::optional<int64_t> capture(std::span<const int16_t, kUnitSamples> unit, int64_t position);
  // The caller's positions are `samples` (whole steps) greater from now on than before, for the same sound.
  void shift(int64_t samples);

 private:
  // Loudness of a step on a logarithmic scale, less its mean over a second.
  class Loudness {
   public:
    float next(std::span<const int16_t> pcm);

   private:
    float mean_ = 0;
  };

  static constexpr size_t kLags = kDelayMax / kStep + 1;
  struct Correlation {
    explicit Correlation(float kept_of_step) : kept(kept_of_step) {}
    size_t best() const;
    float coefficient(size_t lag) const;

    float kept;  // memory: the part that a step leaves of those before
    std::array<float, kLags> products{};
    float render_power = 0;
    float capture_power = 0;
  };

  static constexpr size_t kHistory = 256;  // steps, 1.28 s
  Loudness render_loudness_;
  Loudness capture_loudness_;
  std::array<float, kHistory> render_{};
  int64_t played_ = 0;  // steps
  Correlation slow_;
  Correlation quick_;
  size_t best_ = 0;
  uint32_t steady_units_ = 0;  // best_ has been the best for
  uint32_t quick_units_ = 0;   // quick_ has been clear for
};

}  // namespace farline::voice
