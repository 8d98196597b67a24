#include <doctest/doctest.h>

#include "path/rate_meter.h"
#include "path/round_trip.h"

using namespace farline;
using namespace farline::path;

TEST_CASE("a steady stream reads as its rate, from the first second on") {
  RateMeter meter;
  const Time start{100s};
  for (int i = 0; i < 100; ++i) {
    const Time now = start + i * 100ms;
    meter.add(now, 125);
    if (i >= 10) {
      CHECK(meter.bits_per_second(now) >= 9500);
      CHECK(meter.bits_per_second(now) <= 11500);
    }
  }
  CHECK_EQ(meter.total(), 12'500U);
}

TEST_CASE("what is older than the window is forgotten") {
  RateMeter meter;
  const Time start{100s};
  meter.add(start, 10'000);
  CHECK(meter.bits_per_second(start + 4s) > 0);
  CHECK_EQ(meter.bits_per_second(start + 6s), 0U);
  CHECK_EQ(meter.bits_per_second(start + 100h), 0U);
}

TEST_CASE("round trips are smoothed as in RFC 6298") {
  RoundTrip rtt;
  CHECK_FALSE(rtt.smoothed());
  rtt.sample(800ms);
  CHECK_EQ(*rtt.smoothed(), 800ms);
  CHECK_EQ(rtt.variation(), 400ms);
  rtt.sample(1600ms);
  CHECK_EQ(*rtt.smoothed(), 900ms);
  CHECK_EQ(rtt.variation(), 500ms);
}
