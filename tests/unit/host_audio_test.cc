#include <doctest/doctest.h>
#include <uv.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <numbers>

#include "host/audio.h"
#include "host/audio_endpoint.h"
#include "host/file.h"
#include "host/wav.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::host;
using testing::ScratchFolder;

namespace {

void write_file(const std::string& path, Bytes bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

ByteVector pcm_bytes(std::span<const int16_t> samples) {
  ByteVector out;
  for (const int16_t sample : samples) {
    out.push_back(static_cast<uint8_t>(sample));
    out.push_back(static_cast<uint8_t>(sample >> 8));
  }
  return out;
}

// wav_header writes mono; the two fields that depend on channels are set here.
void write_wav(const std::string& path, uint32_t rate, uint8_t channels, std::span<const int16_t> samples) {
  const ByteVector data = pcm_bytes(samples);
  ByteVector file = to_vector(wav_header(rate, data.size()));
  file[22] = channels;
  file[32] = static_cast<uint8_t>(2 * channels);
  file.insert(file.end(), data.begin(), data.end());
  write_file(path, file);
}

std::vector<int16_t> tone(double hertz, uint32_t rate, double seconds) {
  std::vector<int16_t> out(static_cast<size_t>(seconds * rate));
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / rate));
  return out;
}

std::vector<int16_t> read_all(AudioCapture& capture) {
  std::vector<int16_t> out;
  std::array<int16_t, kAudioFrameSamples> frame{};
  while (capture.read(frame) == AudioCapture::Got::frame) out.insert(out.end(), frame.begin(), frame.end());
  return out;
}

// Captures everything, plays a ramp, stops the loop after `frames_wanted` of each.
struct Recorder : AudioHandler {
  Recorder(Loop& on, size_t wanted) : loop(on), frames_wanted(wanted) {}
  void handle_capture(Time, FrameIn frame) override {
    captured.insert(captured.end(), frame.begin(), frame.end());
    check();
  }
  void take_playout(Time, FrameOut frame) override {
    std::ranges::fill(frame, static_cast<int16_t>(++played));
    check();
  }
  void capture_ended(Time) override { ++ends; }
  void check() {
    if (captured.size() >= frames_wanted * kAudioFrameSamples && played >= frames_wanted) loop.stop();
  }
  Loop& loop;
  size_t frames_wanted;
  std::vector<int16_t> captured;
  size_t played = 0;
  int ends = 0;
};

}  // namespace

TEST_CASE("sound endpoints are named as the manual says") {
  using Source = AudioSourceSpec::Kind;
  using Sink = AudioSinkSpec::Kind;
  CHECK_EQ(parse_audio_source("a b.wav")->name, "a b.wav");
  CHECK_EQ(parse_audio_source("loop:x.WAV")->kind, Source::wav_loop);
  CHECK_EQ(parse_audio_source("loop:x.WAV")->name, "x.WAV");
  CHECK_EQ(parse_audio_source("silence")->kind, Source::silence);
  CHECK_EQ(parse_audio_source("-")->kind, Source::raw);
  CHECK_EQ(parse_audio_source("device")->name, "");
  CHECK_EQ(parse_audio_source("device:USB: Headset")->name, "USB: Headset");
  CHECK_EQ(parse_audio_sink("null")->kind, Sink::null);
  CHECK_EQ(parse_audio_sink("out.wav")->kind, Sink::wav);
  CHECK_EQ(parse_audio_sink("device:x")->kind, Sink::device);
  for (const char* text : {"", "null", "x.mp3", "loop:", "loop:silence", ".wav", "devices"})
    CHECK_FALSE(parse_audio_source(text));
  for (const char* text : {"", "silence", "loop:", "x.ogg"}) CHECK_FALSE(parse_audio_sink(text));
}

