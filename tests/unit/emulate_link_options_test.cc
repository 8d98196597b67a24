#include <doctest/doctest.h>

#include <string>

#include "emulate/link.h"

using namespace farline;
using namespace farline::emulate;

TEST_CASE("every option can be set from text") {
  const auto spec = parse_spec(
      "clean,rate=22k,rate_swing=0.25:1.3,delay_ms=1.5,jitter_ms=600,step_every_s=15,loss=0.0005,ge=0.002:0.05:0.6,"
      "outage_every_s=600:1800,outage_len_s=25:60,outage_long=0.05:180:480,outage_drop=1,outages=30+10:90+0.5,"
      "spike_every_s=60:180,spike_len_s=3:15,policer=4096:0.45:1,queue_bytes=8192,queue_ms=1500,"
      "idle_wake=10:500:1500,duplicate=0.01,reorder=0.02,corrupt=0.03,cross=0.3,cross_bytes=300");
  REQUIRE(spec);
  const LinkOptions& o = spec->up;
  CHECK_EQ(o.rate_bps, 22'000);
  CHECK_EQ(o.rate_swing_min, 250'000);
  CHECK_EQ(o.rate_swing_max, 1'300'000);
  CHECK_EQ(o.delay, 1500us);
  CHECK_EQ(o.jitter, 600ms);
  CHECK_EQ(o.step_every, 15s);
  CHECK_EQ(o.loss, 500);
  CHECK_EQ(o.ge.good_to_bad, 2'000);
  CHECK_EQ(o.ge.bad_to_good, 50'000);
  CHECK_EQ(o.ge.loss_in_bad, 600'000);
  CHECK_EQ(o.outage, EpisodeOptions{{600s, 1800s}, {25s, 60s}, 50'000, {180s, 480s}});
  CHECK(o.outage_drop);
  CHECK_EQ(o.outages[0], ScheduledOutage{30s, 10s});
  CHECK_EQ(o.outages[1], ScheduledOutage{90s, 500ms});
  CHECK_EQ(o.delay_spike, EpisodeOptions{{60s, 180s}, {3s, 15s}, 0, {}});
  CHECK_EQ(o.policer.burst_bytes, 4096);
  CHECK_EQ(o.policer.drop_min, 450'000);
  CHECK_EQ(o.policer.drop_max, kPpmOne);
  CHECK_EQ(o.queue_bytes, 8192);
  CHECK_EQ(o.queue_time, 1500ms);
  CHECK_EQ(o.idle_wake.idle, 10s);
  CHECK_EQ(o.idle_wake.extra, DurationRange{500ms, 1500ms});
  CHECK_EQ(o.duplicate, 10'000);
  CHECK_EQ(o.reorder, 20'000);
  CHECK_EQ(o.corrupt, 30'000);
  CHECK_EQ(o.cross, 300'000);
  CHECK_EQ(o.cross_bytes, 300);
}

TEST_CASE("an override may name one direction") {
  const auto spec = parse_spec("gprs,up.rate=9600,down.loss=0.5");
  REQUIRE(spec);
  CHECK_EQ(spec->up.rate_bps, 9'600);
  CHECK_EQ(spec->down.rate_bps, 30'000);
  CHECK_EQ(spec->up.loss, 2'000);
  CHECK_EQ(spec->down.loss, 500'000);
}

TEST_CASE("what is not an option is refused and changes nothing") {
  for (const std::string_view text : {"",
                                      "rate",
                                      "=1",
                                      "speed=1",
                                      "rate=",
                                      "rate=-1",
                                      "rate=49",
                                      "rate=2G",
                                      "rate=1001M",
                                      "rate=1.5",
                                      "rate=1e3",
                                      "rate= 1",
                                      "loss=1.1",
                                      "loss=1%",
                                      "loss=0.1234567",
                                      "loss=.",
                                      "loss=0.1.2",
                                      "delay_ms=600001",
                                      "delay_ms=99999999999999999999999999",
                                      "ge=0.1:0.1",
                                      "ge=0.1:0.1:0.1:0.1",
                                      "ge=0.1:0.1:",
                                      "outage_every_s=0.5:9",
                                      "outage_every_s=9:8",
                                      "outage_drop=2",
                                      "outages=5",
                                      "outages=5+0",
                                      "outages=9+3:10+1",
                                      "outages=1+1:3+1:5+1:7+1:9+1:11+1:13+1:15+1:17+1",
                                      "policer=4096:1:0.5",
                                      "cross_bytes=19",
                                      "up.up.loss=0",
                                      "UP.loss=0"}) {
    CAPTURE(text);
    LinkSpec spec{};
    CHECK_FALSE(apply_override(spec, text));
    CHECK_EQ(spec.up.rate_bps, 0);
    CHECK_EQ(spec.up.outage, EpisodeOptions{});
    CHECK_EQ(spec.up.outages[0], ScheduledOutage{});
    CHECK_FALSE(spec.up.outage_drop);
  }
  CHECK_EQ(parse_spec("").error().code, Errc::not_found);
  CHECK_EQ(parse_spec("carrier-pigeon").error().code, Errc::not_found);
  CHECK_EQ(parse_spec("iridium-sbd").error().code, Errc::unsupported);
  CHECK_EQ(parse_spec("gprs,").error().code, Errc::malformed);
  CHECK_EQ(parse_spec("gprs,loss=2").error().what, "loss=SHARE, 0 to 1");
}
