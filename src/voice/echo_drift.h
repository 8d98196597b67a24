// Follows how the speaker's and the microphone's clocks drift apart: where the canceller's filter has the echo, and by
// how much later it comes than that. A loop that stretches the reference until the echo stays where it is. Crystals
// differ by up to 100 ppm, sound servers resample in steps of 20 ppm every few seconds; 1 sample/s (60 ppm) takes the
// filter half of its 30 dB. 16 kHz.
// Deterministic.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "voice/codec.h"

namespace farline::voice {

class EchoDrift {
 public:
  static constexpr size_t kFilterSamples = 3840;  // 240 ms
  using Response = std::array<int32_t, kFilterSamples>;

  // One unit in which the filter could learn: what it took for echo, and what it left.
  void observe(std::span<const int16_t, kUnitSamples> echo, std::span<const int16_t, kUnitSamples> left);
  // One in which it could not. After some of them, what was observed before is not compared with what comes.
  void skip();
  // Enough units were observed: `follow` wants the filter's impulse response.
  bool is_due() const { return fit_.units >= kPeriodUnits; }
  void follow(const Response& response);
  // The filter begins anew, elsewhere.
  void restart();

  // Samples by which the echo comes later with every sample.
  double rate() const { return rate_; }

 private:
  static constexpr uint32_t kPeriodUnits = 200 / wire::kVoiceUnitMs;

  // Least squares: what is left, as the slope of the echo times samples by which it comes late.
  struct Fit {
    uint32_t units = 0;
    uint32_t skipped = 0;  // in a row
    double product = 0;
    double slope_power = 0;
    double left_power = 0;
  };

  double rate_ = 0;
  double place_ = -1;         // of the echo, as positions in the filter go; negative: not known
  double filter_place_ = -1;  // of the filter's peak, which follows the echo within a second
  Fit fit_;
};

}  // namespace farline::voice
