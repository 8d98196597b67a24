#include "app/desktop_tones.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace farline::app {
namespace {

struct Note {
  double hertz;  // 0: silence
  size_t milliseconds;
};
// Two rising pairs: told from every network's own tones. 425 Hz one second in five is what most of the world knows as
// "it rings there" (ITU-T E.180), and three short ones as "it is over".
constexpr Note kIncoming[] = {{523, 180}, {659, 260}, {0, 120}, {523, 180}, {659, 260}, {0, 1400}};
constexpr Note kOutgoing[] = {{425, 1000}, {0, 4000}};
constexpr Note kEnded[] = {{425, 160}, {0, 120}, {425, 160}, {0, 120}, {425, 160}, {0, 80}};

constexpr size_t kSamplesPerMs = host::kAudioSampleRate / 1000;
constexpr size_t kEdge = 10 * kSamplesPerMs;  // to fade in and out
constexpr double kLevel = 5000;

std::span<const Note> notes_of(DesktopTones::Kind kind) {
  switch (kind) {
    case DesktopTones::Kind::incoming:
      return kIncoming;
    case DesktopTones::Kind::outgoing:
      return kOutgoing;
    case DesktopTones::Kind::ended:
      return kEnded;
    case DesktopTones::Kind::none:
      break;
  }
  return {};
}

size_t samples_of(const Note& note) {
  return note.milliseconds * kSamplesPerMs;
}

double sample_at(const Note& note, size_t at) {
  const size_t from_edge = std::min({at, samples_of(note) - at, kEdge});
  const double time = static_cast<double>(at) / host::kAudioSampleRate;
  return kLevel * static_cast<double>(from_edge) / kEdge * std::sin(2 * std::numbers::pi * note.hertz * time);
}

}  // namespace

void DesktopTones::start(Kind kind) {
  if (kind == kind_) return;
  kind_ = kind;
  at_ = 0;
}

void DesktopTones::mix(host::FrameOut frame) {
  const auto notes = notes_of(kind_);
  for (int16_t& sample : frame) {
    size_t at = at_;
    size_t i = 0;
    while (i < notes.size() && at >= samples_of(notes[i])) at -= samples_of(notes[i++]);
    if (i == notes.size()) {
      if (kind_ == Kind::ended || notes.empty()) {
        kind_ = Kind::none;
        return;
      }
      i = at_ = at = 0;
    }
    ++at_;
    sample = static_cast<int16_t>(std::clamp(sample + sample_at(notes[i], at), -32768.0, 32767.0));
  }
}

}  // namespace farline::app
