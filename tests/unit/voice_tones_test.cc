#include <doctest/doctest.h>

#include <array>
#include <cstdlib>

#include "voice/tones.h"

namespace farline::voice {
namespace {

using Unit = std::array<int16_t, kUnitSamples>;

int loudest(const Unit& unit) {
  int most = 0;
  for (const int16_t sample : unit) most = std::max(most, std::abs(int{sample}));
  return most;
}

// Units of `total` in which anything sounds.
size_t sounding(Tones& tones, size_t total) {
  size_t count = 0;
  for (size_t i = 0; i < total; ++i) {
    Unit unit{};
    tones.mix(unit);
    count += loudest(unit) > 0;
  }
  return count;
}

TEST_CASE("a tone is soft, short, begins and ends without a click, and then nothing is changed") {
  for (const auto kind : {Tones::Kind::missing, Tones::Kind::end_of_turn}) {
    Tones tones;
    tones.start(kind);
    Unit first{};
    tones.mix(first);
    CHECK(std::abs(int{first[1]}) < 20);
    CHECK(loudest(first) > 500);
    CHECK(loudest(first) < 1000);
    CHECK(sounding(tones, 100) <= 5);
    Unit speech;
    speech.fill(123);
    tones.mix(speech);
    CHECK(speech == [] {
      Unit same;
      same.fill(123);
      return same;
    }());
  }
}

TEST_CASE("mixed into loud sound it does not wrap") {
  Tones tones;
  tones.start(Tones::Kind::end_of_turn);
  for (int i = 0; i < 5; ++i) {
    Unit loud;
    loud.fill(32767);
    tones.mix(loud);
    for (const int16_t sample : loud) REQUIRE(sample > 30000);
  }
}

TEST_CASE("a held call sounds every three seconds until it goes on") {
  Tones tones;
  tones.set_held(true);
  const size_t in_three_seconds = sounding(tones, 150);
  CHECK(in_three_seconds >= 12);
  CHECK(in_three_seconds <= 16);
  CHECK(sounding(tones, 150) == in_three_seconds);
  tones.set_held(false);
  CHECK(sounding(tones, 150) == 0);
}

}  // namespace
}  // namespace farline::voice
