#include "host/audio.h"

#include <algorithm>

#include "host/audio_endpoint.h"
#include "host/clock.h"
#include "host/uv_support.h"

namespace farline::host {
namespace {

// A device that says nothing for so long (unplugged, suspended) is stood in for, so that the call goes on without it.
constexpr Duration kDeviceSilentMax = 500ms;

class SilentCapture : public AudioCapture {
 public:
  Got read(FrameOut out) override {
    std::ranges::fill(out, int16_t{0});
    return Got::frame;
  }
};

class NullPlayout : public AudioPlayout {
 public:
  bool write(FrameIn) override { return true; }
};

bool ends_with_wav(std::string_view text) {
  return text.size() > 4 && (text.ends_with(".wav") || text.ends_with(".WAV"));
}

// device or device:NAME. True when it is; `name` is set.
bool is_device(std::string_view text, std::string& name) {
  if (text != "device" && !text.starts_with("device:")) return false;
  name = text == "device" ? "" : text.substr(7);
  return true;
}

Result<std::unique_ptr<AudioCapture>> open_capture(Loop& loop, const AudioSourceSpec& spec,
                                                   std::function<void()> woke) {
  using Kind = AudioSourceSpec::Kind;
  switch (spec.kind) {
    case Kind::wav:
    case Kind::wav_loop:
      return open_wav_capture(spec.name, spec.kind == Kind::wav_loop);
    case Kind::raw:
      return open_raw_capture(loop, 0);
    case Kind::device:
      return open_device_capture(spec.name, std::move(woke));
    case Kind::silence:
      break;
  }
  return std::unique_ptr<AudioCapture>(new SilentCapture);
}

Result<std::unique_ptr<AudioPlayout>> open_playout(Loop& loop, const AudioSinkSpec& spec, std::function<void()> woke) {
  using Kind = AudioSinkSpec::Kind;
  switch (spec.kind) {
    case Kind::wav:
      return open_wav_playout(spec.name);
    case Kind::raw:
      return open_raw_playout(loop, 1);
    case Kind::device:
      return open_device_playout(spec.name, std::move(woke));
    case Kind::null:
      break;
  }
  return std::unique_ptr<AudioPlayout>(new NullPlayout);
}

}  // namespace

Result<AudioSourceSpec> parse_audio_source(std::string_view text) {
  using Kind = AudioSourceSpec::Kind;
  AudioSourceSpec spec;
  if (text == "silence") return AudioSourceSpec{Kind::silence, ""};
  if (text == "-") return AudioSourceSpec{Kind::raw, ""};
  if (is_device(text, spec.name)) {
    spec.kind = Kind::device;
    return spec;
  }
  const bool loops = text.starts_with("loop:");
  if (loops) text.remove_prefix(5);
  if (!ends_with_wav(text))
    return Error{Errc::malformed, "a sound source is file.wav, loop:file.wav, device, device:NAME, silence or -"};
  return AudioSourceSpec{loops ? Kind::wav_loop : Kind::wav, std::string(text)};
}

Result<AudioSinkSpec> parse_audio_sink(std::string_view text) {
  using Kind = AudioSinkSpec::Kind;
  AudioSinkSpec spec;
  if (text == "null") return AudioSinkSpec{Kind::null, ""};
  if (text == "-") return AudioSinkSpec{Kind::raw, ""};
  if (is_device(text, spec.name)) {
    spec.kind = Kind::device;
    return spec;
  }
  if (!ends_with_wav(text))
    return Error{Errc::malformed, "a sound destination is file.wav, device, device:NAME, null or -"};
  return AudioSinkSpec{Kind::wav, std::string(text)};
}

AudioEngine::AudioEngine(Loop& loop, AudioHandler& handler) : handler_(handler), timer_(loop, [this] { wake(); }) {
  const auto woken = [](uv_async_t* async) { static_cast<AudioEngine*>(async->data)->wake(); };
  device_woke_ =
      make_handle<uv_async_t>(this, [&](uv_async_t* async) { return uv_async_init(loop.uv(), async, woken); });
}

AudioEngine::~AudioEngine() {
  if (destroyed_ != nullptr) *destroyed_ = true;
}

bool AudioEngine::has_lost_capture() const {
  return capture_->is_lost();
}
bool AudioEngine::has_lost_playout() const {
  return playout_->is_lost();
}

Result<std::unique_ptr<AudioEngine>> AudioEngine::open(Loop& loop, const AudioOptions& options, AudioHandler& handler) {
  std::unique_ptr<AudioEngine> engine(new AudioEngine(loop, handler));
  const auto woke = [async = engine->device_woke_.get()] { uv_async_send(async); };
  auto capture = open_capture(loop, options.source, woke);
  if (!capture) return capture.error();
  auto playout = open_playout(loop, options.sink, woke);
  if (!playout) return playout.error();
  engine->capture_ = std::move(*capture);
  engine->playout_ = std::move(*playout);
  // Opening a device takes its time; the card starts to count now.
  engine->pacer_ = FramePacer(read_clock(), options.clock_ppm);
  engine->captured_at_ = engine->played_at_ = read_clock();
  engine->timer_.start(kAudioFrame);
  return engine;
}

// Frames of the virtual card that are due, and whatever a device has or wants. A bounded number: the pacer catches up
// at most FramePacer::kCatchUpMax, a device's ring holds half a second.
void AudioEngine::wake() {
  bool destroyed = false;
  destroyed_ = &destroyed;
  const Time now = read_clock();
  while (pacer_.take(now)) {
    if (!capture(now, true) || !play(now, true)) return;
  }
  while (capture_->has_own_clock()) {
    const uint64_t before = counters_.captured_frames;
    if (!capture(now, false)) return;
    if (counters_.captured_frames == before) break;
  }
  while (playout_->has_own_clock() && playout_->wants_frame()) {
    if (!play(now, false)) return;
  }
  destroyed_ = nullptr;
  timer_.start(pacer_.next() - now);
}

// False when the handler destroyed us. `due`: the virtual card has a frame now.
bool AudioEngine::capture(Time now, bool due) {
  const bool device = capture_->has_own_clock();
  if (!device && !due) return true;
  const bool* destroyed = destroyed_;
  if (const size_t lost = capture_->take_gap(); lost > 0) {
    report_gap(now, {.captured = lost});
    if (*destroyed) return false;
  }
  std::array<int16_t, kAudioFrameSamples> frame{};
  const auto got = capture_->read(frame);
  if (got == AudioCapture::Got::nothing) {
    if (device && (!due || now - captured_at_ < kDeviceSilentMax)) return true;
    ++counters_.filled_frames;
  } else {
    captured_at_ = now;
  }
  if (got == AudioCapture::Got::end && !ended_) {
    ended_ = true;
    handler_.capture_ended(now);
    if (*destroyed) return false;
  }
  ++counters_.captured_frames;
  handler_.handle_capture(now, frame);
  return !*destroyed;
}

bool AudioEngine::play(Time now, bool due) {
  const bool device = playout_->has_own_clock();
  const bool wanted = !device || playout_->wants_frame();
  if (due && device && (wanted || now - played_at_ < kDeviceSilentMax)) return true;
  if (wanted) played_at_ = now;
  const bool* destroyed = destroyed_;
  if (const size_t silent = playout_->take_gap(); silent > 0) {
    report_gap(now, {.played = silent});
    if (*destroyed) return false;
  }
  std::array<int16_t, kAudioFrameSamples> frame{};
  handler_.take_playout(now, frame);
  if (*destroyed) return false;
  ++counters_.played_frames;
  if (!wanted || !playout_->write(frame)) ++counters_.dropped_frames;
  return true;
}

void AudioEngine::report_gap(Time now, SoundGap gap) {
  counters_.gap_frames += gap.played + gap.captured;
  handler_.handle_gap(now, gap);
}

}  // namespace farline::host
