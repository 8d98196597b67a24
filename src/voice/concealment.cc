#include "voice/concealment.h"

#include <algorithm>
#include <cmath>

namespace farline::voice {
namespace {

constexpr size_t kFadeStart = 60 * kSampleRate / 1000;  // a codec's guess is good for about a vowel
constexpr size_t kFadeEnd = 220 * kSampleRate / 1000;
constexpr size_t kFadeIn = 10 * kSampleRate / 1000;
constexpr double kFloorRise = 1.01;   // per unit: doubles in 1.4 s of louder sound
constexpr double kLoudFall = 0.998;   // per frame: halves in 14 s of quieter sound
constexpr double kQuiet = 0.05;       // of the vowels' level: -26 dB
constexpr double kComfortMax = 1000;  // -30 dB of full scale; whatever the far end says
constexpr double kFloorMax = 100;     // -50 dB of full scale; louder "background" is speech

double gain_after(size_t concealed) {
  if (concealed >= kFadeEnd) return 0;
  return std::min(1.0, static_cast<double>(kFadeEnd - concealed) / static_cast<double>(kFadeEnd - kFadeStart));
}

double rms(std::span<const int16_t> pcm) {
  int64_t sum = 0;
  for (const int16_t sample : pcm) sum += int32_t{sample} * sample;
  return std::sqrt(static_cast<double>(sum) / static_cast<double>(pcm.size()));
}

}  // namespace

void Concealment::mix(std::span<int16_t> pcm, double gain_start, double gain_end) {
  const double count = static_cast<double>(pcm.size());
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double gain = gain_start + (gain_end - gain_start) * static_cast<double>(i) / count;
    const double mixed = gain * pcm[i] + (1 - gain) * floor_ * noise_.next();
    pcm[i] = static_cast<int16_t>(std::clamp(mixed, -32768.0, 32767.0));
  }
}

void Concealment::conceal(std::span<int16_t, kUnitSamples> unit) {
  const double gain_start = gain_after(concealed_samples_);
  concealed_samples_ += kUnitSamples;
  mix(unit, gain_start, gain_after(concealed_samples_));
}

void Concealment::comfort(std::span<int16_t, kUnitSamples> unit, double noise_rms) {
  const double gain_start = gain_after(concealed_samples_);
  floor_ = std::min(noise_rms, kComfortMax);
  floor_known_ = true;
  concealed_samples_ = kFadeEnd;
  mix(unit, gain_start, 0);
}

bool Concealment::has_faded() const {
  return concealed_samples_ >= kFadeEnd;
}

void Concealment::heard(std::span<int16_t> pcm) {
  const double level = rms(pcm);
  floor_ = std::min({floor_known_ ? floor_ * kFloorRise + 0.1 : level, level, kFloorMax});
  floor_known_ = true;
  loud_ = std::max(level, loud_ * kLoudFall);
  if (concealed_samples_ == 0) return;
  mix(pcm.first(std::min(kFadeIn, pcm.size())), gain_after(concealed_samples_), 1);
  concealed_samples_ = 0;
}

bool Concealment::is_quiet(std::span<const int16_t> pcm) const {
  return rms(pcm) <= std::max(2 * floor_, kQuiet * loud_);
}

}  // namespace farline::voice
