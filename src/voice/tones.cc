#include "voice/tones.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace farline::voice {
namespace {

constexpr size_t samples(size_t milliseconds) {
  return milliseconds * kSampleRate / 1000;
}

constexpr size_t kRamp = samples(10);  // up and down: no click
constexpr size_t kHeldPeriod = samples(3000);
constexpr size_t kHeldSecond = samples(200);  // its second note

}  // namespace

const Tones::Note& Tones::note(Kind kind) {
  static constexpr Note kMissing{220, 900, samples(50)};
  static constexpr Note kEndOfTurn{880, 900, samples(90)};
  switch (kind) {
    case Kind::missing:
      return kMissing;
    case Kind::end_of_turn:
      return kEndOfTurn;
  }
  return kMissing;
}

void Tones::start(Kind kind) {
  start(note(kind));
}

void Tones::start(const Note& note) {
  note_ = &note;
  at_ = 0;
}

void Tones::set_held(bool held) {
  if (held && !held_) held_at_ = 0;
  held_ = held;
}

void Tones::mix(std::span<int16_t, kUnitSamples> pcm) {
  static constexpr Note kHeld{350, 700, samples(120)};
  if (held_) {
    if (held_at_ == 0 || held_at_ == kHeldSecond) start(kHeld);
    held_at_ = (held_at_ + kUnitSamples) % kHeldPeriod;
  }
  if (!note_) return;
  for (int16_t& sample : pcm) {
    if (at_ == note_->samples) break;
    const size_t edge = std::min(at_, note_->samples - 1 - at_);
    const double ramp = std::min(1.0, static_cast<double>(edge) / static_cast<double>(kRamp));
    const double angle = 2 * std::numbers::pi * note_->hertz * static_cast<double>(at_) / kSampleRate;
    const double mixed = sample + std::round(note_->level * ramp * std::sin(angle));
    sample = static_cast<int16_t>(std::clamp(mixed, -32768.0, 32767.0));
    ++at_;
  }
  if (at_ == note_->samples) note_ = nullptr;
}

}  // namespace farline::voice
