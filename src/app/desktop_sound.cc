#include "app/desktop_sound.h"

#include <algorithm>
#include <cmath>

namespace farline::app {
namespace {

constexpr size_t kLevelFrames = 5;  // 100 ms
constexpr int kClipped = 32700;
constexpr Duration kClippedShown = 1s;
constexpr Duration kCheckEvery = 1s;
constexpr float kSilenceDbfs = -96;

using SourceKind = host::AudioSourceSpec::Kind;
using SinkKind = host::AudioSinkSpec::Kind;

}  // namespace

void DesktopSound::Level::add(host::FrameIn frame) {
  for (const int16_t sample : frame) peak = std::max(peak, std::abs(int{sample}));
  ++frames;
}
bool DesktopSound::Level::is_full() const {
  return frames >= kLevelFrames;
}
void DesktopSound::Level::close() {
  dbfs =
      peak == 0 ? kSilenceDbfs : std::max(kSilenceDbfs, std::round(20 * std::log10(static_cast<float>(peak) / 32768)));
  peak = 0;
  frames = 0;
}

DesktopSound::DesktopSound(host::Loop& loop, Ends ends, Hooks hooks)
    : loop_(loop),
      ends_(std::move(ends)),
      hooks_(std::move(hooks)),
      open_timer_(loop, [this] { reopen(); }),
      check_timer_(loop, [this] { check(); }) {}

DesktopSound::~DesktopSound() = default;

bool DesktopSound::may_echo() const {
  return is_microphone() && ends_.sink.kind == SinkKind::device;
}

// --- What is needed --------------------------------------------------------------------------------------------------

void DesktopSound::choose(const std::string& input, const std::string& output) {
  if (input == input_ && output == output_) return;
  input_ = input;
  output_ = output;
  chosen_anew_ = true;
  follow_needs();
}
void DesktopSound::set_call(bool on) {
  in_call_ = on;
  if (on) {
    tones_.start(DesktopTones::Kind::none);
    test_.reset();
  }
  follow_needs();
}
void DesktopSound::ring(DesktopTones::Kind kind) {
  tones_.start(kind);
  follow_needs();
}
void DesktopSound::watch(bool on) {
  if (on && !watched_) list();
  watched_ = on;
  follow_needs();
}
void DesktopSound::test(bool on) {
  if (on == (test_ != nullptr) || in_call_) return;
  test_ = on ? std::make_unique<VocoderLoopback>(is_microphone()) : nullptr;
  follow_needs();
  hooks_.changed();
}

void DesktopSound::set_note(Note note) {
  note_ = std::move(note);
  follow_needs();
}

DesktopSound::Needs DesktopSound::needs() const {
  const bool both = in_call_ || test_;
  return {both || watched_ || note_.heard, both || note_.wanted || tones_.kind() != DesktopTones::Kind::none};
}

void DesktopSound::follow_needs() {
  if (chosen_anew_ || needs() != open_for_) open_timer_.start(0ms);  // not from inside a frame
}

// --- Devices ---------------------------------------------------------------------------------------------------------

void DesktopSound::reopen() {
  chosen_anew_ = false;
  engine_.reset();
  open_for_ = needs();
  in_level_ = out_level_ = {};
  check_timer_.stop();
  if (open_for_ != Needs{}) {
    engine_ = open_what_opens();
    check_timer_.start(kCheckEvery);
  }
  hooks_.changed();
}

// The chosen devices, else the system's, else silence: each end for itself.
std::unique_ptr<host::AudioEngine> DesktopSound::open_what_opens() {
  host::AudioOptions options{ends_.source, ends_.sink};
  const bool in_is_device = options.source.kind == SourceKind::device;
  const bool out_is_device = options.sink.kind == SinkKind::device;
  if (in_is_device) options.source.name = input_;
  if (out_is_device) options.sink.name = output_;
  const host::AudioSourceSpec silence{SourceKind::silence, {}};
  if (!open_for_.in) options.source = silence;
  if (!open_for_.out) options.sink = {SinkKind::null, {}};
  const auto opens = [&](const host::AudioSourceSpec& source, const host::AudioSinkSpec& sink) {
    return host::AudioEngine::open(loop_, {source, sink}, *this).has_value();
  };
  const host::AudioSinkSpec null{SinkKind::null, {}};
  has_input_ = open_for_.in && in_is_device ? false : true;
  has_output_ = open_for_.out && out_is_device ? false : true;
  const bool is_deaf = lacks_microphone();
  if (is_deaf) options.source = silence;
  if (auto both = host::AudioEngine::open(loop_, options, *this)) {
    has_input_ = !is_deaf;
    has_output_ = true;
    return std::move(*both);
  }
  if (!opens(options.source, null)) options.source.name.clear();
  if (!opens(silence, options.sink)) options.sink.name.clear();
  has_input_ = !is_deaf && opens(options.source, null);
  has_output_ = opens(silence, options.sink);
  if (!has_input_) options.source = silence;
  if (!has_output_) options.sink = null;
  auto what_is_there = host::AudioEngine::open(loop_, options, *this);
  return what_is_there ? std::move(*what_is_there) : nullptr;
}

// The system says that there is none. What it gives all the same, and moves us to when one is pulled out, is what the
// loudspeaker plays: they would hear themselves.
bool DesktopSound::lacks_microphone() const {
  if (!open_for_.in || !is_microphone()) return false;
  const auto found = host::list_audio_devices();
  return found && found->capture.empty();
}

void DesktopSound::list() {
  const bool uses_devices = is_microphone() || ends_.sink.kind == SinkKind::device;
  const auto found = uses_devices ? host::list_audio_devices() : host::AudioDevices{};
  host::AudioDevices devices = found ? *found : host::AudioDevices{};
  if (devices.capture == devices_.capture && devices.playout == devices_.playout) return;
  devices_ = std::move(devices);
  hooks_.changed();
}

void DesktopSound::check() {
  check_timer_.start(kCheckEvery);
  if (!engine_) return;
  const bool lost_in = engine_->has_lost_capture();
  const bool lost_out = engine_->has_lost_playout();
  if (lost_in || lost_out || (has_input_ && lacks_microphone())) {
    open_timer_.start(0ms);
    return;
  }
  if (!misses_input() && !misses_output() && !watched_) return;
  list();
  const bool is_back = (misses_input() && !devices_.capture.empty()) || (misses_output() && !devices_.playout.empty());
  if (is_back) open_timer_.start(0ms);
}

// --- Frames ----------------------------------------------------------------------------------------------------------

void DesktopSound::handle_capture(Time now, host::FrameIn frame) {
  if (open_for_.in) {
    in_level_.add(frame);
    if (in_level_.peak >= kClipped) clipped_at_ = now;
  }
  if (test_) {
    const client::SoundTest before = test_->state();
    test_->hear(frame);
    if (test_->state() != before) hooks_.changed();
  }
  is_clipped_ = clipped_at_ && now - *clipped_at_ < kClippedShown;
  if (in_level_.is_full()) {
    in_level_.close();
    hooks_.changed();
  }
  if (note_.heard && open_for_.in) note_.heard(frame);
  if (in_call_) hooks_.captured(now, frame);
}

void DesktopSound::take_playout(Time, host::FrameOut frame) {
  std::ranges::fill(frame, int16_t{0});
  if (in_call_) hooks_.wanted(frame);
  if (test_) test_->play(frame);
  if (note_.wanted && open_for_.out) note_.wanted(frame);
  if (tones_.kind() != DesktopTones::Kind::none) {
    tones_.mix(frame);
    if (tones_.kind() == DesktopTones::Kind::none) follow_needs();
  }
  if (!open_for_.out) return;
  out_level_.add(frame);
  if (out_level_.is_full()) {
    out_level_.close();
    hooks_.changed();
  }
}

void DesktopSound::handle_gap(Time, SoundGap gap) {
  if (in_call_) hooks_.skipped(gap);
}

client::SoundView DesktopSound::view() const {
  return {.inputs = devices_.capture,
          .outputs = devices_.playout,
          .has_input = has_input_,
          .has_output = has_output_,
          .input_dbfs = in_level_.dbfs,
          .output_dbfs = out_level_.dbfs,
          .is_clipped = is_clipped_,
          .test = test_ ? test_->state() : client::SoundTest::off};
}

}  // namespace farline::app
