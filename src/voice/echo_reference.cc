#include "voice/echo_reference.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace farline::voice {
namespace {

// A sinc of 16 taps under a Hann window: flat within .1 dB below 6.5 kHz.
constexpr int64_t kSide = 8;
using Weights = std::array<double, 2 * kSide>;
// The same weights serve so many samples: at 500 ppm they are wrong by .01 of a sample.
constexpr size_t kStretch = 40;

Weights interpolate(double part) {
  Weights weights{};
  for (int64_t tap = 0; tap < 2 * kSide; ++tap) {
    const double x = std::numbers::pi * (static_cast<double>(tap - kSide + 1) - part);
    const double sinc = std::abs(x) < 1e-9 ? 1 : std::sin(x) / x;
    weights[static_cast<size_t>(tap)] = sinc * (0.5 + 0.5 * std::cos(x / kSide));
  }
  return weights;
}

}  // namespace

void EchoReference::write(std::span<const int16_t, kUnitSamples> render) {
  for (const int16_t sample : render) history_[static_cast<size_t>(written_++) % kHistory] = sample;
}

void EchoReference::read(double position, double step, std::span<int16_t, kUnitSamples> out) const {
  static_assert(kUnitSamples % kStretch == 0);
  for (size_t at = 0; at < out.size(); at += kStretch) {
    const double from = position + step * static_cast<double>(at);
    const auto whole = static_cast<int64_t>(std::floor(from));
    const Weights weights = interpolate(from - static_cast<double>(whole));
    for (size_t i = 0; i < kStretch; ++i) {
      double sum = 0;
      int64_t tap = whole + static_cast<int64_t>(i) - kSide + 1;
      for (const double weight : weights) {
        if (tap >= 0 && tap < written_ && tap >= written_ - static_cast<int64_t>(kHistory))
          sum += weight * history_[static_cast<size_t>(tap) % kHistory];
        ++tap;
      }
      out[at + i] = static_cast<int16_t>(std::clamp(std::round(sum), -32768.0, 32767.0));
    }
  }
}

}  // namespace farline::voice
