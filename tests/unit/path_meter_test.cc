#include <doctest/doctest.h>

#include "path/rate_meter.h"
#include "path/round_trip.h"

using namespace farline;
using namespace farline::path;

TEST_CASE("a steady stream of few large packets reads as its rate, whenever one looks") {
  RateMeter meter;
  const Time start{100s};
  for (int ms = 0; ms < 10'000; ms += 50) {
    const Time now = start + ms * 1ms;
    if (ms % 400 == 0) meter.add(now, 105);
    if (ms >= 400) CHECK_EQ(meter.bits_per_second(now), 2100U);
  }
  CHECK_EQ(meter.total(), 25U * 105);
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
