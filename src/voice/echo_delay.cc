#include "voice/echo_delay.h"

#include <algorithm>
#include <cmath>

namespace farline::voice {
namespace {

constexpr float kMeanRate = 1.0F / 200;       // a step: 1 s
constexpr float kSlowKept = 1 - 1.0F / 1000;  // a step: 5 s
constexpr float kQuickKept = 1 - 1.0F / 200;  // a step: 1 s
constexpr float kFloorRms = 20;               // of the differentiated signal; quieter sounds are all alike
constexpr float kCorrelationMin = 0.4F;       // unrelated talkers reach 0.2
constexpr float kQuickMin = 0.87F;            // in 1 s unrelated talkers reach 0.83, an echo alone is over 0.9
constexpr float kEvidenceMin = 300;           // render_power after 0.5 s of speech
constexpr float kQuickEvidenceMin = 100;
constexpr uint32_t kQuickUnits = 100 / wire::kVoiceUnitMs;
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

size_t EchoDelay::Correlation::best() const {
  return static_cast<size_t>(std::ranges::max_element(products) - products.begin());
}

float EchoDelay::Correlation::coefficient(size_t lag) const {
  return products[lag] / std::sqrt(render_power * capture_power + 1);
}

EchoDelay::EchoDelay() : slow_(kSlowKept), quick_(kQuickKept) {}

std::optional<int64_t> EchoDelay::capture(std::span<const int16_t, kUnitSamples> unit, int64_t position) {
  int64_t step = position / kStep;
  for (size_t at = 0; at < unit.size(); at += kStep, ++step) {
    const float captured = capture_loudness_.next(unit.subspan(at, kStep));
    const auto rendered = [&](size_t lag) {
      const int64_t then = step - static_cast<int64_t>(lag);
      const bool known = then >= 0 && then < played_ && then >= played_ - static_cast<int64_t>(kHistory);
      return known ? render_[static_cast<size_t>(then) % kHistory] : 0;
    };
    for (Correlation* correlation : {&slow_, &quick_}) {
      const float kept = correlation->kept;
      const float middle = rendered(kLags / 2);
      correlation->capture_power = correlation->capture_power * kept + captured * captured;
      correlation->render_power = correlation->render_power * kept + middle * middle;
      for (size_t lag = 0; lag < kLags; ++lag)
        correlation->products[lag] = correlation->products[lag] * kept + captured * rendered(lag);
    }
  }
  const size_t quick = quick_.best();
  const bool clear = quick_.render_power > kQuickEvidenceMin && quick_.coefficient(quick) > kQuickMin;
  quick_units_ = clear ? quick_units_ + 1 : 0;
  if (quick_units_ > kQuickUnits) {
    if (quick + 1 < best_ || quick > best_ + 1) {
      best_ = quick;
      slow_.products = quick_.products;
      slow_.render_power = quick_.render_power;
      slow_.capture_power = quick_.capture_power;
    }
    steady_units_ = kSteadyUnits;
    return static_cast<int64_t>(best_) * kStep;
  }
  const size_t best = slow_.best();
  steady_units_ = best + 1 >= best_ && best <= best_ + 1 ? steady_units_ + 1 : 0;
  if (steady_units_ == 0) best_ = best;
  if (steady_units_ < kSteadyUnits || slow_.render_power < kEvidenceMin) return std::nullopt;
  if (slow_.coefficient(best) < kCorrelationMin) return std::nullopt;
  return static_cast<int64_t>(best_) * kStep;
}

void EchoDelay::shift(int64_t samples) {
  constexpr auto kAll = static_cast<int64_t>(kLags);
  const auto steps = static_cast<ptrdiff_t>(std::clamp(samples / kStep, -kAll, kAll));
  for (Correlation* correlation : {&slow_, &quick_}) {
    auto& products = correlation->products;
    if (steps > 0) {
      std::shift_right(products.begin(), products.end(), steps);
      std::fill_n(products.begin(), steps, 0.0F);
    } else {
      std::shift_left(products.begin(), products.end(), -steps);
      std::fill_n(products.end() + steps, -steps, 0.0F);
    }
  }
}

}  // namespace farline::voice
