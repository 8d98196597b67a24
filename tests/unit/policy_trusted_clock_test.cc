#include <doctest/doctest.h>

#include "policy/trusted_clock.h"

using namespace farline;
using namespace farline::policy;

namespace {

constexpr uint64_t kDay = 24 * 3600;
constexpr WallTime kStored{20'000 * kDay};
constexpr Time kStart{};

WallTime days_on(uint64_t days) {
  return {kStored.seconds + days * kDay};
}
TrustedClock started(WallTime hint, WallTime stored = kStored) {
  return TrustedClock({.stored = stored, .hint = hint, .now = kStart});
}
TrustedClock::SignedTime from(uint8_t node, WallTime time) {
  return {time, {node}};
}

}  // namespace

TEST_CASE("a hint is believed within 30 days above what was stored") {
  const TrustedClock clock = started(days_on(2));
  CHECK(clock.read(kStart + 60s).at == WallTime{days_on(2).seconds + 60});
  CHECK_FALSE(clock.read(kStart + 60s).or_else.has_value());
  CHECK(started(days_on(30)).read(kStart).at == days_on(30));
  // What is stored does not follow the hint, or a clock set forward once would stay.
  CHECK(clock.high_water(kStart + 60s) == WallTime{kStored.seconds + 60});
}

TEST_CASE("a wall clock set back, far forward or not at all leaves the time uncertain for a day, then unknown") {
  for (const WallTime hint : {WallTime{kStored.seconds - 1}, days_on(31), WallTime{}}) {
    const TrustedClock clock = started(hint);
    const TrustedTime time = clock.read(kStart + 1h);
    CHECK(time.at == WallTime{kStored.seconds + 3600});
    CHECK(time.or_else.has_value() == (hint.seconds != 0));
    CHECK(clock.read(kStart + 24h - 1s).at.has_value());
    CHECK_FALSE(clock.read(kStart + 24h).at.has_value());
  }
  CHECK_FALSE(started(days_on(0), {}).read(kStart).at.has_value());  // nothing stored, as after a wiped disk
}

TEST_CASE("signed time rules, and time never goes back") {
  TrustedClock clock = started(days_on(9));
  clock.handle_signed_time(kStart + 1s, from(1, days_on(3)));
  CHECK(clock.read(kStart + 11s).at == WallTime{days_on(3).seconds + 10});
  clock.handle_signed_time(kStart + 20s, from(2, days_on(1)));
  CHECK(clock.read(kStart + 21s).at == WallTime{days_on(3).seconds + 20});
  CHECK(clock.high_water(kStart + 21s) == WallTime{days_on(3).seconds + 20});
  TrustedClock fresh = started({}, {});
  fresh.handle_signed_time(kStart, from(1, days_on(3)));  // the first word there is
  CHECK(fresh.read(kStart).at == days_on(3));
}

TEST_CASE("one supernode that is years ahead changes nothing; a second that agrees does") {
  TrustedClock clock = started(days_on(1));
  for (int i = 0; i < 3; ++i) {
    clock.handle_signed_time(kStart, from(1, days_on(900)));
    CHECK(clock.read(kStart).at == days_on(1));
  }
  clock.handle_signed_time(kStart, from(2, days_on(400)));  // another claim, no agreement
  CHECK(clock.read(kStart).at == days_on(1));
  clock.handle_signed_time(kStart, from(3, {days_on(400).seconds + 30}));
  CHECK(clock.read(kStart).at == days_on(400));
}

TEST_CASE("one supernode cannot move time step by step") {
  TrustedClock clock = started(days_on(1));
  for (uint64_t days = 20; days < 1000; days += 10) clock.handle_signed_time(kStart, from(1, days_on(days)));
  CHECK(clock.read(kStart).at == days_on(30));
}

TEST_CASE("a root's signature raises the time, and a new generation takes it back") {
  TrustedClock clock = started(days_on(1));
  clock.raise(kStart, days_on(60));
  CHECK(clock.read(kStart).at == days_on(60));
  clock.raise(kStart, days_on(50));
  CHECK(clock.read(kStart).at == days_on(60));
  // It says how late it is at least, and leaves the rest to the hint.
  TrustedClock behind = started(days_on(20));
  behind.raise(kStart, days_on(10));
  CHECK(behind.read(kStart).at == days_on(20));
  clock.reset(kStart, days_on(5));
  CHECK(clock.read(kStart + 5s).at == WallTime{days_on(5).seconds + 5});
}
