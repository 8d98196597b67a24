#include "voice/echo_drift.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace farline::voice {
namespace {

constexpr double kRateMax = 500e-6;
// Settles within a second; a higher gain shakes while both sides speak.
constexpr double kGain = 1.5 / 16000;  // a sample
constexpr double kStepMax = 40e-6;     // at once: what was mistaken does little harm
constexpr uint32_t kSkippedMax = 100 / wire::kVoiceUnitMs;
constexpr double kLateMax = 3;   // samples
constexpr size_t kReach = 5;     // samples around the last place in which the same peak is looked for
constexpr double kPeakMin = 50;  // its power over the mean; the highest of noise is 13 over

double magnitude(const EchoDrift::Response& response, size_t at) {
  return std::abs(static_cast<double>(response[at]));
}

size_t find_peak(const EchoDrift::Response& response, size_t from, size_t to) {
  size_t peak = from;
  for (size_t at = from; at < to; ++at)
    if (magnitude(response, at) > magnitude(response, peak)) peak = at;
  return peak;
}

}  // namespace

void EchoDrift::observe(std::span<const int16_t, kUnitSamples> echo, std::span<const int16_t, kUnitSamples> left) {
  for (size_t i = 1; i + 1 < kUnitSamples; ++i) {
    const double slope = (echo[i + 1] - echo[i - 1]) / 2.0;
    fit_.product -= slope * left[i];
    fit_.slope_power += slope * slope;
    fit_.left_power += left[i] * left[i];
  }
  ++fit_.units;
  fit_.skipped = 0;
}

void EchoDrift::skip() {
  if (++fit_.skipped > kSkippedMax) restart();
}

void EchoDrift::follow(const Response& response) {
  const Fit fit = std::exchange(fit_, {});
  constexpr size_t kEnd = kFilterSamples - 1;
  size_t peak = find_peak(response, 1, kEnd);
  double power = 0;
  for (const double tap : response) power += tap * tap / static_cast<double>(kFilterSamples);
  if (place_ >= 0) {
    // The peak that was followed, unless another is twice as high.
    const auto around = static_cast<size_t>(std::lround(filter_place_));
    const size_t same = find_peak(response, around > kReach ? around - kReach : 1, std::min(around + kReach + 1, kEnd));
    if (2 * magnitude(response, same) > magnitude(response, peak))
      peak = same;
    else
      place_ = -1;
  }
  const double before = magnitude(response, peak - 1);
  const double at = magnitude(response, peak);
  const double after = magnitude(response, peak + 1);
  if (at * at < kPeakMin * power || at < before || at < after || 2 * at <= before + after) return restart();
  filter_place_ = static_cast<double>(peak) + 0.5 * (after - before) / (2 * at - before - after);  // a parabola's
  const double place = filter_place_ + std::clamp(fit.product / (fit.slope_power + 1), -kLateMax, kLateMax);
  // A filter that has not converged, and near-end sound, leave what no delay explains.
  const double explained = fit.product * fit.product / (fit.slope_power * fit.left_power + 1);
  if (place_ >= 0)
    rate_ =
        std::clamp(rate_ + std::clamp(kGain * explained * (place - place_), -kStepMax, kStepMax), -kRateMax, kRateMax);
  place_ = place;
}

void EchoDrift::restart() {
  place_ = -1;
  fit_ = {};
}

}  // namespace farline::voice
