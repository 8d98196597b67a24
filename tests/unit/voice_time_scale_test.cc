#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <numbers>

#include "voice/arrivals.h"
#include "voice/time_scale.h"

namespace farline::voice {
namespace {

std::array<int16_t, 1000> tone(double period) {
  std::array<int16_t, 1000> pcm;
  for (size_t i = 0; i < pcm.size(); ++i)
    pcm[i] = static_cast<int16_t>(8000 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / period));
  return pcm;
}

TEST_CASE("a pitch period more or less leaves the tone as it was") {
  for (const size_t period : {50U, 100U, 160U, 250U}) {
    CAPTURE(period);
    const auto original = tone(static_cast<double>(period));
    const Period found = best_period(std::span(original).first(640));
    CHECK(found.match > 0.99);
    CHECK(found.samples % period == 0);
    auto shorter = original;
    CHECK(shorten(shorter, 640, found.samples) == 640 - found.samples);
    auto longer = original;
    CHECK(lengthen(longer, 640, found.samples) == 640 + found.samples);
    int worst = 0;
    for (size_t i = 0; i < 640 - found.samples; ++i) worst = std::max(worst, std::abs(shorter[i] - original[i]));
    for (size_t i = 0; i < 640 + found.samples; ++i) worst = std::max(worst, std::abs(longer[i] - original[i]));
    CHECK(worst <= 2);
  }
}

TEST_CASE("silence has no period, and may be cut anywhere") {
  std::array<int16_t, 320> silence{};
  CHECK(best_period(silence).match == 0);
}

TEST_CASE("losses are counted by number, once, and forgotten after 5 s") {
  LossCounter loss;
  CHECK_FALSE(loss.highest());
  for (const uint64_t sequence : {10U, 11U, 15U, 13U}) loss.add(Time{1s}, sequence);  // 12 and 14 are missing
  CHECK(loss.highest() == 15);
  CHECK(loss.lost() == 2);
  CHECK(loss.recent_loss_255(Time{5s}) == 85);
  CHECK(loss.recent_loss_255(Time{6s}) == 0);
  loss.add(Time{7s}, 1ULL << 60);
  CHECK(loss.recent_loss_255(Time{7s}) == 255);
}

TEST_CASE("the range of recent values: what comes back counts for two minutes, what came once for less") {
  RecentRange range;
  CHECK_FALSE(range.range());
  range.add(Time{0s}, -500);
  for (int second = 1; second < 30; ++second) range.add(Time{second * 1s}, second);
  CHECK(range.range()->least == -500);
  CHECK(range.range()->greatest == 29);
  range.add(Time{30s}, 30);
  CHECK(range.range()->least == 10);  // one in four stretches is left out
  for (int second = 31; second < 130; ++second) range.add(Time{second * 1s}, second % 10 == 0 ? -300 : 7);
  CHECK(range.range()->least == -300);
  range.add(Time{1h}, 3);  // nothing was heard in between: nothing is forgotten
  CHECK(range.range()->least == -300);
  for (int second = 3601; second < 3720; ++second) range.add(Time{second * 1s}, 3);
  CHECK(range.range()->least == 3);
}

}  // namespace
}  // namespace farline::voice
