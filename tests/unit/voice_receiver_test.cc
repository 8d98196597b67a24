#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "support/scripted_codec.h"
#include "support/seeded_rng.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline::voice {
namespace {

// One direction of a call with the scripted codec: the far end's speech counts its units, so whatever is heard says
// when it was spoken.
struct Line {
  std::string_view rung = "codec2-1200";
  double capture_ppm = 0;  // the far end's sound clock is that much fast
  double playout_ppm = 0;
  int64_t playout_burst = 1;  // units the device takes at once
  uint16_t media_time = 0;
  Duration start_slack{};
  // Delay of packet `sequence` sent `now`, nothing when it is lost.
  std::function<std::optional<Duration>(uint64_t sequence, Duration now)> network = [](uint64_t, Duration) {
    return std::optional<Duration>(300ms);
  };
  std::function<void(Sender&, int64_t unit)> each_unit = [](Sender&, int64_t) {};
};

struct Heard {
  Duration at;
  std::optional<Duration> latency;  // mouth to ear; nothing: noise or silence
};

struct Call {
  std::vector<Heard> heard;
  ReceiverStats stats;
  Duration wanted_slack{};

  // Greatest and least latency, and the fraction of units missing, in that part of the call.
  struct Summary {
    Duration latency_max{}, latency_min = 1h;
    double missing = 0;
  };
  Summary between(Duration from, Duration to) const {
    Summary summary;
    double units = 0;
    for (const Heard& unit : heard) {
      if (unit.at < from || unit.at >= to) continue;
      ++units;
      if (!unit.latency)
        ++summary.missing;
      else
        summary.latency_max = std::max(summary.latency_max, *unit.latency);
      if (unit.latency) summary.latency_min = std::min(summary.latency_min, *unit.latency);
    }
    summary.missing /= std::max(1.0, units);
    return summary;
  }
};

Duration ppm_unit(double ppm) {
  return Duration{static_cast<int64_t>(20e6 / (1 + ppm * 1e-6))};
}

Call talk(const Line& line, Duration length) {
  testing::ScriptedCodecs codecs;
  Sender sender(codecs, *find_rung(line.rung), line.media_time);
  Receiver receiver(codecs, line.start_slack);
  Call call;
  std::multimap<Duration, std::pair<uint64_t, ByteVector>> flying;
  const Duration capture_unit = ppm_unit(line.capture_ppm);
  const Duration playout_unit = ppm_unit(line.playout_ppm);
  Duration capture{};
  Duration playout{};
  uint64_t sequence = 0;
  int64_t unit = 0;
  ByteVector payload;
  while (capture < length) {
    const Duration arrival = flying.empty() ? 1h : flying.begin()->first;
    if (arrival <= capture && arrival <= playout) {
      const auto [number, bytes] = flying.begin()->second;
      flying.erase(flying.begin());
      CHECK(receiver.handle_packet(Time{arrival}, number, bytes));
    } else if (capture <= playout) {
      line.each_unit(sender, unit);
      sender.push_pcm(testing::counting_unit(unit++));
      capture += capture_unit;
      while (sender.poll_packet(Time{capture}, std::nullopt, payload)) {
        if (const auto delay = line.network(sequence, capture))
          flying.emplace(capture + *delay, std::pair{sequence, payload});
        ++sequence;
      }
    } else {
      for (int64_t i = 0; i < line.playout_burst; ++i) {
        std::array<int16_t, kUnitSamples> pcm{};
        receiver.take_pcm(pcm);
        const int64_t counted = pcm[kUnitSamples / 2] - testing::kScriptedBase;
        Heard heard{playout, {}};
        if (counted >= 0) {
          // The unit this number means is the last one spoken with it.
          const int64_t spoken = playout / capture_unit;
          const int64_t back =
              ((spoken - counted) % testing::kScriptedPeriod + testing::kScriptedPeriod) % testing::kScriptedPeriod;
          heard.latency = playout + i * playout_unit - (spoken - back) * capture_unit;
        }
        call.heard.push_back(heard);
      }
      playout += line.playout_burst * playout_unit;
    }
  }
  call.stats = receiver.stats(Time{length});
  call.wanted_slack = receiver.wanted_slack();
  return call;
}

TEST_CASE("a clean link: nothing is missing, and the delay is packet time, network and a reserve") {
  for (const Rung& rung : ladder()) {
    CAPTURE(rung.name);
    const Call call = talk({.rung = rung.name}, 60s);
    const auto summary = call.between(2s, 60s);
    CHECK(summary.missing == 0);
    CHECK(call.stats.concealed_ms == 0);
    const Duration floor = rung.ptime_ms * 1ms + 300ms;
    CHECK(summary.latency_min >= floor);
    CHECK(summary.latency_max <= floor + 100ms);
    CHECK(call.stats.playout_delay_ms >= rung.ptime_ms);
    CHECK(call.stats.playout_delay_ms <= rung.ptime_ms + 100U);
    CHECK(call.stats.codec == rung.codec);
    CHECK(call.stats.lost == 0);
  }
}

TEST_CASE("sound clocks 500 ppm apart neither grow the delay nor empty the buffer in an hour without a pause") {
  for (const double ppm : {-500.0, 500.0}) {
    for (const bool capture : {false, true}) {
      CAPTURE(ppm);
      CAPTURE(capture);
      Line line{.capture_ppm = capture ? ppm : 0, .playout_ppm = capture ? 0 : ppm};
      const Call call = talk(line, 3600s);
      const auto summary = call.between(2s, 3600s);
      CHECK(summary.missing == 0);
      CHECK(call.stats.concealed_ms == 0);
      CHECK(summary.latency_min >= 700ms);
      CHECK(summary.latency_max <= 900ms);
    }
  }
}

TEST_CASE("a device that takes its sound in bursts of 100 ms hears everything") {
  const Call call = talk({.rung = "opus-32k", .playout_burst = 5}, 60s);
  const auto summary = call.between(5s, 60s);
  CHECK(summary.missing < 0.001);
  CHECK(summary.latency_max <= 300ms + 80ms + 300ms);
}

TEST_CASE("jitter is learnt: late at first, nothing missing later, and not much later than the latest") {
  testing::SeededRng rng(1);
  Line line;
  line.network = [&](uint64_t, Duration) { return 300ms + Duration{static_cast<int64_t>(rng.unit() * 300e6)}; };
  const Call call = talk(line, 120s);
  const auto summary = call.between(30s, 120s);
  CHECK(summary.missing < 0.002);
  CHECK(summary.latency_max <= 400ms + 600ms + 250ms);
}

TEST_CASE("what a call learns of the jitter, the next one starts with") {
  double missing = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    testing::SeededRng rng(seed);
    Line line{.rung = "opus-16k"};
    line.network = [&](uint64_t, Duration) { return 300ms + Duration{static_cast<int64_t>(rng.unit() * 400e6)}; };
    const Call first = talk(line, 60s);
    missing += first.between(1s, 20s).missing;
    CHECK(first.wanted_slack >= 250ms);
    CHECK(first.wanted_slack <= 400ms);
    line.start_slack = first.wanted_slack;
    const Call second = talk(line, 20s);
    CHECK(second.between(2s, 20s).missing == 0);
    CHECK(second.between(2s, 20s).latency_max <= 300ms + 160ms + 700ms);
    line.network = [](uint64_t, Duration) { return 300ms; };  // another network after all
    CHECK(talk(line, 120s).between(110s, 120s).latency_max <= 300ms + 160ms + 150ms);
  }
  CHECK(missing > 0);
}

