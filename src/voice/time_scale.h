// Removes or repeats one pitch period of speech with an overlap-add, so that a buffer shrinks or grows without a change
// of pitch (the idea of WSOLA: Verhelst & Roelands, ICASSP 1993).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace farline::voice {

struct Period {
  size_t samples = 0;
  double match = 0;  // normalised correlation of the signal with itself that much later, at most 1
};

inline constexpr size_t kPeriodMin = 120;  // 7.5 ms; of higher voices, a multiple
inline constexpr size_t kPeriodMax = 256;  // 16 ms, 62 Hz

// The period at which the start of `pcm` repeats best, at most half of `pcm`; that has 2 * kPeriodMin samples or more.
Period best_period(std::span<const int16_t> pcm);

// Both work in place; 2 * period <= length. They return the new length: `length` less or plus `period`; to lengthen,
// pcm needs that much room behind `length`.
size_t shorten(std::span<int16_t> pcm, size_t length, size_t period);
size_t lengthen(std::span<int16_t> pcm, size_t length, size_t period);

// out[i] goes from `from` to `to` over their common size; `out` may be either.
void cross_fade(std::span<const int16_t> from, std::span<const int16_t> to, std::span<int16_t> out);

}  // namespace farline::voice
