#include "voice/activity.h"

#include <algorithm>

namespace farline::voice {
namespace {

constexpr int64_t kOverMinimum = 6;  // 9 dB
constexpr uint32_t kHangoverUnits = 200 / wire::kVoiceUnitMs;
// Pre-emphasis by 31/32, times 32 to stay whole.
constexpr int32_t kScale = 32;
// No room is quieter than this: RMS of the pre-emphasised signal, -72 dB of full scale.
constexpr int64_t kQuietRms = 8 * kScale;
constexpr int64_t kQuietEnergy = kQuietRms * kQuietRms * int64_t{kUnitSamples};

}  // namespace

bool ActivityDetector::is_active(std::span<const int16_t, kUnitSamples> pcm) {
  int64_t energy = 0;
  for (const int32_t sample : pcm) {
    const int64_t emphasised = kScale * sample - (kScale - 1) * last_sample_;
    energy += emphasised * emphasised;
    last_sample_ = sample;
  }
  energies_[oldest_] = energy;
  oldest_ = (oldest_ + 1) % energies_.size();
  const int64_t minimum = std::max(*std::ranges::min_element(energies_), kQuietEnergy);
  if (energy > kOverMinimum * minimum)
    hangover_units_ = kHangoverUnits + 1;
  else if (hangover_units_ > 0)
    --hangover_units_;
  return hangover_units_ > 0;
}

}  // namespace farline::voice