TEST_CASE("the virtual card's frames do not drift, catch up, and stand still in sleep") {
  FramePacer pacer(Time{1s}, 0);
  CHECK_FALSE(pacer.take(Time{1s + 19ms}));
  CHECK(pacer.take(Time{1s + 27ms}));  // late
  CHECK_EQ(pacer.next(), Time{1s + 40ms});
  int caught_up = 0;
  while (pacer.take(Time{1s + 200ms})) ++caught_up;
  CHECK_EQ(caught_up, 9);
  int after_sleep = 0;
  while (pacer.take(Time{2h})) ++after_sleep;
  CHECK_EQ(after_sleep, 1);
  CHECK_EQ(pacer.stalls(), 1U);
  CHECK_EQ(pacer.next(), Time{2h + 20ms});
}

TEST_CASE("a card 500 ppm fast gives 500 ppm more frames, for days") {
  for (const int ppm : {500, -500, 0}) {
    FramePacer pacer(Time{}, ppm);
    int64_t frames = 0;
    for (Time now{}; now <= Time{48h}; now += 400ms) {
      while (pacer.take(now)) ++frames;
    }
    CHECK_LE(std::abs(frames - static_cast<int64_t>(8'640'000 * (1 + ppm * 1e-6))), 1);
  }
}

TEST_CASE("a 16 kHz mono file is captured exactly, padded to whole frames") {
  const ScratchFolder folder;
  const auto samples = tone(440, 16000, 0.105);  // 5.25 frames
  write_wav(folder.file("a.wav"), 16000, 1, samples);
  auto capture = open_wav_capture(folder.file("a.wav"), false);
  REQUIRE(capture);
  const auto read = read_all(**capture);
  REQUIRE_EQ(read.size(), 6 * kAudioFrameSamples);
  CHECK(std::equal(samples.begin(), samples.end(), read.begin()));
  CHECK(std::all_of(read.begin() + static_cast<ptrdiff_t>(samples.size()), read.end(), [](int s) { return s == 0; }));
}

TEST_CASE("other rates and stereo become the same sound at 16 kHz") {
  const ScratchFolder folder;
  const auto expected = tone(440, 16000, 1);
  for (const uint32_t rate : {8000U, 44100U, 48000U}) {
    std::vector<int16_t> stereo;
    for (const int16_t sample : tone(440, rate, 1)) {
      stereo.push_back(static_cast<int16_t>(sample * 3 / 2));
      stereo.push_back(static_cast<int16_t>(sample / 2));
    }
    write_wav(folder.file("a.wav"), rate, 2, stereo);
    auto capture = open_wav_capture(folder.file("a.wav"), false);
    REQUIRE(capture);
    const auto read = read_all(**capture);
    CAPTURE(rate);
    CHECK_GE(read.size(), expected.size());
    CHECK_LE(read.size(), expected.size() + kAudioFrameSamples);
    double error = 0;
    for (size_t i = 1000; i < 15000; ++i) error = std::max(error, std::abs(1.0 * read[i] - expected[i]));
    CHECK_LT(error, 80);  // 1 % of the amplitude
  }
}

TEST_CASE("a looped file goes on, an empty one ends") {
  const ScratchFolder folder;
  write_wav(folder.file("a.wav"), 16000, 1, tone(440, 16000, 0.02));
  auto capture = open_wav_capture(folder.file("a.wav"), true);
  REQUIRE(capture);
  std::array<int16_t, kAudioFrameSamples> first{}, later{};
  CHECK_EQ((*capture)->read(first), AudioCapture::Got::frame);
  for (int i = 0; i < 100; ++i) CHECK_EQ((*capture)->read(later), AudioCapture::Got::frame);
  CHECK_EQ(first, later);
  write_wav(folder.file("b.wav"), 16000, 1, {});
  auto empty = open_wav_capture(folder.file("b.wav"), true);
  REQUIRE(empty);
  CHECK_EQ((*empty)->read(first), AudioCapture::Got::end);
}

