#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "support/media_flow.h"

using namespace farline;
using namespace farline::test;

namespace {

// FARLINE_TRACE=1 shows every second of every flow.
void trace(const Flow& flow, Time now) {
  static const bool wanted = std::getenv("FARLINE_TRACE") != nullptr;
  if (!wanted || now.time_since_epoch() % 1s != Duration::zero()) return;
  std::printf("%4.0f s", to_seconds(now.time_since_epoch()));
  for (size_t side = 0; side < 2; ++side) {
    const auto& end = flow.ends[side];
    const auto capacity = end.link.capacity(now);
    std::printf(" | rung %5u queue %5.2f est %5.2f loss %.2f delivered %5u pairs %6u %7u%s jitter %.2f rtt %4.2f",
                end.rung().bps(), to_seconds(flow.queue_wait(side)), to_seconds(end.link.queue()),
                end.link.loss(now - 5s).share(), end.link.delivered_bps(), capacity ? capacity->sure_bps : 0,
                capacity ? capacity->bps : 0, capacity && capacity->is_clear ? "" : "?", to_seconds(end.link.jitter()),
                to_seconds(end.link.round_trip().value_or(0ms)));
  }
  std::printf("\n");
}

emulate::LinkSpec spec(const char* text) {
  auto parsed = emulate::parse_spec(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("a link that rises from 2.4 to 32 kbit/s and falls again is followed within seconds") {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    const auto thin = spec("clean,rate=2400,delay_ms=600");
    const auto wide = spec("clean,rate=32000,delay_ms=600");
    Flow flow(thin, seed, 2160);
    flow.run(40s, [&](Time now) { trace(flow, now); });
    CHECK_LE(flow.ends[0].rung().bps(), 2400);
    flow.link.set_spec(flow.now, wide);
    Duration opus_after = 1h;
    const Time rose = flow.now;
    flow.run(40s, [&](Time now) {
      trace(flow, now);
      if (flow.ends[0].rung().bps() >= 6000) opus_after = std::min(opus_after, now - rose);
    });
    CHECK_LE(to_seconds(opus_after), 15.0);
    flow.link.set_spec(flow.now, thin);
    const Time fell = flow.now;
    Duration codec2_after = 1h;
    Duration queue_longest{};
    flow.run(60s, [&](Time now) {
      trace(flow, now);
      if (flow.ends[0].rung().bps() < 6000) codec2_after = std::min(codec2_after, now - fell);
      queue_longest = std::max(queue_longest, flow.queue_wait(0));
    });
    CHECK_LE(to_seconds(codec2_after), 3.0);
    CHECK_LE(to_seconds(queue_longest),
             24'000 * (1.2 + 0.35 + 2 * 0.16) / 2400);  // a round trip and two packets at 24 kbit/s
    CHECK_LE(flow.ends[0].rung().bps(), 2400);
    std::vector<double> queue;
    flow.run(60s, [&](Time now) {
      trace(flow, now);
      queue.push_back(to_seconds(flow.queue_wait(0)));
    });
    std::ranges::sort(queue);
    CHECK_LE(queue[queue.size() * 95 / 100], 0.65);  // a packet time and 250 ms
  }
}

namespace {

struct Expected {
  const char* link;
  uint32_t least_bps;      // of the rung, averaged over 180 s, both ways
  Duration queue_longest;  // 95 % of the time
};

void check_link(const Expected& expected, uint64_t seed) {
  CAPTURE(expected.link);
  CAPTURE(seed);
  Flow flow(spec(expected.link), seed, 2160);
  flow.run(20s, [&](Time now) { trace(flow, now); });
  std::array<std::vector<Duration>, 2> queues;
  std::array<uint64_t, 2> rates{};
  flow.run(180s, [&](Time now) {
    trace(flow, now);
    for (size_t side = 0; side < 2; ++side) {
      queues[side].push_back(flow.queue_wait(side));
      rates[side] += flow.ends[side].rung().bps();
    }
  });
  for (size_t side = 0; side < 2; ++side) {
    CAPTURE(side);
    std::ranges::sort(queues[side]);
    CHECK_GE(rates[side] / queues[side].size(), expected.least_bps);
    CHECK_LE(to_milliseconds(queues[side][queues[side].size() * 95 / 100]), to_milliseconds(expected.queue_longest));
  }
}

}  // namespace

TEST_CASE("on the field's links the rate settles where they carry it") {
  for (const Expected& expected :
       {Expected{"iridium-dialup", 1900, 650ms}, Expected{"bgan-stream32", 22'000, 900ms},
        Expected{"bgan-bg", 22'000, 400ms}, Expected{"edge", 40'000, 300ms}, Expected{"vsat-day", 40'000, 300ms},
        Expected{"cap-32k", 22'000, 300ms}, Expected{"cap-64k", 40'000, 300ms}, Expected{"starlink", 40'000, 300ms}})
    check_link(expected, 1);
}

namespace {

// Of a side's rung, bit/s.
uint64_t mean_rate(Flow& flow, size_t side, Duration length) {
  uint64_t sum = 0;
  uint64_t count = 0;
  flow.run(length, [&](Time now) {
    trace(flow, now);
    sum += flow.ends[side].rung().bps();
    ++count;
  });
  return sum / count;
}

}  // namespace

TEST_CASE("delays that swing by themselves and losses in bursts are not taken for too high a rate") {
  uint64_t swings = 0;
  uint64_t bursts = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    Flow swinging(spec("clean,rate=22000,delay_ms=500,jitter_ms=400"), seed, 2160);
    swings += mean_rate(swinging, 0, 180s) / 4;
    Flow bursting(spec("clean,rate=352000,delay_ms=350,ge=0.003:0.05:0.6"), seed, 2160);
    bursts += mean_rate(bursting, 0, 180s) / 4;
  }
  CHECK_GE(swings, 17'500);
  CHECK_GE(bursts, 36'000);
}

TEST_CASE("a delay that wanders by seconds is not taken for a queue of ours") {
  uint64_t rate = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    Flow wandering(spec("nb-iot"), seed, 2160);
    rate += mean_rate(wandering, 0, 180s) / 4;
  }
  CHECK_GE(rate, 2'500);
}

TEST_CASE("stalls that follow each other do not make it forget what the link carried") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    Flow flow(spec("clean,rate=176000,delay_ms=400,outages=60+8:71+6"), seed, 2160);
    flow.run(58s, [&](Time now) { trace(flow, now); });
    const uint32_t before = flow.ends[0].rung().bps();
    flow.run(28s, [&](Time now) { trace(flow, now); });  // nine seconds after the second
    CHECK_GE(flow.ends[0].rung().bps(), before / 2);
  }
}

TEST_CASE("a policer's rate is found by loss within ten seconds and kept") {
  for (const char* link : {"cap-32k", "cap-64k", "clean,rate=42000,delay_ms=80,jitter_ms=50,policer=4096:0.45:1"}) {
    CAPTURE(link);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      Flow flow(spec(link), seed, 2160);
      const auto& counters = flow.link[emulate::Way::up].counters();
      const uint64_t& dropped = counters.packets[static_cast<size_t>(emulate::Verdict::policer)];
      const uint64_t& passed = counters.packets[static_cast<size_t>(emulate::Verdict::ok)];
      while (dropped == 0 && flow.now < Time{} + 60s) flow.run(20ms, [&](Time now) { trace(flow, now); });
      flow.run(10s, [&](Time now) { trace(flow, now); });
      const uint64_t dropped_before = dropped;
      const uint64_t passed_before = passed;
      flow.run(110s, [&](Time now) { trace(flow, now); });
      CHECK_LE((dropped - dropped_before) * 100, passed - passed_before);
    }
  }
}
