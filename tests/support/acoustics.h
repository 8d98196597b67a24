// Synthetic surroundings for tests of the speech input: a generator beside the speaker, a room between loudspeaker and
// microphone. 16 kHz. Deterministic.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "support/seeded_rng.h"
#include "support/wav.h"

namespace farline::testing {

inline double rms(std::span<const int16_t> pcm) {
  double sum = 0;
  for (const double sample : pcm) sum += sample * sample;
  return pcm.empty() ? 0 : std::sqrt(sum / static_cast<double>(pcm.size()));
}

// Which 20 ms units hold speech, and how loud it is. The level is that of ITU-T P.56 in short: the RMS of what lies
// within 15.9 dB of it.
struct Activity {
  double level = 0;
  std::vector<bool> units;
};
inline Activity measure_activity(std::span<const int16_t> speech) {
  std::vector<double> levels;
  for (size_t at = 0; at + 320 <= speech.size(); at += 320) levels.push_back(rms(speech.subspan(at, 320)));
  Activity activity{.level = rms(speech), .units = std::vector<bool>(levels.size())};
  for (int round = 0; round < 20; ++round) {
    double sum = 0;
    double count = 1e-9;
    for (const double level : levels)
      if (level > activity.level * 0.16) sum += level * level, ++count;
    activity.level = std::sqrt(sum / count);
  }
  for (size_t i = 0; i < levels.size(); ++i) activity.units[i] = levels[i] > activity.level * 0.16;
  return activity;
}

inline int16_t to_sample(double value) {
  return static_cast<int16_t>(std::clamp(value, -32768.0, 32767.0));
}

inline Pcm mix(const Pcm& a, const Pcm& b) {
  Pcm sum(std::max(a.size(), b.size()));
  for (size_t i = 0; i < sum.size(); ++i)
    sum[i] = to_sample(double{i < a.size() ? a[i] : 0.0} + double{i < b.size() ? b[i] : 0.0});
  return sum;
}

inline Pcm white_noise(size_t size, double level, uint64_t seed) {
  SeededRng rng(seed);
  Pcm noise(size);
  for (int16_t& sample : noise) sample = to_sample((rng.unit() - 0.5) * std::sqrt(12.0) * level);
  return noise;
}

// A diesel generator: harmonics of 25 Hz, breathing slowly, and the broad roar of its fan.
inline Pcm generator_noise(size_t size, double level, uint64_t seed) {
  SeededRng rng(seed);
  constexpr size_t kHarmonics = 60;
  std::vector<double> phases;
  for (size_t h = 0; h < kHarmonics; ++h) phases.push_back(rng.unit() * 2 * std::numbers::pi);
  std::vector<double> hum(640);  // one period
  for (size_t i = 0; i < hum.size(); ++i)
    for (size_t h = 1; h <= kHarmonics; ++h) {
      const double turns = static_cast<double>(h * i) / static_cast<double>(hum.size());
      hum[i] += std::sin(2 * std::numbers::pi * turns + phases[h - 1]) / std::sqrt(static_cast<double>(h));
    }
  std::vector<double> noise(size);
  double roar = 0;
  double power = 0;
  for (size_t i = 0; i < size; ++i) {
    const double t = 2 * std::numbers::pi * static_cast<double>(i) / 16000;
    roar += (rng.unit() - 0.5 - roar) * 0.3;
    noise[i] = hum[i % hum.size()] * (1 + 0.3 * std::sin(1.3 * t)) + 5 * roar;
    power += noise[i] * noise[i];
  }
  const double scale = level / std::sqrt(power / static_cast<double>(size));
  Pcm pcm(size);
  for (size_t i = 0; i < size; ++i) pcm[i] = to_sample(noise[i] * scale);
  return pcm;
}

// From loudspeaker to microphone: the devices' delay, then 150 reflections that die away by 60 dB in
// `reverberation_ms`.
struct Room {
  int delay_ms = 100;
  double gain = 0.5;  // as loud as the render signal times this
  int reverberation_ms = 300;
  uint64_t seed = 1;
};
inline Pcm echo_of(const Pcm& render, const Room& room) {
  SeededRng rng(room.seed);
  struct Tap {
    size_t delay;
    double gain;
  };
  std::vector<Tap> taps{{0, 1}};
  const auto span = static_cast<double>(room.reverberation_ms * 16) * 0.75;
  for (int i = 0; i < 150; ++i) {
    const double at = rng.unit() * span;
    const double decay = std::pow(10.0, -3 * at / (room.reverberation_ms * 16));
    taps.push_back({32 + static_cast<size_t>(at), (rng.unit() - 0.5) * 0.5 * decay});
  }
  double power = 0;
  for (const Tap& tap : taps) power += tap.gain * tap.gain;
  Pcm echo(render.size());
  const size_t first = static_cast<size_t>(room.delay_ms) * 16;
  for (size_t i = first; i < echo.size(); ++i) {
    double sum = 0;
    for (const Tap& tap : taps)
      if (i - first >= tap.delay) sum += render[i - first - tap.delay] * tap.gain;
    echo[i] = to_sample(sum * room.gain / std::sqrt(power));
  }
  return echo;
}

// The sound between its samples: a sinc of 16 taps under a Hann window.
inline double sample_at(std::span<const int16_t> pcm, double position) {
  const double whole = std::floor(position);
  const double part = position - whole;
  double sum = 0;
  for (int tap = -7; tap <= 8; ++tap) {
    const double at = whole + tap;
    if (at < 0 || at >= static_cast<double>(pcm.size())) continue;
    const double x = std::numbers::pi * (tap - part);
    const double sinc = std::abs(x) < 1e-9 ? 1 : std::sin(x) / x;
    sum += pcm[static_cast<size_t>(at)] * sinc * (0.5 + 0.5 * std::cos(x / 8));
  }
  return sum;
}

// What a microphone hears whose clock is slow by `ppm` of the time, that is of seconds since the beginning.
template <typename Ppm>
Pcm drift(std::span<const int16_t> pcm, Ppm ppm) {
  Pcm heard(pcm.size());
  double position = 0;
  for (size_t i = 0; i < heard.size(); ++i) {
    heard[i] = to_sample(std::round(sample_at(pcm, position)));
    position += 1 - 1e-6 * ppm(static_cast<double>(i) / 16000);
  }
  return heard;
}

}  // namespace farline::testing
