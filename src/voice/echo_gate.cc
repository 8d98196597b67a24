#include "voice/echo_gate.h"

#include <algorithm>
#include <cmath>

namespace farline::voice {
namespace {

constexpr double kOpenOver = 8;  // 9 dB over the usual residue
// The filter fails now and then, at the ends of words above all. What it leaves then is no louder than echo, so
// near-end speech must be: by 8 dB over the mean, pauses included, which its vowels are even where both sides are
// equally loud.
constexpr double kEchoOver = 6;
constexpr double kNearMin = 40.0 * 40;  // -58 dB of full scale: nobody speaks so low
constexpr uint32_t kHoldUnits = 200 / wire::kVoiceUnitMs;
constexpr double kLearning = 0.05;  // a unit: 0.4 s
constexpr double kPartRise = 1.01;  // a unit: 2 dB/s
constexpr double kPartMin = 1e-8;
constexpr double kClosedGain = 0.004;  // -48 dB
constexpr double kClosing = 0.5;       // a unit: 6 dB
constexpr double kRoomRise = 1.01;     // a unit: doubles in 1.4 s of louder sound
constexpr double kRoomMax = 100;       // -50 dB of full scale: louder is not the room's noise
constexpr double kNoiseShare = 0.5;    // of the room's: it is not to be taken for echo

// Falls quickly, rises slowly: near-end speech taken for echo must not close the gate for good.
void learn(double& part, double observed) {
  part = std::clamp(part + (observed - part) * kLearning, kPartMin, std::min(part * kPartRise, 1.0));
}

}  // namespace

bool EchoGate::pass(std::span<int16_t, kUnitSamples> unit, const EchoCanceller::Outcome& outcome) {
  if (outcome.restarted) residue_ = echo_ = 1;
  double power = 0;
  for (const double sample : unit) power += sample * sample / static_cast<double>(unit.size());
  const double render = outcome.render_power;
  const bool far_end = render > EchoCanceller::kRenderQuiet;
  if (!far_end) room_ = std::min({room_ * kRoomRise + 0.1, std::sqrt(power), kRoomMax});
  power = std::min(power, outcome.near_power);  // without the noise, and without the echo
  const double part = outcome.is_lost ? kEchoOver : std::max(kOpenOver * residue_, kEchoOver * echo_);
  if (far_end && power > std::max(part * render, kNearMin))
    open_units_ = kHoldUnits;
  else if (open_units_ > 0)
    --open_units_;
  const bool open = !far_end || open_units_ > 0;
  if (far_end && !outcome.is_lost) {
    learn(residue_, open ? 1 : power / render);
    if (!open) learn(echo_, outcome.echo_power / render);
  }

  const double gain_before = gain_;
  gain_ = open ? 1 : std::max(gain_ * kClosing, kClosedGain);
  const double count = static_cast<double>(unit.size());
  for (size_t i = 0; i < unit.size(); ++i) {
    // Opens within the first 2.5 ms of the unit.
    const double share =
        open ? std::min(1.0, static_cast<double>(8 * (i + 1)) / count) : static_cast<double>(i + 1) / count;
    const double gain = gain_before + (gain_ - gain_before) * share;
    unit[i] = static_cast<int16_t>(unit[i] * gain + (1 - gain) * kNoiseShare * room_ * noise_.next());
  }
  return open;
}

}  // namespace farline::voice
