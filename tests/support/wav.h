// Recorded speech for tests: mono 16-bit WAV files of 8 or 16 kHz, as 16 kHz PCM in whole 20 ms units, and back.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <numbers>
#include <string>
#include <vector>

namespace farline::testing {

using Pcm = std::vector<int16_t>;

// Twice the samples: the new ones between the old by a windowed sinc of 32 taps.
inline Pcm upsample_2x(const Pcm& in) {
  constexpr int kReach = 16;
  static const auto weights = [] {
    std::array<double, 2 * kReach> table{};
    for (size_t i = 0; i < table.size(); ++i) {
      const double x = (static_cast<double>(i) - kReach + 0.5) * std::numbers::pi;
      table[i] = std::sin(x) / x * (0.5 + 0.5 * std::cos(x / (kReach + 0.5)));
    }
    return table;
  }();
  Pcm out(in.size() * 2);
  for (size_t i = 0; i < in.size(); ++i) {
    double sum = 0;
    for (size_t k = 0; k < weights.size(); ++k) {
      const auto at = static_cast<int64_t>(i + k) - kReach + 1;
      if (at >= 0 && at < static_cast<int64_t>(in.size())) sum += in[static_cast<size_t>(at)] * weights[k];
    }
    out[2 * i] = in[i];
    out[2 * i + 1] = static_cast<int16_t>(std::fmin(32767, std::fmax(-32768, sum)));
  }
  return out;
}

// Empty when the file is missing or something else.
inline Pcm read_wav(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto u = [&](size_t at, size_t width) {
    uint32_t value = 0;
    for (size_t i = 0; i < width; ++i) value |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
    return value;
  };
  uint32_t rate = 0;
  for (size_t at = 12; at + 8 <= bytes.size();) {
    const std::string name(&bytes[at], 4);
    const size_t size = u(at + 4, 4);
    at += 8;
    if (size > bytes.size() - at) return {};
    if (name == "fmt " && size >= 16) {
      if (u(at, 2) != 1 || u(at + 2, 2) != 1 || u(at + 14, 2) != 16) return {};
      rate = u(at + 4, 4);
    }
    if (name == "data") {
      Pcm pcm(size / 2);
      for (size_t i = 0; i < pcm.size(); ++i) pcm[i] = static_cast<int16_t>(u(at + 2 * i, 2));
      if (rate == 8000)
        pcm = upsample_2x(pcm);
      else if (rate != 16000)
        return {};
      pcm.resize((pcm.size() + 319) / 320 * 320);
      return pcm;
    }
    at += size + size % 2;
  }
  return {};
}

inline bool write_wav(const std::string& path, const Pcm& pcm) {
  std::string bytes;
  const auto put = [&](uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  };
  bytes += "RIFF";
  put(36 + pcm.size() * 2, 4);
  bytes += "WAVEfmt ";
  put(16, 4);
  put(1, 2);
  put(1, 2);
  put(16000, 4);
  put(32000, 4);
  put(2, 2);
  put(16, 2);
  bytes += "data";
  put(pcm.size() * 2, 4);
  for (const int16_t sample : pcm) put(static_cast<uint16_t>(sample), 2);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file.good();
}

}  // namespace farline::testing
