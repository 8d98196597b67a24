#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "voice/keypad_tones.h"

namespace farline::voice {
namespace {

// The power of one frequency (Goertzel), of samples that are all of one tone.
double power_at(std::span<const int16_t> pcm, double hertz) {
  const double turn = 2 * std::cos(2 * std::numbers::pi * hertz / kSampleRate);
  double before = 0, last = 0;
  for (const int16_t sample : pcm) before = std::exchange(last, sample + turn * last - before);
  return last * last + before * before - turn * last * before;
}

TEST_CASE("a key sounds as ITU-T Q.23 says, for a tenth of a second") {
  constexpr std::array<double, 8> kTones{697, 770, 852, 941, 1209, 1336, 1477, 1633};
  constexpr std::string_view kGrid = "123A456B789C*0#D";
  KeypadTones tones;
  for (size_t key = 0; key < kGrid.size(); ++key) {
    tones.add(kGrid.substr(key, 1));
    std::vector<int16_t> pcm;
    for (int i = 0; i < 8; ++i) {  // 160 ms
      std::array<int16_t, kUnitSamples> frame{};
      tones.mix(frame);
      pcm.insert(pcm.end(), frame.begin(), frame.end());
    }
    const std::span<const int16_t> sound(pcm.data(), kSampleRate / 10);
    for (size_t tone = 0; tone < kTones.size(); ++tone) {
      const bool is_of_it = tone == key / 4 || tone == 4 + key % 4;
      const double share = power_at(sound, kTones[tone]) / power_at(sound, kTones[key / 4]);
      CHECK_MESSAGE((is_of_it ? share > 0.8 && share < 1.25 : share < 0.02), kGrid[key], " ", kTones[tone]);
    }
    for (size_t i = sound.size(); i < pcm.size(); ++i) CHECK(pcm[i] == 0);
  }
}

}  // namespace
}  // namespace farline::voice
