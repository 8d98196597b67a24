#include <doctest/doctest.h>

#include <string>

#include "base/tariff.h"

using namespace farline;

namespace {

double cost(std::string_view text, uint64_t bytes, Duration time) {
  const auto tariff = parse_tariff(text);
  REQUIRE(tariff);
  return tariff->cost(bytes, time);
}

}  // namespace

TEST_CASE("by bytes") {
  CHECK(cost("6.95/MB", 1'000'000, 1h) == doctest::Approx(6.95));
  CHECK(cost("6.95/MB USD", 500'000, 0s) == doctest::Approx(3.475));
  CHECK(cost("2/MB+5kB", 100, 1s) == doctest::Approx(0.01));
  CHECK(cost("2/MB+5kB", 6'000, 1s) == doctest::Approx(0.012));
  CHECK(cost("0/MB", 6'000, 1s) == 0);
}

TEST_CASE("by time: each block that has begun, and the least") {
  CHECK(cost("1.10/20s+60s", 0, 1s) == doctest::Approx(3.30));
  CHECK(cost("1.10/20s+60s", 0, 60s) == doctest::Approx(3.30));
  CHECK(cost("1.10/20s+60s", 9, 60s + 1ms) == doctest::Approx(4.40));
  CHECK(cost("1.10/60s", 0, 0s) == 0);
  CHECK(cost("1.10/60s", 0, 1s) == doctest::Approx(1.10));
  CHECK(cost("2.25/min", 0, 30s) == doctest::Approx(1.125));
  CHECK(cost("2.25/min+30s", 0, 1s) == doctest::Approx(1.125));
}

TEST_CASE("a plan that charges idle time too") {
  const Tariff tariff{.type = Tariff::Type::bytes,
                      .micros = 1'000'000,
                      .session_min_bytes = 5'120,
                      .after = 300s,
                      .min_bytes_per_s = 300};
  CHECK(tariff.cost(100, 10s) == doctest::Approx(0.00512));
  CHECK(tariff.cost(100, 400s) == doctest::Approx(0.03512));
  CHECK(tariff.cost(50'000, 400s) == doctest::Approx(0.05));
}

TEST_CASE("the currency is a word, or nothing") {
  CHECK(parse_tariff("1/MB USD")->currency_word() == "USD");
  CHECK(parse_tariff("1/MB abcdefgh")->currency_word() == "abcdefgh");
  CHECK(parse_tariff("1/MB")->currency_word().empty());
}

TEST_CASE("what is not a tariff is refused") {
  for (const char* text :
       {"",          "/MB",       ".5/MB",          "1./MB",    "-1/MB",    "1",          "1/",
        "1/kB",      "1/MB+",     "1/MB+5",         "1/MB+0kB", "1/MB+5MB", "1/0s",       "1/20",
        "1/-20s",    "1/86401s",  "1/20s+",         "1/20s+0s", "1/20s+5",  "1/minute",   "1/MB ",
        "1/MB  USD", "1/MB USD ", "1/MB abcdefghi", "1/MB US$", "1/MBUSD",  "1000001/MB", "99999999999999999999999/MB",
        "1,5/MB",    "1e3/MB"}) {
    const std::string named = text;
    CAPTURE(named);
    CHECK_FALSE(parse_tariff(text));
  }
}
