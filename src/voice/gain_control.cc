#include "voice/gain_control.h"

#include <algorithm>
#include <cmath>

namespace farline::voice {
namespace {

constexpr double kWantedRms = 2300;  // of the louder parts, -23 dB of full scale: speech of -26 dBov
constexpr double kGainMax = 8;       // +18 dB
constexpr double kGainMin = 0.25;    // -12 dB
constexpr double kGainRise = 1.007;  // a unit: 3 dB/s
constexpr double kGainFall = 0.973;  // a unit: 12 dB/s
constexpr double kPeakMax = 30000;
constexpr double kPowerRise = 0.1;   // a unit: the level follows louder speech in 0.2 s,
constexpr double kPowerFall = 0.01;  // quieter speech in 2 s

}  // namespace

void GainControl::apply(std::span<int16_t, kUnitSamples> unit, bool active) {
  double power = 0;
  double peak = 1;
  for (const double sample : unit) {
    power += sample * sample / static_cast<double>(unit.size());
    peak = std::max(peak, std::abs(sample));
  }
  const double gain_before = gain_;
  if (active) {
    power_ += (power - power_) * (power > power_ ? kPowerRise : kPowerFall);
    const double wanted = std::clamp(kWantedRms / std::sqrt(power_ + 1), kGainMin, kGainMax);
    gain_ = std::clamp(wanted, gain_ * kGainFall, gain_ * kGainRise);
  }
  gain_ = std::min(gain_, std::max(kPeakMax / peak, kGainMin));
  const double count = static_cast<double>(unit.size());
  for (size_t i = 0; i < unit.size(); ++i) {
    const double gain = gain_before + (gain_ - gain_before) * static_cast<double>(i + 1) / count;
    unit[i] = static_cast<int16_t>(std::clamp(unit[i] * gain, -32768.0, 32767.0));
  }
}

}  // namespace farline::voice
