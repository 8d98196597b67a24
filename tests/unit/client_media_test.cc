// The sound of a call with everything around it, over emulated links in virtual time.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/media_pair.h"

namespace farline::client {
namespace {

using testing::MediaPair;

emulate::LinkSpec link_of(const std::string& text) {
  const auto spec = emulate::parse_spec(text);
  INVARIANT(spec.has_value());
  return *spec;
}

bool is_voice(const MediaPair::Passed& packet) {
  return packet.is_voice;
}

// Milliseconds from leaving to arrival that 95 % of the voice packets do not exceed.
double delay_95(const MediaPair& pair, size_t side, Time since) {
  std::vector<double> delays;
  for (const auto& packet : pair.passed(side, since, is_voice))
    if (packet.arrived) delays.push_back(to_seconds(*packet.arrived - packet.sent) * 1000);
  REQUIRE(!delays.empty());
  std::ranges::sort(delays);
  return delays[(delays.size() - 1) * 95 / 100];
}

double loss(const MediaPair& pair, size_t side, Time since) {
  const auto lost = pair.passed(side, since, [](const auto& packet) { return packet.is_voice && !packet.arrived; });
  return static_cast<double>(lost.size()) / static_cast<double>(pair.passed(side, since, is_voice).size());
}

void fill(uint32_t offset, MutableBytes out) {
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(offset++);
}

TEST_CASE("bulk fills what voice leaves of a link and voice hardly notices") {
  for (const uint32_t rate : {9'600U, 64'000U}) {
    const uint32_t start = rate * 3 / 4;
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(rate);
      CAPTURE(seed);
      const auto spec = link_of("clean,delay_ms=150,jitter_ms=10,rate=" + std::to_string(rate));
      MediaPair alone(spec, seed, {.start_bps = start});
      alone.run(150s);
      MediaPair both(spec, seed, {.start_bps = start});
      both.ends[0].send_stream({10'000'000, fill});
      both.run(150s);
      const Time settled = Time{} + 40s;
      const double packet_time = alone.stats(0).ptime_ms;
      CHECK(delay_95(both, 0, settled) <= delay_95(alone, 0, settled) + packet_time);
      CHECK(loss(both, 0, settled) <= 0.005);
      CHECK(both.bits_per_second(0, settled) >= 0.9 * rate);
      CHECK(both.bits_per_second(0, settled) <= rate);
      CHECK(both.stats(0).mode_bps >= alone.stats(0).mode_bps);
      CHECK(both.stats(0).bulk_acknowledged > 0);
      CHECK(both.stats(1).loss == 0);
      if (getenv("FARLINE_TRACE"))
        MESSAGE(rate << " alone p95 " << delay_95(alone, 0, settled) << " with " << delay_95(both, 0, settled)
                     << " used " << both.bits_per_second(0, settled) / rate << " mode " << both.stats(0).mode_bps
                     << " alone " << alone.stats(0).mode_bps << " bulk " << both.stats(0).bulk_acknowledged);
    }
  }
}

TEST_CASE("a stream arrives whole over a link that loses packets, and then costs nothing") {
  MediaPair pair(link_of("clean,delay_ms=300,rate=32k,loss=0.05"), 7, {.start_bps = 9'600});
  pair.ends[0].send_stream({40'000, fill});
  pair.run(150s);
  CHECK(pair.stats(0).bulk_acknowledged == 40'000);
  CHECK(pair.stats(1).bulk_received == 40'000);
  const uint64_t until_now = pair.stats(0).bulk_bytes_tx;
  pair.run(20s);
  CHECK(pair.stats(0).bulk_bytes_tx == until_now);
}

TEST_CASE("all that is sent stays under the cap, bulk too") {
  MediaPair pair(link_of("clean,delay_ms=100,rate=128k"), 3, {.start_bps = 9'600, .send_max_bps = 20'000});
  pair.ends[0].send_stream({10'000'000, fill});
  pair.run(60s);
  CHECK(pair.bits_per_second(0, Time{} + 20s) <= 20'000);
  CHECK(pair.bits_per_second(0, Time{} + 20s) >= 18'000);
}

TEST_CASE("a silent side sends less than 200 bit/s while the other goes on at its best") {
  for (const auto& each :
       {std::pair{"iridium-dialup,outage_every_s=0:0", 1200U}, std::pair{"clean,delay_ms=200,rate=32k", 16'000U}}) {
    const std::string link = each.first;
    CAPTURE(link);
    MediaPair pair(link_of(link), 5, {.start_bps = 2'160, .pauses = true});
    int64_t syllables = 0;
    pair.run(120s, [&](size_t side, int64_t unit) {
      MediaPair::Unit pcm{};
      if (side == 1) return pcm;
      // Noise that comes and goes like syllables, without a pause.
      for (size_t i = 0; i < pcm.size(); ++i)
        pcm[i] = static_cast<int16_t>((++syllables * 7919 % 4001 - 2000) * (unit % 12 < 10 ? 4 : 0));
      return pcm;
    });
    CHECK(pair.bits_per_second(1, Time{} + 20s) <= 200);
    CHECK(pair.stats(0).mode_bps >= each.second);
    CHECK(pair.stats(1).concealed_ms <= 1000);
    CHECK(!pair.stats(0).is_stalled);
  }
}

TEST_CASE("lost speech comes back from copies") {
  const std::string link = "clean,delay_ms=150,jitter_ms=20,";
  for (const auto& each : {std::pair{"loss=0.1,rate=9600", 0.85}, std::pair{"loss=0.1,rate=16k", 0.85},
                           std::pair{"loss=0.1,rate=32k", 0.85}, std::pair{"loss=0.1,rate=64k", 0.85},
                           std::pair{"ge=0.0181:0.333:1,rate=32k", 0.5}}) {  // 5 % in bursts of three
    const std::string losses = each.first;
    const double least = each.second;
    CAPTURE(losses);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      MediaPair pair(link_of(link + losses), seed, {.start_bps = 9'600});
      pair.run(60s);
      const auto before = pair.stats(1);
      pair.run(120s);
      const auto after = pair.stats(1);
      const uint64_t recovered = after.recovered_ms - before.recovered_ms;
      const uint64_t missed = recovered + after.concealed_ms - before.concealed_ms;
      CHECK(recovered > 1'000);
      CHECK(static_cast<double>(recovered) >= least * static_cast<double>(missed));
    }
  }
}

struct Gap {
  Duration longest{};  // in which the far end hears none of side 0's speech
  Duration queue{};    // the longest of side 0's packets
};
Gap worst_gap(MediaPair& pair, Duration length) {
  Gap worst;
  Duration gap{};
  for (const Time until = pair.now + length; pair.now < until;) {
    const uint64_t before = pair.stats(1).concealed_ms;
    pair.run(20ms);
    gap = pair.stats(1).concealed_ms > before ? gap + 20ms : Duration::zero();
    worst.longest = std::max(worst.longest, gap);
    worst.queue = std::max(worst.queue, pair.link[emulate::Way::up].queue_wait(pair.now));
  }
  return worst;
}

TEST_CASE("a link that becomes thin in the middle of a call leaves no long gap") {
  const auto thin = link_of("clean,rate=2400,delay_ms=600");
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    MediaPair pair(thin, seed, {.start_bps = 2'160});
    CHECK(worst_gap(pair, 30s).longest <= 100ms);
    pair.link.set_spec(pair.now, link_of("clean,rate=32000,delay_ms=600"));
    CHECK(worst_gap(pair, 40s).longest <= 100ms);
    CHECK(pair.stats(0).mode_bps >= 6'000);
    const double in_flight_max =
        pair.bits_per_second(0, pair.now - 5s) * (1.2 + 0.35 + 2 * pair.stats(0).ptime_ms / 1e3);
    pair.link.set_spec(pair.now, thin);
    const Gap fall = worst_gap(pair, 30s);
    CHECK(to_seconds(fall.queue) <= in_flight_max / 2400);  // a round trip, a report and two packets
    CHECK(fall.longest <= fall.queue + 500ms);
    CHECK(worst_gap(pair, 30s).longest <= 500ms);
    CHECK(pair.stats(0).mode_bps <= 1'200);
  }
}

// The first speech that arrives from then on, of whatever age.
Duration heard_after(const MediaPair& pair, size_t side, Time back) {
  Duration least = 1h;
  for (const auto& packet : pair.passed(side, Time{}, is_voice))
    if (packet.arrived && *packet.arrived >= back) least = std::min(least, *packet.arrived - back);
  return least;
}

TEST_CASE("a link that was silent for a minute is used again as soon as it is back") {
  constexpr Duration kProbes = 3s;  // between them, by then
  constexpr Duration kProbesFast = 1500ms;
  for (const auto& each : {std::pair{"clean,delay_ms=900,rate=2400,outages=40+60", Duration::zero()},
                           std::pair{"clean,delay_ms=200,rate=32k,outages=40+60", Duration::zero()},
                           std::pair{"clean,delay_ms=900,rate=2400,outages=40+60,outage_drop=1", Duration{kProbes}},
                           std::pair{"clean,delay_ms=200,rate=32k,outages=40+60,outage_drop=1", kProbesFast}}) {
    const std::string text = each.first;
    const Duration wait = each.second;
    CAPTURE(text);
    const auto spec = link_of(text);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      MediaPair pair(spec, seed, {.start_bps = 2'160});
      pair.run(40s + static_cast<int64_t>(seed) * 700ms);
      const Duration packets = 2 * 1ms * pair.stats(0).ptime_ms;
      pair.run(Time{} + 99s - pair.now);
      CHECK(pair.stats(0).is_stalled);
      pair.run(30s);
      CHECK(!pair.stats(0).is_stalled);
      for (size_t side = 0; side < 2; ++side)
        CHECK(heard_after(pair, side, Time{} + 100s) <= spec.up.delay + spec.down.delay + packets + wait);
      const auto fresh = pair.passed(0, Time{} + 100s, is_voice);
      REQUIRE(!fresh.empty());
      CHECK(fresh[0].sent - (Time{} + 100s) <= spec.up.delay + spec.down.delay + packets + wait);
    }
  }
}

TEST_CASE("a machine that slept for five minutes is heard, and hears, as soon as it is awake") {
  for (const auto& each :
       {std::pair{"clean,delay_ms=600,rate=2400", 2'160U}, std::pair{"clean,delay_ms=200,rate=32k", 9'600U}}) {
    const std::string link = each.first;
    CAPTURE(link);
    const auto spec = link_of(link);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      MediaPair pair(spec, seed, {.start_bps = each.second});
      pair.run(40s + static_cast<int64_t>(seed) * 700ms);
      pair.let_sleep(0);
      pair.run(5min);
      CHECK(pair.stats(1).is_stalled);
      CHECK(pair.stats(1).stalled_for >= 295s);
      const Time woken = pair.now;
      const Duration packets = 2 * 1ms * pair.stats(1).ptime_ms;  // of the lowest rung by now
      pair.let_sleep({});
      pair.run(20s);
      CHECK(!pair.stats(0).is_stalled);
      CHECK(!pair.stats(1).is_stalled);
      const Duration round_trip = spec.up.delay + spec.down.delay;
      for (size_t side = 0; side < 2; ++side) {
        const auto fresh =
            pair.passed(side, woken, [](const auto& packet) { return packet.is_voice && packet.arrived; });
        REQUIRE(!fresh.empty());
        CHECK(*fresh[0].arrived - woken <= round_trip + packets);
        if (getenv("FARLINE_TRACE"))
          MESSAGE(link << " side " << side << " heard after " << to_seconds(*fresh[0].arrived - woken) << " s, allowed "
                       << to_seconds(round_trip + packets));
      }
    }
  }
}

TEST_CASE("how packets are lost is told by name") {
  struct Row {
    const char* link;
    std::string_view kind;
    int least;  // times of 12, each 10 s; under a policer's rate nothing is lost, and soon it is nobody's
  };
  for (const Row& row : {Row{"clean,delay_ms=100,rate=64k,loss=0.08", "random", 6},
                         Row{"clean,delay_ms=400,rate=9600,loss=0.08", "random", 9},
                         Row{"clean,delay_ms=100,rate=64k,ge=0.02:0.25:1", "bursts", 6}, Row{"cap-32k", "policer", 2},
                         Row{"clean,delay_ms=100,rate=64k", "none", 12}}) {
    const std::string link = row.link;
    CAPTURE(link);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      MediaPair pair(link_of(link), seed, {.start_bps = 9'600});
      int told = 0;
      for (int i = 0; i < 12; ++i) {
        pair.run(10s);
        told += pair.stats(0).loss_kind == row.kind;
      }
      CHECK(told >= row.least);
    }
  }
}

double worst_delay(const MediaPair& pair, size_t side) {
  double worst = 0;
  for (const auto& packet : pair.passed(side, Time{}, is_voice))
    if (packet.arrived) worst = std::max(worst, to_seconds(*packet.arrived - packet.sent));
  return worst;
}

TEST_CASE("a call begins where the last one in this network ended") {
  // On certus-200 finding out takes 16 to 18 s, on 64 kbit/s 10 s.
  for (const auto& each : {std::tuple{"certus-200,outage_every_s=0:0", 2'160U, 7s},
                           std::tuple{"clean,rate=64k,delay_ms=100", 9'600U, 3s}}) {
    const std::string link = std::get<0>(each);
    CAPTURE(link);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      MediaPair first(link_of(link), seed, {.start_bps = std::get<1>(each)});
      first.run(std::get<2>(each));
      const uint32_t fresh = first.stats(0).mode_bps;
      first.run(50s);
      const uint32_t remembered = first.ends[0].usual_bps();
      CHECK(remembered >= 15'000);
      MediaPair second(link_of(link), seed, {.start_bps = std::get<1>(each), .remembered = {.send_bps = remembered}});
      second.run(std::get<2>(each));
      if (getenv("FARLINE_TRACE"))
        MESSAGE(seed << " remembered " << remembered << ": " << second.stats(0).mode_bps << " instead of " << fresh);
      CHECK(second.stats(0).mode_bps >= 13'750);
      CHECK(second.stats(0).mode_bps > fresh);
      CHECK(worst_delay(second, 0) <= 1.2);
    }
  }
}

TEST_CASE("a first call floods no modem and is soon as good as the link") {
  struct Row {
    const char* link;
    Duration opus_within;  // zero: it cannot carry that
  };
  for (const Row& row : {Row{"clean,rate=2400,delay_ms=30", {}}, Row{"clean,rate=2400,delay_ms=300", {}},
                         Row{"clean,rate=4800,delay_ms=30", {}}, Row{"clean,rate=9600,delay_ms=50", 15s},
                         Row{"clean,rate=32k,delay_ms=50", 5s}, Row{"clean,rate=32k,delay_ms=600", 15s},
                         Row{"cap-64k", 5s}, Row{"edge", 8s}, Row{"starlink", 4s}}) {
    const std::string link = row.link;
    CAPTURE(link);
    const auto spec = link_of(link);
    const Duration round_trip = spec.up.delay + spec.down.delay;
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      MediaPair pair(spec, seed, {.start_bps = path::kFirstBps});
      Duration queue{};
      std::optional<Time> opus;
      while (pair.now < Time{} + 40s) {
        pair.run(20ms);
        queue = std::max(queue, pair.link[emulate::Way::up].queue_wait(pair.now));
        if (!opus && wire::is_opus(pair.stats(0).codec)) opus = pair.now;
      }
      if (getenv("FARLINE_TRACE"))
        MESSAGE(link << " seed " << seed << ": queue " << to_seconds(queue) << " s, Opus after "
                     << (opus ? to_seconds(*opus - Time{}) : -1.0) << " s");
      CHECK(to_seconds(queue) <= to_seconds(round_trip + 1s));
      if (row.opus_within > Duration::zero()) CHECK((opus && *opus - Time{} <= row.opus_within));
    }
  }
}

TEST_CASE("a link that has become thin since the last call is not flooded") {
  // 2,160 bit/s and three pairs of packets are more than this link carries for a moment, and no more than that.
  for (const char* link : {"clean,rate=2400,delay_ms=600", "iridium-dialup,outage_every_s=0:0"}) {
    const std::string name = link;
    CAPTURE(name);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      MediaPair alone(link_of(link), seed, {.start_bps = 2'160});
      MediaPair pair(link_of(link), seed, {.start_bps = 2'160, .remembered = {.send_bps = 50'000}});
      for (MediaPair* each : {&alone, &pair}) each->run(60s);
      CHECK(pair.stats(0).mode_bps <= 1'200);
      CHECK(worst_delay(pair, 0) <= worst_delay(alone, 0) + 1);
    }
  }
}

}  // namespace
}  // namespace farline::client
