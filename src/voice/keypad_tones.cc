#include "voice/keypad_tones.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace farline::voice {
namespace {

constexpr std::string_view kKeyRows = "123A456B789C*0#D";
constexpr double kKeyLow[] = {697, 770, 852, 941};  // Hz, by row
constexpr double kKeyHigh[] = {1209, 1336, 1477, 1633};
constexpr size_t kKeyToneSamples = kSampleRate / 10;  // Q.24: at least 40 ms
constexpr size_t kKeyPeriod = kKeyToneSamples + kSampleRate / 20;
constexpr size_t kKeySlope = kSampleRate / 200;  // up and down: no click
constexpr double kKeyLevel = 2500;               // peak of each, of int16

double key_tone_at(char key, size_t at) {
  const size_t place = kKeyRows.find(key);
  if (place == kKeyRows.npos || at >= kKeyToneSamples) return 0;
  const size_t edge = std::min(at, kKeyToneSamples - 1 - at);
  const double ramp = std::min(1.0, static_cast<double>(edge) / static_cast<double>(kKeySlope));
  const double turn = 2 * std::numbers::pi * static_cast<double>(at) / kSampleRate;
  return kKeyLevel * ramp * (std::sin(turn * kKeyLow[place / 4]) + std::sin(turn * kKeyHigh[place % 4]));
}

}  // namespace

void KeypadTones::add(std::string_view keys) {
  waiting_ += keys.substr(0, kWaitingMax - waiting_.size());
}

void KeypadTones::mix(std::span<int16_t, kUnitSamples> pcm) {
  for (int16_t& sample : pcm) {
    if (waiting_.empty()) return;
    const double mixed = sample + std::round(key_tone_at(waiting_.front(), at_));
    sample = static_cast<int16_t>(std::clamp(mixed, -32768.0, 32767.0));
    if (++at_ < kKeyPeriod) continue;
    waiting_.erase(0, 1);
    at_ = 0;
  }
}

}  // namespace farline::voice