TEST_CASE("a WAV file being written is valid without being closed") {
  const ScratchFolder folder;
  auto playout = open_wav_playout(folder.file("out.wav"));
  REQUIRE(playout);
  const std::array<int16_t, kAudioFrameSamples> frame{1, -2, 3};
  for (int i = 0; i < 60; ++i) CHECK((*playout)->write(frame));
  const auto killed = read_file(folder.file("out.wav"), 1 << 20);
  REQUIRE(killed);
  CHECK_EQ(parse_wav(*killed, killed->size())->data_bytes, 50U * 640);
  playout->reset();
  const auto closed = read_file(folder.file("out.wav"), 1 << 20);
  CHECK_EQ(parse_wav(*closed, closed->size())->data_bytes, 60U * 640);
  CHECK(equal(Bytes(*closed).subspan(44, 640), pcm_bytes(frame)));
}

TEST_CASE("an engine carries a file to its handler and the handler's sound to a file") {
  const ScratchFolder folder;
  const auto samples = tone(300, 16000, 0.1);
  write_wav(folder.file("in.wav"), 16000, 1, samples);
  {
    Loop loop;
    Recorder recorder(loop, 8);
    const AudioOptions options{*parse_audio_source(folder.file("in.wav")), *parse_audio_sink(folder.file("out.wav"))};
    auto engine = AudioEngine::open(loop, options, recorder);
    REQUIRE(engine);
    loop.run();
    CHECK_EQ(recorder.ends, 1);
    CHECK(std::equal(samples.begin(), samples.end(), recorder.captured.begin()));
  }
  const auto out = read_file(folder.file("out.wav"), 1 << 20);
  REQUIRE(out);
  CHECK_GE(out->size(), 44U + 8 * 640);
  CHECK_EQ(Bytes(*out)[44], 1);
  CHECK_EQ(Bytes(*out)[44 + 640], 2);
}

TEST_CASE("a handler may destroy its engine") {
  struct Destroyer : AudioHandler {
    void handle_capture(Time, FrameIn) override { engine.reset(); }
    void take_playout(Time, FrameOut) override {}
    void capture_ended(Time) override {}
    std::unique_ptr<AudioEngine> engine;
  };
  Loop loop;
  Destroyer handler;
  auto engine = AudioEngine::open(loop, {}, handler);
  REQUIRE(engine);
  handler.engine = std::move(*engine);
  loop.run();  // ends by itself: nothing is left to wait for
  CHECK_EQ(handler.engine, nullptr);
}

TEST_CASE("files that are missing or no sound are refused when the engine opens") {
  const ScratchFolder folder;
  Loop loop;
  Recorder recorder(loop, 1);
  AudioOptions options{*parse_audio_source(folder.file("none.wav")), {}};
  CHECK_EQ(AudioEngine::open(loop, options, recorder).error().code, Errc::not_found);
  write_file(folder.file("text.wav"), as_bytes("hello"));
  options.source.name = folder.file("text.wav");
  CHECK_EQ(AudioEngine::open(loop, options, recorder).error().code, Errc::malformed);
  options = {{}, *parse_audio_sink(folder.file("no/such/folder.wav"))};
  CHECK_EQ(AudioEngine::open(loop, options, recorder).error().code, Errc::not_found);
}

TEST_CASE("a sound device drives capture and playout through the module") {
  uv_os_setenv("SDL_AUDIODRIVER", "dummy");
  Loop loop;
  Recorder recorder(loop, 10);
  Timer guard(loop, [&] { loop.stop(); });
  guard.start(5s);
  const AudioOptions options{*parse_audio_source("device"), *parse_audio_sink("device")};
  auto engine = AudioEngine::open(loop, options, recorder);
  REQUIRE(engine);
  loop.run();
  CHECK_GE(recorder.captured.size(), 10 * kAudioFrameSamples);
  CHECK_GE(recorder.played, 10U);
  CHECK_EQ((*engine)->counters().filled_frames, 0U);
  CHECK_EQ((*engine)->counters().dropped_frames, 0U);
  CHECK(list_audio_devices());
}

