#include <doctest/doctest.h>

#include <set>

#include "client/attach_policy.h"
#include "support/seeded_rng.h"

namespace farline::client {
namespace {

using Candidates = AttachPolicy::Candidates;

TEST_CASE("attach policy: those who lost one node come back all over its spread, elsewhere") {
  testing::SeededRng rng(1);
  Duration last{};
  std::array<int, 10> tenths{};
  for (int i = 0; i < 1000; ++i) {
    AttachPolicy policy(Candidates{20, 0}, 7);
    policy.attached(100s);
    const auto next = policy.lost(rng);
    CHECK(next.candidate == 8);
    REQUIRE(next.after >= 0s);
    REQUIRE(next.after <= 100s);
    ++tenths[std::min<size_t>(9, static_cast<size_t>(next.after / 10s))];
    last = std::max(last, next.after);
  }
  for (const int count : tenths) CHECK(count > 50);
  CHECK(last > 90s);
}

TEST_CASE("attach policy: a program that starts goes where it was") {
  testing::SeededRng rng(1);
  AttachPolicy policy(Candidates{3, 1}, 2);
  const auto next = policy.start(rng);
  CHECK(next.candidate == 2);
  CHECK(next.after == 0s);  // no node has told a spread
}

TEST_CASE("attach policy: dead nodes are passed quickly, the dedicated ones last, and then it is our own network") {
  testing::SeededRng rng(1);
  AttachPolicy policy(Candidates{4, 2}, 1);
  std::vector<uint16_t> tried{policy.candidate()};
  for (int i = 0; i < 5; ++i) {
    const auto next = policy.silent(rng, AttachPolicy::kSilence);
    CHECK(next.after <= AttachPolicy::kSilenceSpread);
    tried.push_back(next.candidate);
  }
  CHECK(tried == std::vector<uint16_t>{1, 2, 3, 0, 4, 5});
  auto away = policy.silent(rng, AttachPolicy::kSilence);
  CHECK(away.candidate < 4);
  CHECK(away.after >= AttachPolicy::kAwayFirst - AttachPolicy::kSilence);
  Duration longest{};
  for (int i = 0; i < 100; ++i) longest = std::max(longest, policy.silent(rng, AttachPolicy::kSilence).after);
  CHECK(longest >= AttachPolicy::kAwayMax - AttachPolicy::kSilence);
  CHECK(longest <= AttachPolicy::kAwayMax * 5 / 4 + AttachPolicy::kSilenceSpread);
  policy.hurry();
  CHECK(policy.silent(rng, AttachPolicy::kSilence).after <= AttachPolicy::kSilenceSpread);
  policy.attached(5s);
  CHECK(policy.lost(rng).after <= 5s);
  CHECK(policy.silent(rng, AttachPolicy::kSilence).after <= AttachPolicy::kSilenceSpread);
}

TEST_CASE("attach policy: one candidate is enough") {
  testing::SeededRng rng(1);
  for (const Candidates candidates : {Candidates{1, 0}, Candidates{0, 1}}) {
    AttachPolicy policy(candidates);
    for (int i = 0; i < 20; ++i) {
      CHECK(policy.silent(rng, AttachPolicy::kSilence).candidate == 0);
      CHECK(policy.busy(rng, 10s).candidate == 0);
      CHECK(policy.unfit(rng).after >= 30s);
      CHECK(policy.lost(rng).candidate == 0);
    }
  }
}

TEST_CASE("attach policy: retry-after is obeyed within its bounds, whoever says it") {
  testing::SeededRng rng(1);
  AttachPolicy policy(Candidates{5, 0});
  CHECK(policy.busy(rng, 77s).after == 77s);
  CHECK(policy.busy(rng, 0s).after == AttachPolicy::kRetryAfterMin);
  CHECK(policy.busy(rng, 24h).after == AttachPolicy::kRetryAfterMax);
}

TEST_CASE("attach policy: who is told busy goes on to others, and to the dedicated ones in the end") {
  testing::SeededRng rng(1);
  int second = 0;
  for (int i = 0; i < 1000; ++i) {
    AttachPolicy policy(Candidates{10, 3});
    REQUIRE(policy.busy(rng, 5s).candidate == 1);
    second += policy.busy(rng, 5s).candidate >= 10;
    std::set<uint16_t> rest;
    for (int n = 0; n < 30; ++n) rest.insert(policy.busy(rng, 5s).candidate);
    REQUIRE(*rest.begin() >= 10);
    REQUIRE(rest.size() == 3);
  }
  CHECK(second > 400);
  CHECK(second < 600);
}

TEST_CASE("attach policy: forged answers of some nodes keep nobody from reaching another") {
  testing::SeededRng rng(1);
  AttachPolicy policy(Candidates{6, 0});
  // Number 4 is honest; the others say busy for ever, or that we do not fit.
  Duration waited{};
  unsigned tries = 0;
  while (policy.candidate() != 4 && ++tries < 100)
    waited += (tries % 2 == 0 ? policy.busy(rng, 24h) : policy.unfit(rng)).after;
  CHECK(tries < 6);
  CHECK(waited <= 4 * AttachPolicy::kRetryAfterMax);
}

TEST_CASE("attach policy: a list that changes under it") {
  testing::SeededRng rng(1);
  AttachPolicy policy(Candidates{9, 2}, 8);
  policy.replace(Candidates{2, 0}, 1);
  CHECK(policy.candidate() == 1);
  CHECK(policy.silent(rng, AttachPolicy::kSilence).candidate == 0);
}

}  // namespace
}  // namespace farline::client
