#include "voice/echo_delay.h"

#include <algorithm>
#include <cmath>

namespace farline::voice {
namespace {

constexpr float kMeanRate = 1.0F / 200;   // a step: 1 s
constexpr float kKept = 1 - 1.0F / 1000;  // a step: 5 s
constexpr float kFloorRms = 20;           // of the differentiated signal; quieter sounds are all alike
constexpr float kCorrelationMin = 0.4F;   // unrelated talkers reach 0.2
constexpr float kEvidenceMin = 300;       // render_power_ after 0.5 s of speech
constexpr uint32_t kSteadyUnits = 500 / wire::kVoiceUnitMs;

}  // namespace

float EchoDelay::Loudness::next(std::span<const int16_t> pcm) {
  const auto count = static_cast<float>(pcm.size());
  float energy = kFloorRms * kFloorRms * count;
  for (size_t i = 1; i < pcm.size(); ++i) {
    const auto difference = static_cast<float>(pcm[i] - pcm[i - 1]);
    energy += difference * difference;
  }
  const float loudness = std::log2(energy / (kFloorRms * kFloorRms * count));
  mean_ += (loudness - mean_) * kMeanRate;
  return loudness - mean_;
}

void EchoDelay::play(std::span<const int16_t, kUnitSamples> render) {
  for (size_t at = 0; at < render.size(); at += kStep, ++played_)
    render_[static_cast<size_t>(played_) % kHistory] = render_loudness_.next(render.subspan(at, kStep));
}

std::optional<int64_t> EchoDelay::capture(std::span<const int16_t, kUnitSamples> unit, int64_t position) {
  int64_t step = position / kStep;
  for (size_t at = 0; at < unit.size(); at += kStep, ++step) {
    const float captured = capture_loudness_.next(unit.subspan(at, kStep));
    capture_power_ = capture_power_ * kKept + captured * captured;
    render_power_ *= kKept;
    for (size_t lag = 0; lag < kLags; ++lag) {
      const int64_t then = step - static_cast<int64_t>(lag);
      const bool known = then >= 0 && then < played_ && then >= played_ - static_cast<int64_t>(kHistory);
      const float rendered = known ? render_[static_cast<size_t>(then) % kHistory] : 0;
      correlation_[lag] = correlation_[lag] * kKept + captured * rendered;
      if (lag == kLags / 2) render_power_ += rendered * rendered;
    }
  }
  const auto best = static_cast<size_t>(std::ranges::max_element(correlation_) - correlation_.begin());
  steady_units_ = best + 1 >= best_ && best <= best_ + 1 ? steady_units_ + 1 : 0;
  if (steady_units_ == 0) best_ = best;
  if (steady_units_ < kSteadyUnits || render_power_ < kEvidenceMin) return std::nullopt;
  if (correlation_[best] < kCorrelationMin * std::sqrt(render_power_ * capture_power_)) return std::nullopt;
  return static_cast<int64_t>(best_) * kStep;
}

void EchoDelay::shift(int64_t samples) {
  const auto steps = std::clamp(samples / kStep, -static_cast<int64_t>(kLags), static_cast<int64_t>(kLags));
  if (steps > 0) {
    std::shift_right(correlation_.begin(), correlation_.end(), steps);
    std::fill_n(correlation_.begin(), steps, 0.0F);
  } else {
    std::shift_left(correlation_.begin(), correlation_.end(), -steps);
    std::fill_n(correlation_.end() + steps, -steps, 0.0F);
  }
}

}  // namespace farline::voice