TEST_CASE("a device that does not exist is refused with the way to the list") {
  uv_os_setenv("SDL_AUDIODRIVER", "no-such-driver");
  Loop loop;
  Recorder recorder(loop, 1);
  const AudioOptions options{*parse_audio_source("device"), {}};
  CHECK_EQ(AudioEngine::open(loop, options, recorder).error().code, Errc::not_found);
  CHECK_EQ(list_audio_devices().error().code, Errc::not_found);
  uv_os_setenv("SDL_AUDIODRIVER", "dummy");
}

TEST_CASE("what a device plays without us is counted, frame by frame (SDL's disk driver)") {
  struct Late : AudioHandler {
    void handle_capture(Time, FrameIn) override {}
    void take_playout(Time, FrameOut frame) override {
      std::ranges::fill(frame, int16_t{1});
      if (frames > 0 && missed < 3) uv_sleep(50);  // until the device has had to do without us
      if (++frames > 12 && missed >= 3) loop.stop();
    }
    void capture_ended(Time) override {}
    void handle_gap(Time, SoundGap gap) override {
      if (frames > 0) missed += gap.played;
    }
    Loop& loop;
    size_t frames = 0;
    size_t missed = 0;
    explicit Late(Loop& on) : loop(on) {}
  };
  const ScratchFolder folder;
  uv_os_setenv("SDL_AUDIODRIVER", "disk");
  uv_os_setenv("SDL_DISKAUDIOFILE", folder.file("late.raw").c_str());
  size_t missed = 0;
  {
    Loop loop;
    Late handler(loop);
    Timer guard(loop, [&] { loop.stop(); });
    guard.start(20s);
    auto engine = AudioEngine::open(loop, {*parse_audio_source("silence"), *parse_audio_sink("device")}, handler);
    REQUIRE(engine);
    loop.run();
    missed = handler.missed;
    CHECK_GE((*engine)->counters().gap_frames, missed);
  }
  uv_os_setenv("SDL_AUDIODRIVER", "dummy");
  const auto heard = read_file(folder.file("late.raw"), 1 << 24);
  REQUIRE(heard);
  const auto sounds = [&](size_t at) { return (*heard)[at] == 1; };
  size_t begin = 0;
  size_t end = heard->size() / 640 * 640;
  while (begin < end && !sounds(begin)) begin += 640;
  while (end > begin && !sounds(end - 640)) end -= 640;
  size_t silent = 0;
  for (size_t at = begin; at < end; at += 640) silent += sounds(at) ? 0U : 1U;
  CHECK_GE(missed, 3U);
  // One at either end may have been played between the count and the frame that it was counted before.
  CHECK_LE(missed, silent + 1);
  CHECK_LE(silent, missed + 1);
}

TEST_CASE("what is played to a device reaches it (SDL's disk driver)") {
  const ScratchFolder folder;
  uv_os_setenv("SDL_AUDIODRIVER", "disk");
  uv_os_setenv("SDL_DISKAUDIOFILE", folder.file("heard.raw").c_str());
  {
    Loop loop;
    Recorder recorder(loop, 12);
    Timer guard(loop, [&] { loop.stop(); });
    guard.start(5s);
    const AudioOptions options{*parse_audio_source("silence"), *parse_audio_sink("device")};
    auto engine = AudioEngine::open(loop, options, recorder);
    REQUIRE(engine);
    loop.run();
  }
  uv_os_setenv("SDL_AUDIODRIVER", "dummy");
  const auto heard = read_file(folder.file("heard.raw"), 1 << 24);
  REQUIRE(heard);
  // Frames of value 1, 2, 3, ... in order, whole, after some silence of the start.
  size_t at = 0;
  while (at + 1 < heard->size() && (*heard)[at] == 0) at += 2;
  REQUIRE_GE(heard->size(), at + 2 * 640);
  CHECK_EQ((*heard)[at], 1);
  CHECK_EQ((*heard)[at + 638], 1);
}
