// ESTOI (Jensen & Taal, "An algorithm for predicting the intelligibility of speech masked by modulated noise maskers",
// IEEE/ACM TASLP 2016): 1 = as intelligible as the original, 0 = not at all. Over third-octave bands from 150 Hz to 3.4
// kHz, so that 8 kHz codecs and wideband ones are judged alike, or to 6.8 kHz. At 16 kHz; not for real time.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "support/wav.h"

namespace farline::testing {

enum class EstoiBands : size_t { to_3400_hz = 14, to_6800_hz = 17 };

namespace estoi_detail {

inline constexpr size_t kFrame = 410;  // 25.6 ms
inline constexpr size_t kHop = 205;
inline constexpr size_t kFft = 1024;
inline constexpr size_t kBands = 17;
inline constexpr size_t kSegment = 30;  // frames, 384 ms
using Signal = std::vector<double>;
using Bands = std::vector<std::array<double, kBands>>;  // one entry a frame

inline double window(size_t i) {
  static const auto table = [] {
    std::array<double, kFrame> hann;
    for (size_t k = 0; k < kFrame; ++k)
      hann[k] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(k + 1) / (kFrame + 1));
    return hann;
  }();
  return table[i];
}

// (operator* of std::complex cares for infinities, and is slow.)
inline std::complex<double> times(std::complex<double> a, std::complex<double> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

using Spectrum = std::array<std::complex<double>, kFft>;

inline void fft(Spectrum& x) {  // radix 2, in place
  static const auto turns = [] {
    std::array<std::complex<double>, kFft / 2> table;
    for (size_t k = 0; k < table.size(); ++k)
      table[k] = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / kFft);
    return table;
  }();
  for (size_t i = 1, j = 0; i < kFft; ++i) {
    size_t bit = kFft >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (size_t length = 2; length <= kFft; length *= 2) {
    for (size_t start = 0; start < kFft; start += length) {
      for (size_t k = 0; k < length / 2; ++k) {
        const auto odd = times(x[start + k + length / 2], turns[k * (kFft / length)]);
        x[start + k + length / 2] = x[start + k] - odd;
        x[start + k] += odd;
      }
    }
  }
}

inline size_t bin(double hertz) {
  return static_cast<size_t>(std::lround(hertz * kFft / 16000));
}

// Two frames are transformed at once: as the real and the imaginary part, which the symmetry of each takes apart.
inline Bands band_spectrum(const Signal& signal) {
  static const auto edges = [] {
    std::array<std::array<size_t, 2>, kBands> table;
    for (size_t band = 0; band < kBands; ++band) {
      const double third = static_cast<double>(band);
      table[band] = {bin(150 * std::exp2((2 * third - 1) / 6)), bin(150 * std::exp2((2 * third + 1) / 6))};
    }
    return table;
  }();
  const size_t count = signal.size() < kFrame ? 0 : (signal.size() - kFrame) / kHop + 1;
  Bands bands(count);
  Spectrum x;
  for (size_t frame = 0; frame < count; frame += 2) {
    std::ranges::fill(x, 0.0);
    const double* one = &signal[frame * kHop];
    const double* other = frame + 1 < count ? one + kHop : one;
    for (size_t i = 0; i < kFrame; ++i) x[i] = {one[i] * window(i), other[i] * window(i)};
    fft(x);
    for (size_t band = 0; band < kBands; ++band) {
      double of_one = 0;
      double of_other = 0;
      for (size_t k = edges[band][0]; k < edges[band][1]; ++k) {
        const auto mirrored = std::conj(x[kFft - k]);
        of_one += std::norm(x[k] + mirrored) / 4;
        of_other += std::norm(x[k] - mirrored) / 4;
      }
      bands[frame][band] = std::sqrt(of_one);
      if (frame + 1 < count) bands[frame + 1][band] = std::sqrt(of_other);
    }
  }
  return bands;
}

// Overlap-adds only those frames of which the clean signal is within 40 dB of its loudest.
inline void remove_silence(Signal& clean, Signal& heard) {
  const size_t count = clean.size() < kFrame ? 0 : (clean.size() - kFrame) / kHop + 1;
  std::vector<double> level(count);
  for (size_t f = 0; f < count; ++f) {
    double sum = 1e-9;
    for (size_t i = 0; i < kFrame; ++i) sum += clean[f * kHop + i] * clean[f * kHop + i] * window(i) * window(i);
    level[f] = 10 * std::log10(sum);
  }
  const double loudest = count == 0 ? 0 : *std::ranges::max_element(level);
  Signal kept_clean(clean.size(), 0.0);
  Signal kept_heard(clean.size(), 0.0);
  size_t kept = 0;
  for (size_t f = 0; f < count; ++f) {
    if (level[f] < loudest - 40) continue;
    for (size_t i = 0; i < kFrame; ++i) {
      kept_clean[kept * kHop + i] += clean[f * kHop + i] * window(i);
      kept_heard[kept * kHop + i] += heard[f * kHop + i] * window(i);
    }
    ++kept;
  }
  kept_clean.resize(kept == 0 ? 0 : (kept - 1) * kHop + kFrame);
  kept_heard.resize(kept_clean.size());
  clean = std::move(kept_clean);
  heard = std::move(kept_heard);
}

using Segment = std::array<std::array<double, kSegment>, kBands>;

inline void normalise(Segment& segment, size_t bands) {
  const auto centre = [](auto count, auto at) {
    double mean = 0;
    for (size_t i = 0; i < count; ++i) mean += at(i) / static_cast<double>(count);
    double energy = 0;
    for (size_t i = 0; i < count; ++i) energy += std::pow(at(i) -= mean, 2);
    for (size_t i = 0; i < count; ++i) at(i) /= std::sqrt(energy) + 1e-12;
  };
  for (auto& row : std::span(segment).first(bands)) centre(kSegment, [&](size_t i) -> double& { return row[i]; });
  for (size_t f = 0; f < kSegment; ++f) centre(bands, [&](size_t i) -> double& { return segment[i][f]; });
}

}  // namespace estoi_detail

// `heard` is in time with `clean`; both 16 kHz.
inline double estoi(const Pcm& clean, const Pcm& heard, EstoiBands judged = EstoiBands::to_3400_hz) {
  const auto bands = static_cast<size_t>(judged);
  const size_t size = std::min(clean.size(), heard.size());
  estoi_detail::Signal x(clean.begin(), clean.begin() + static_cast<std::ptrdiff_t>(size));
  estoi_detail::Signal y(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(size));
  estoi_detail::remove_silence(x, y);
  const estoi_detail::Bands of_x = estoi_detail::band_spectrum(x);
  const estoi_detail::Bands of_y = estoi_detail::band_spectrum(y);
  double sum = 0;
  size_t segments = 0;
  for (size_t start = 0; start + estoi_detail::kSegment <= of_x.size(); start += 3, ++segments) {
    estoi_detail::Segment a;
    estoi_detail::Segment b;
    for (size_t band = 0; band < bands; ++band) {
      for (size_t f = 0; f < estoi_detail::kSegment; ++f) {
        a[band][f] = of_x[start + f][band];
        b[band][f] = of_y[start + f][band];
      }
    }
    estoi_detail::normalise(a, bands);
    estoi_detail::normalise(b, bands);
    for (size_t band = 0; band < bands; ++band)
      for (size_t f = 0; f < estoi_detail::kSegment; ++f) sum += a[band][f] * b[band][f] / estoi_detail::kSegment;
  }
  return segments == 0 ? 0 : sum / static_cast<double>(segments);
}

// ESTOI with `heard` moved by the delay in [from_ms, to_ms] that serves it best.
inline double estoi_aligned(const Pcm& clean, const Pcm& heard, int from_ms, int to_ms) {
  double best = -1;
  int best_ms = from_ms;
  const auto try_delay = [&](int ms) {
    const auto skip = std::min<std::ptrdiff_t>(ms * 16, static_cast<std::ptrdiff_t>(heard.size()));
    const double score = estoi(clean, Pcm(heard.begin() + skip, heard.end()));
    if (score > best) best = score, best_ms = ms;
  };
  for (int ms = from_ms; ms <= to_ms; ms += 8) try_delay(ms);
  const int coarse = best_ms;
  for (const int step : {-4, 4, -2, 2}) try_delay(coarse + step);
  return best;
}

}  // namespace farline::testing
