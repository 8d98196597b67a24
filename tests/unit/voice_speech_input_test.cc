// Recorded speech with noise and echo through the speech input. The recordings come from a Debian package
// (asterisk-core-sounds-en-wav); where it is missing, these tests say so and pass.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "support/acoustics.h"
#include "support/estoi.h"
#include "voice/speech_input.h"

namespace farline::voice {
namespace {

using testing::Pcm;

// Each recording with `pause` samples of silence behind it; at most `size` samples. Empty when there are none.
Pcm conversation(std::initializer_list<const char*> names, size_t pause, size_t size) {
  Pcm all;
  for (const char* name : names) {
    const Pcm pcm = testing::read_wav(std::string("/usr/share/asterisk/sounds/en_US_f_Allison/") + name + ".wav");
    if (pcm.empty()) {
      MESSAGE("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
      return {};
    }
    all.insert(all.end(), pcm.begin(), pcm.end());
    all.resize(all.size() + pause);
  }
  if (all.size() > size) all.resize(size);
  return all;
}

Pcm far_speech(size_t seconds) {
  return conversation({"demo-congrats", "demo-instruct"}, kSampleRate / 2, seconds * kSampleRate);
}

struct Heard {
  Pcm pcm;
  std::vector<bool> active;  // by unit
};

Heard listen(SpeechInput& input, const Pcm& microphone, const Pcm& render = {}) {
  Heard heard;
  for (size_t at = 0; at + kUnitSamples <= microphone.size(); at += kUnitSamples) {
    if (!render.empty()) input.play(std::span(render).subspan(at).first<kUnitSamples>());
    std::array<int16_t, kUnitSamples> unit;
    std::copy_n(&microphone[at], kUnitSamples, unit.begin());
    heard.active.push_back(input.capture(unit));
    heard.pcm.insert(heard.pcm.end(), unit.begin(), unit.end());
  }
  return heard;
}

std::span<const int16_t> seconds(const Pcm& pcm, size_t from, size_t to) {
  return std::span(pcm).subspan(from * kSampleRate, (to - from) * kSampleRate);
}

double decibels(double ratio) {
  return 20 * std::log10(ratio + 1e-9);
}

double active_share(const Heard& heard, size_t from, size_t to) {
  const auto first = heard.active.begin() + static_cast<std::ptrdiff_t>(from * 50);
  const auto last = heard.active.begin() + static_cast<std::ptrdiff_t>(to * 50);
  return static_cast<double>(std::count(first, last, true)) / static_cast<double>(last - first);
}

// Of the speech after `from` seconds, the share that was not taken for speech; the cleaned sound is a unit late.
double missed_share(const Heard& heard, const Pcm& speech, size_t from) {
  const testing::Activity truth = testing::measure_activity(speech);
  size_t spoken = 0;
  size_t missed = 0;
  for (size_t unit = from * 50; unit + 1 < heard.active.size(); ++unit) {
    if (!truth.units[unit]) continue;
    ++spoken;
    missed += heard.active[unit + 1] ? 0U : 1U;
  }
  return static_cast<double>(missed) / static_cast<double>(spoken);
}

TEST_CASE("asked for nothing, it changes no sample") {
  SpeechInput input({});
  const Pcm noise = testing::white_noise(20 * kUnitSamples, 3000, 1);
  CHECK(listen(input, noise, noise).pcm == noise);
}

TEST_CASE("speech is told from pauses, beside a generator too") {
  constexpr size_t kPause = 3 * kSampleRate;
  const auto prompts = {"demo-abouttotry", "vm-newuser", "dir-instr", "vm-options", "demo-thanks", "vm-intro"};
  Pcm speech = conversation(prompts, kPause, SIZE_MAX);
  if (speech.empty()) return;
  speech.insert(speech.begin(), 4 * kSampleRate, 0);  // the detector wants to know the room for 3 s
  const double level = testing::measure_activity(speech).level;
  // 240 ms: the hangover, the last unit, and the denoiser's delay.
  std::vector<bool> pause(speech.size() / kUnitSamples);
  size_t silent_units = 0;
  for (size_t unit = 0; unit < pause.size(); ++unit) {
    const auto sound = std::any_of(&speech[unit * kUnitSamples], &speech[unit * kUnitSamples] + kUnitSamples,
                                   [](int16_t sample) { return sample != 0; });
    silent_units = sound ? 0 : silent_units + 1;
    pause[unit] = silent_units > 12 && unit > 200;
  }
  for (const double snr_db : {60.0, 15.0, 5.0}) {
    for (const bool noise_suppression : {true, false}) {  // the detector's ears are always denoised
      CAPTURE(snr_db);
      const Pcm noise = testing::generator_noise(speech.size(), level * std::pow(10, -snr_db / 20), 5);
      SpeechInput input({.noise_suppression = noise_suppression});
      const Heard heard = listen(input, testing::mix(speech, noise));
      size_t pauses = 0;
      size_t found = 0;
      for (size_t unit = 0; unit < pause.size(); ++unit) {
        if (!pause[unit]) continue;
        ++pauses;
        found += heard.active[unit] ? 0U : 1U;
      }
      CHECK(pauses > 500);
      CHECK(static_cast<double>(found) > 0.97 * static_cast<double>(pauses));
      CHECK(missed_share(heard, speech, 4) < (snr_db > 10 ? 0.005 : 0.03));
    }
  }
}

TEST_CASE("a generator becomes quieter, the speech beside it no less intelligible") {
  const Pcm speech = conversation({"vm-options", "demo-abouttotry"}, kSampleRate, SIZE_MAX);
  if (speech.empty()) return;
  const double level = testing::measure_activity(speech).level;
  const Pcm noise = testing::generator_noise(speech.size(), level * std::pow(10, -5.0 / 20), 5);
  const Pcm microphone = testing::mix(speech, noise);
  SpeechInput input({.noise_suppression = true});
  const Heard heard = listen(input, microphone);
  SpeechInput again({.noise_suppression = true});
  const Heard hum = listen(again, noise);
  CHECK(decibels(testing::rms(seconds(noise, 2, 8)) / testing::rms(seconds(hum.pcm, 2, 8))) > 12);
  CHECK(testing::estoi(speech, Pcm(heard.pcm.begin() + kUnitSamples, heard.pcm.end())) >
        testing::estoi(speech, microphone) + 0.03);
}

TEST_CASE("echo of the loudspeaker is 45 dB down, and nobody takes it for speech") {
  const Pcm render = far_speech(24);
  for (const int delay_ms : {80, 150, 250}) {
    for (const double gain : {0.3, 1.0}) {
      if (render.empty()) return;
      CAPTURE(delay_ms);
      CAPTURE(gain);
      const Pcm echo = testing::echo_of(render, {.delay_ms = delay_ms, .gain = gain});
      SpeechInput input({.echo_cancellation = true, .noise_suppression = true});
      const Heard heard = listen(input, testing::mix(echo, testing::white_noise(echo.size(), 10, 9)), render);
      CHECK(decibels(testing::rms(seconds(echo, 5, 24)) / testing::rms(seconds(heard.pcm, 5, 24))) > 45);
      CHECK(active_share(heard, 0, 24) < 0.005);
    }
  }
}

// A gate that lets nothing through sounds like a line that goes dead whenever one speaks.
TEST_CASE("while echo is held back the far end hears the room") {
  constexpr size_t kListens = 6;  // seconds, then it speaks
  const Pcm speech = far_speech(18);
  if (speech.empty()) return;
  Pcm render(kListens * kSampleRate);
  render.insert(render.end(), speech.begin(), speech.end());
  const testing::Activity far_end = testing::measure_activity(render);
  const Pcm echo = testing::echo_of(render, {.delay_ms = 150, .gain = 0.5});
  for (const double room : {30.0, 120.0}) {
    CAPTURE(room);
    SpeechInput input({.echo_cancellation = true, .noise_suppression = true});
    const Heard heard = listen(input, testing::mix(echo, testing::white_noise(echo.size(), room, 9)), render);
    const auto level = [&](size_t unit) {
      const auto begin = heard.pcm.begin() + static_cast<std::ptrdiff_t>(unit * kUnitSamples);
      return testing::rms(Pcm(begin, begin + kUnitSamples));
    };
    const double listening = testing::rms(seconds(heard.pcm, 3, kListens));
    std::vector<double> speaking;
    for (size_t unit = 10 * 50; unit < 24 * 50; ++unit)
      if (far_end.units[unit]) speaking.push_back(level(unit));
    std::ranges::sort(speaking);
    if (getenv("FARLINE_TRACE"))
      MESSAGE(room << ": listening " << listening << ", speaking " << speaking[speaking.size() / 10] << " to "
                   << speaking[speaking.size() * 9 / 10]);
    CHECK(speaking[speaking.size() / 10] > listening / 4);
    CHECK(speaking[speaking.size() * 9 / 10] < 2 * listening);
  }
}

TEST_CASE("both may speak at once") {
  const Pcm render = far_speech(24);
  const Pcm talk = conversation({"conf-usermenu", "vm-options"}, kSampleRate / 2, 14 * kSampleRate);
  for (const double gain : {0.1, 0.3, 1.0}) {  // the echo is 20, 10 and 0 dB weaker than the near end
    if (render.empty() || talk.empty()) return;
    CAPTURE(gain);
    Pcm near_end(10 * kSampleRate);
    near_end.insert(near_end.end(), talk.begin(), talk.end());
    const Pcm echo = testing::echo_of(render, {.delay_ms = 150, .gain = gain});
    const Pcm noise = testing::white_noise(echo.size(), 10, 9);
    SpeechInput input({.echo_cancellation = true, .noise_suppression = true});
    const Heard heard = listen(input, testing::mix(testing::mix(echo, near_end), noise), render);
    CHECK(missed_share(heard, near_end, 10) < 0.05);
    const Pcm said(near_end.begin() + 10 * kSampleRate, near_end.end());
    const Pcm cleaned(heard.pcm.begin() + 10 * kSampleRate + kUnitSamples, heard.pcm.end());
    CHECK(testing::estoi(said, cleaned) > (gain < 0.5 ? 0.9 : 0.87));
  }
}

TEST_CASE("sound cards that work in bursts, drift apart and change their delay keep the echo away") {
  const Pcm render = far_speech(30);
  if (render.empty()) return;
  const Pcm before = testing::echo_of(render, {.delay_ms = 120});
  const Pcm after = testing::echo_of(render, {.delay_ms = 220});
  SpeechInput input({.echo_cancellation = true, .noise_suppression = true});
  Pcm echo;
  Pcm cleaned;
  const size_t units = render.size() / kUnitSamples;
  for (size_t unit = 0; unit < units; ++unit) {
    if (unit % 3 == 0)
      for (size_t ahead = unit; ahead < std::min(unit + 3, units); ++ahead)
        input.play(std::span(render).subspan(ahead * kUnitSamples).first<kUnitSamples>());
    std::array<int16_t, kUnitSamples> captured;
    for (size_t i = 0; i < kUnitSamples; ++i) {
      const double at = static_cast<double>(unit * kUnitSamples + i) * (1 - 20e-6);  // its clock is slow
      const Pcm& room = unit < units / 2 ? before : after;
      const auto whole = static_cast<size_t>(at);
      const double part = at - static_cast<double>(whole);
      captured[i] = testing::to_sample(room[whole] * (1 - part) + room[std::min(whole + 1, room.size() - 1)] * part);
    }
    echo.insert(echo.end(), captured.begin(), captured.end());
    input.capture(captured);
    cleaned.insert(cleaned.end(), captured.begin(), captured.end());
  }
  CHECK(decibels(testing::rms(seconds(echo, 5, 15)) / testing::rms(seconds(cleaned, 5, 15))) > 40);
  CHECK(decibels(testing::rms(seconds(echo, 20, 30)) / testing::rms(seconds(cleaned, 20, 30))) > 40);
}

// As recorded between the two null sinks of a sound server: its loopback steps its rate every 10 s, and once a device
// loses 60 ms.
TEST_CASE("echo whose delay wanders and jumps stays 45 dB down in a noisy room") {
  const Pcm render = far_speech(36);
  const auto steps = [](double t) { return t < 10 ? 70.0 : t < 18 ? 120.0 : 40.0; };
  for (const int delay_ms : {80, 150, 250}) {
    if (render.empty()) return;
    CAPTURE(delay_ms);
    Pcm echo = testing::echo_of(render, {.delay_ms = delay_ms});
    const Pcm late = testing::echo_of(render, {.delay_ms = delay_ms + 60});
    std::copy(late.begin() + 26 * kSampleRate, late.end(), echo.begin() + 26 * kSampleRate);
    echo = testing::drift(echo, steps);
    const double level = testing::measure_activity(echo).level;
    const Pcm noise = testing::white_noise(echo.size(), level * std::pow(10, -30.0 / 20), 9);
    SpeechInput input({.echo_cancellation = true, .noise_suppression = true});
    const Heard heard = listen(input, testing::mix(echo, noise), render);
    const auto reduction = [&](size_t from, size_t to) {
      return decibels(testing::rms(seconds(echo, from, to)) / testing::rms(seconds(heard.pcm, from, to)));
    };
    CHECK(reduction(5, 26) > 45);
    CHECK(active_share(heard, 5, 26) < 0.005);
    CHECK(reduction(30, 36) > 45);
    CHECK(active_share(heard, 30, 36) < 0.005);
  }
}

// A machine that stands still for a moment: the speaker plays silence of its own, or the microphone finds no room.
TEST_CASE("sound that a device loses lets no echo through") {
  constexpr size_t kFrom = 15 * kSampleRate / kUnitSamples;
  const Pcm render = far_speech(24);
  for (const size_t units : {size_t{4}, size_t{9}, size_t{20}}) {
    for (const bool is_told : {true, false}) {
      for (const bool of_speaker : {true, false}) {
        if (render.empty()) return;
        CAPTURE(units);
        CAPTURE(is_told);
        CAPTURE(of_speaker);
        Pcm speaker = render;
        if (of_speaker) speaker.insert(speaker.begin() + kFrom * kUnitSamples, units * kUnitSamples, 0);
        const Pcm echo = testing::echo_of(speaker, {.delay_ms = 120, .gain = 0.5});
        const Pcm microphone = testing::mix(echo, testing::white_noise(echo.size(), 10, 9));
        SpeechInput input({.echo_cancellation = true, .noise_suppression = true});
        Heard heard;
        for (size_t at = 0; at < 24 * 50; ++at) {
          const bool in_gap = at >= kFrom && at < kFrom + units;
          const size_t played = of_speaker && at >= kFrom + units ? at - units : at;
          if (!of_speaker || !in_gap)
            input.play(std::span(render).subspan(played * kUnitSamples).first<kUnitSamples>());
          if (of_speaker && is_told && at == kFrom + units - 1) input.skip({.played = units});
          if (!of_speaker && is_told && at == kFrom + units) input.skip({.captured = units});
          std::array<int16_t, kUnitSamples> unit{};
          std::copy_n(&microphone[at * kUnitSamples], kUnitSamples, unit.begin());
          if (of_speaker || !in_gap) heard.active.push_back(input.capture(unit));
          heard.pcm.insert(heard.pcm.end(), unit.begin(), unit.end());
        }
        if (!of_speaker)
          heard.pcm.erase(heard.pcm.begin() + kFrom * kUnitSamples,
                          heard.pcm.begin() + static_cast<std::ptrdiff_t>((kFrom + units) * kUnitSamples));
        const size_t end = heard.pcm.size() / kSampleRate;
        CHECK(decibels(testing::rms(seconds(echo, 14, end)) / testing::rms(seconds(heard.pcm, 14, end))) > 45);
        CHECK(active_share(heard, 14, end) < 0.005);
      }
    }
  }
}

TEST_CASE("both may speak at once while the clocks drift apart") {
  const Pcm render = far_speech(30);
  const Pcm talk = conversation({"conf-usermenu", "vm-options"}, kSampleRate / 2, 14 * kSampleRate);
  for (const double ppm : {-100.0, 100.0}) {
    if (render.empty() || talk.empty()) return;
    CAPTURE(ppm);
    Pcm near_end(16 * kSampleRate);
    near_end.insert(near_end.end(), talk.begin(), talk.end());
    const Pcm echo =
        testing::drift(testing::echo_of(render, {.delay_ms = 150, .gain = 0.3}), [ppm](double) { return ppm; });
    const Pcm noise = testing::white_noise(echo.size(), 10, 9);
    SpeechInput input({.echo_cancellation = true, .noise_suppression = true});
    const Heard heard = listen(input, testing::mix(testing::mix(echo, near_end), noise), render);
    CHECK(missed_share(heard, near_end, 16) < 0.05);
    const Pcm said(near_end.begin() + 16 * kSampleRate, near_end.end());
    const Pcm cleaned(heard.pcm.begin() + 16 * kSampleRate + kUnitSamples, heard.pcm.end());
    CHECK(testing::estoi(said, cleaned) > 0.85);
  }
}

TEST_CASE("gain control brings every speaker to one level, cuts nothing off and leaves noise alone") {
  const Pcm speech = conversation({"demo-congrats"}, kSampleRate, SIZE_MAX);
  for (const double scale : {0.1, 0.3, 1.0, 2.0}) {
    if (speech.empty()) return;
    CAPTURE(scale);
    Pcm spoken = speech;
    for (int16_t& sample : spoken) sample = testing::to_sample(sample * scale);
    SpeechInput input({.gain_control = true});
    const Heard heard = listen(input, spoken);
    const double level = testing::measure_activity(std::span(heard.pcm).subspan(8 * kSampleRate)).level;
    CHECK(std::abs(decibels(level / 32768) + 26) < 3);
    CHECK(std::ranges::max(heard.pcm) < 32767);
  }
  SpeechInput input({.noise_suppression = true, .gain_control = true});
  const Pcm noise = testing::generator_noise(10 * kSampleRate, 200, 3);
  CHECK(testing::rms(seconds(listen(input, noise).pcm, 5, 10)) < 200);
}

}  // namespace
}  // namespace farline::voice
