#include "voice/echo_canceller.h"

#include <speex/speex_echo.h>

#include <algorithm>
#include <type_traits>

#include "base/check.h"

namespace farline::voice {
namespace {

constexpr int64_t kMs = kSampleRate / 1000;
// Where in the filter the echo's beginning may lie; elsewhere the reference is moved so that it lies at kEchoWanted.
constexpr int64_t kEchoMin = 10 * kMs;
constexpr int64_t kEchoMax = 70 * kMs;
constexpr int64_t kEchoWanted = 20 * kMs;
constexpr double kLearnNear = 0.3;       // the near end must be 5 dB quieter than the echo
constexpr double kReverberation = 0.63;  // a unit: -60 dB in 0.6 s, a large room

double power_of(std::span<const int16_t, kUnitSamples> pcm) {
  double sum = 0;
  for (const double sample : pcm) sum += sample * sample;
  return sum / static_cast<double>(kUnitSamples);
}

}  // namespace

void EchoCanceller::Deleter::operator()(SpeexEchoState* state) const {
  speex_echo_state_destroy(state);
}

EchoCanceller::EchoCanceller() : state_(speex_echo_state_init(kUnitSamples, EchoDrift::kFilterSamples)) {
  INVARIANT(state_);
  spx_int32_t rate = kSampleRate;
  speex_echo_ctl(state_.get(), SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
}

void EchoCanceller::play(std::span<const int16_t, kUnitSamples> render) {
  reference_.write(render);
  delay_.play(render);
}

void EchoCanceller::skip(size_t units) {
  if (units == 0) return;
  captured_ += static_cast<int64_t>(units * kUnitSamples);
  torn_units_ = kReachUnits;
}

EchoCanceller::Outcome EchoCanceller::cancel(std::span<int16_t, kUnitSamples> unit) {
  const EchoLead::Step step = lead_.follow(reference_.written() - captured_ - static_cast<int64_t>(kUnitSamples));
  bool restarted = follow_lead(step);
  if (const auto delay = delay_.capture(unit, captured_ + base_)) restarted |= align(*delay);
  std::array<int16_t, kUnitSamples> reference;
  reference_.read(static_cast<double>(captured_) + offset_, 1 - drift_.rate(), reference);
  captured_ += static_cast<int64_t>(kUnitSamples);
  offset_ -= drift_.rate() * static_cast<double>(kUnitSamples);
  note_power(reference);
  std::array<int16_t, kUnitSamples> heard;
  std::ranges::copy(unit, heard.begin());
  speex_echo_cancellation(state_.get(), heard.data(), reference.data(), unit.data());
  std::array<int16_t, kUnitSamples> echo;
  for (size_t i = 0; i < kUnitSamples; ++i)
    echo[i] = static_cast<int16_t>(std::clamp(heard[i] - unit[i], -32768, 32767));
  const Outcome outcome{render_power_, power_of(heard) - power_of(unit), residue_.unexplained_power(echo, unit),
                        restarted, step.is_away || torn_units_ > 0};
  torn_units_ -= torn_units_ > 0 ? 1 : 0;
  // The filter learns while there is an echo louder than the near end.
  if (outcome.render_power > kRenderQuiet && outcome.near_power < kLearnNear * outcome.echo_power)
    drift_.observe(echo, unit);
  else
    drift_.skip();
  if (drift_.is_due()) {
    EchoDrift::Response response;
    static_assert(std::is_same_v<spx_int32_t, int32_t>);
    speex_echo_ctl(state_.get(), SPEEX_ECHO_GET_IMPULSE_RESPONSE, response.data());
    drift_.follow(response);
  }
  return outcome;
}

bool EchoCanceller::follow_lead(const EchoLead::Step& step) {
  delay_.shift(lead_.steady() - base_);
  base_ = lead_.steady();
  if (step.jumped != 0) {
    move_to(offset_ + static_cast<double>(step.jumped));
    return true;
  }
  return (alignment() < 0 || alignment() > EchoDelay::kDelayMax) && align(0);
}

bool EchoCanceller::align(int64_t delay) {
  const int64_t into_filter = delay - alignment();
  if (into_filter >= kEchoMin && into_filter <= kEchoMax) return false;
  const int64_t wanted = std::max(delay - kEchoWanted, int64_t{0});
  if (wanted == alignment()) return false;
  move_to(static_cast<double>(base_ - wanted));
  return true;
}

void EchoCanceller::move_to(double offset) {
  offset_ = offset;
  speex_echo_state_reset(state_.get());
  drift_.restart();
}

void EchoCanceller::note_power(std::span<const int16_t, kUnitSamples> reference) {
  powers_[oldest_power_] = power_of(reference);
  oldest_power_ = (oldest_power_ + 1) % powers_.size();
  render_power_ = std::max(render_power_ * kReverberation, *std::ranges::max_element(powers_));
}

}  // namespace farline::voice