TEST_CASE("the delay shrinks again when the jitter has passed, though nobody pauses") {
  testing::SeededRng rng(2);
  Line line{.rung = "opus-16k"};
  line.network = [&](uint64_t, Duration now) {
    return 100ms + (now < 30s ? Duration{static_cast<int64_t>(rng.unit() * 800e6)} : 0ms);
  };
  const Call call = talk(line, 300s);
  CHECK(call.between(25s, 30s).latency_max > 900ms);
  CHECK(call.between(290s, 300s).latency_max < 400ms);
  CHECK(call.between(40s, 300s).missing == 0);
}

TEST_CASE("lost packets are concealed for as long as they last, and cost no delay") {
  for (const std::string_view rung : {"codec2-1200", "opus-16k"}) {
    CAPTURE(rung);
    testing::SeededRng rng(3);
    Line line{.rung = rung};
    line.network = [&](uint64_t, Duration) { return rng.unit() < 0.1 ? std::nullopt : std::optional<Duration>(300ms); };
    const Call call = talk(line, 300s);
    const uint64_t ptime = find_rung(rung)->ptime_ms;
    CHECK(call.stats.lost > 300'000 / ptime / 20);
    CHECK(call.stats.concealed_ms >= (call.stats.lost - 1) * ptime);
    CHECK(call.stats.concealed_ms <= call.stats.lost * ptime + 2000);
    CHECK(call.stats.recovered_ms == 0);
    CHECK(call.between(200s, 300s).latency_max <= 300ms + ptime * 1ms + 150ms);
    CHECK(call.stats.loss_255 < 100);
  }
}

TEST_CASE("reordered packets are put in order once the buffer knows of it") {
  Line line{.rung = "opus-32k"};
  line.network = [](uint64_t sequence, Duration) { return sequence % 10 == 5 ? 250ms : 100ms; };
  const Call call = talk(line, 60s);
  CHECK(call.stats.lost == 0);
  CHECK(call.between(20s, 60s).missing < 0.002);
}

TEST_CASE("media time wraps unheard") {
  const Call call = talk({.media_time = 65000}, 60s);
  CHECK(call.stats.concealed_ms == 0);
}

TEST_CASE("a stall of 60 s: whatever the network does with the old packets, low delay is back within 7 s") {
  for (const int kind : {0, 1, 2}) {
    CAPTURE(kind);
    Line line;
    line.network = [kind](uint64_t sequence, Duration now) -> std::optional<Duration> {
      if (now < 20s || now >= 80s) return 300ms;
      if (kind == 0) return std::nullopt;                                                      // dropped
      if (kind == 1) return 80s - now + 300ms;                                                 // all at once
      return 80s - now + 300ms + (now - 20s) / 30 + Duration{static_cast<int64_t>(sequence)};  // in a rush of 2 s
    };
    const Call call = talk(line, 120s);
    CHECK(call.between(2s, 19s).missing == 0);
    CHECK(call.between(22s, 80s).missing == 1);
    const auto after = call.between(87s, 120s);
    CHECK(after.missing < 0.01);
    CHECK(after.latency_max <= 300ms + 400ms + 300ms);
  }
}

TEST_CASE("a delay that stays is followed") {
  Line line;
  line.network = [](uint64_t, Duration now) { return now < 20s ? 300ms : 5300ms; };
  const Call call = talk(line, 120s);
  CHECK(call.between(60s, 120s).missing == 0);
  CHECK(call.between(60s, 120s).latency_max <= 5300ms + 400ms + 300ms);
}

TEST_CASE("a delay that wanders by seconds is waited for; when it does no more, speech is as early as ever") {
  Line line;
  line.network = [](uint64_t, Duration now) {
    const double phase = to_seconds(now) / 20 * 2 * 3.14159265;  // 1 to 5.5 s, in 10 s
    return 1s + (now < 200s ? Duration{static_cast<int64_t>(2.25e9 * (1 - std::cos(phase)))} : 0ms);
  };
  const Call call = talk(line, 420s);
  CHECK(call.between(0s, 40s).missing > 0.1);
  CHECK(call.between(80s, 200s).missing < 0.01);
  CHECK(call.between(80s, 200s).latency_max <= 5500ms + 400ms + 1s);
  CHECK(call.between(400s, 420s).latency_max <= 1s + 400ms + 300ms);
  CHECK(call.between(210s, 420s).missing < 0.01);
}

TEST_CASE("every rung change is heard without a gap") {
  Line line;
  size_t next = 0;
  line.each_unit = [&next](Sender& sender, int64_t unit) {
    if (unit % 150 == 0) sender.set_rung(ladder()[next++ * 5 % ladder().size()]);
  };
  const Call call = talk(line, 60s);
  CHECK(call.between(2s, 60s).missing < 0.01);
  CHECK(call.between(50s, 60s).latency_max <= 300ms + 480ms + 400ms);
}

TEST_CASE("a far end that starts anew is followed at once") {
  testing::ScriptedCodecs codecs;
  Receiver receiver(codecs);
  uint64_t sequence = 0;
  for (const uint16_t start : std::initializer_list<uint16_t>{1000, 31000, 500, 0}) {
    Sender sender(codecs, *find_rung("opus-32k"), start);
    std::array<int16_t, kUnitSamples> pcm{};
    ByteVector payload;
    for (int64_t unit = 0; unit < 100; ++unit) {
      const Time now{static_cast<int64_t>(sequence) * 80ms};
      sender.push_pcm(testing::counting_unit(unit));
      if (sender.poll_packet(now, std::nullopt, payload)) CHECK(receiver.handle_packet(now, sequence++, payload));
      receiver.take_pcm(pcm);
    }
    const int64_t heard = pcm[0] - testing::kScriptedBase;
    CHECK(heard > 85);
    CHECK(heard < 100);
  }
}

TEST_CASE("speech that came before the sound device opened is not played late") {
  testing::ScriptedCodecs codecs;
  Receiver receiver(codecs);
  Sender sender(codecs, *find_rung("codec2-1200"));
  std::array<int16_t, kUnitSamples> pcm{};
  ByteVector payload;
  uint64_t sequence = 0;
  for (int64_t unit = 0; unit < 200; ++unit) {
    sender.push_pcm(testing::counting_unit(unit));
    if (sender.poll_packet(Time{unit * 20ms}, std::nullopt, payload))
      CHECK(receiver.handle_packet(Time{unit * 20ms}, sequence++, payload));
    if (unit < 75) continue;
    receiver.take_pcm(pcm);
    if (unit >= 85) CHECK(pcm[160] >= testing::kScriptedBase + unit - 400 / 20 - 120 / 20 - 400 / 20);
  }
  CHECK(receiver.stats(Time{4s}).concealed_ms == 0);
}

TEST_CASE("what does not decode is refused and counted; what does never harms") {
  testing::ScriptedCodecs codecs;
  Receiver receiver(codecs);
  testing::SeededRng rng(9);
  std::array<int16_t, kUnitSamples> pcm{};
  uint64_t refused = 0;
  for (int i = 0; i < 20000; ++i) {
    const Time now{static_cast<int64_t>(rng.below(5)) * 1ms + i * 7ms};
    ByteVector bytes(3 + rng.below(rng.below(20) == 0 ? 1250 : 60));
    rng.fill(bytes);
    if (rng.below(4) != 0) bytes[0] = static_cast<uint8_t>(rng.below(5) << 4);
    if (rng.below(2) != 0) bytes[1] = static_cast<uint8_t>(i >> 8);
    if (bytes.size() > 4 && rng.below(2) != 0) bytes.back() = 0;
    if (!receiver.handle_packet(now, rng.below(3) == 0 ? rng.u64() : static_cast<uint64_t>(i), bytes)) ++refused;
    if (rng.below(3) == 0) receiver.take_pcm(pcm);
  }
  CHECK(receiver.stats(Time{1h}).refused == refused);
  CHECK(refused > 1000);
  CHECK(receiver.stats(Time{1h}).packets > 1000);
}

}  // namespace
}  // namespace farline::voice
