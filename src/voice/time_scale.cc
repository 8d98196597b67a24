#include "voice/time_scale.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace farline::voice {
namespace {

int64_t product(std::span<const int16_t> a, std::span<const int16_t> b) {
  int64_t sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += int32_t{a[i]} * b[i];
  return sum;
}

}  // namespace

Period best_period(std::span<const int16_t> pcm) {
  const size_t longest = std::min(kPeriodMax, pcm.size() / 2);
  INVARIANT(longest >= kPeriodMin);
  const auto start = pcm.first(pcm.size() - longest);
  const auto start_energy = static_cast<double>(product(start, start));
  Period best{longest, -1};
  for (size_t period = longest; period >= kPeriodMin; --period) {  // of equals, the longest
    const auto later = pcm.subspan(period, start.size());
    const double energy = start_energy * static_cast<double>(product(later, later));
    const double match = energy > 0 ? static_cast<double>(product(start, later)) / std::sqrt(energy) : 0;
    if (match > best.match) best = {period, match};
  }
  return best;
}

void cross_fade(std::span<const int16_t> from, std::span<const int16_t> to, std::span<int16_t> out) {
  const auto count = static_cast<int32_t>(out.size());
  for (int32_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    out[at] = static_cast<int16_t>((from[at] * (count - i) + to[at] * i) / count);
  }
}

size_t shorten(std::span<int16_t> pcm, size_t length, size_t period) {
  INVARIANT(2 * period <= length && length <= pcm.size());
  cross_fade(pcm.first(period), pcm.subspan(period, period), pcm.first(period));
  std::ranges::copy(pcm.first(length).subspan(2 * period), pcm.begin() + static_cast<std::ptrdiff_t>(period));
  return length - period;
}

size_t lengthen(std::span<int16_t> pcm, size_t length, size_t period) {
  INVARIANT(2 * period <= length && length + period <= pcm.size());
  const auto tail = pcm.subspan(period, length - period);  // moves back by one period
  std::ranges::copy_backward(tail, pcm.begin() + static_cast<std::ptrdiff_t>(length + period));
  // The second period fades into the first again, behind which the second follows once more.
  cross_fade(pcm.subspan(period, period), pcm.first(period), pcm.subspan(period, period));
  return length + period;
}

}  // namespace farline::voice
