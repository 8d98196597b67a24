#include <doctest/doctest.h>

#include "base/time.h"
#include "path/loss_kind.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::path;

namespace {

// Losses of mean length `burst` that take `share` of 3,000 packets, told by reports of 1 to 6 packets.
LossPattern pattern(double share, double burst, uint64_t seed) {
  testing::SeededRng rng(seed);
  const auto chance = [&] { return static_cast<double>(rng.u64() >> 11) * 0x1p-53; };
  const double enter = share / burst / (1 - share);
  LossPattern out;
  bool bad = false;
  for (int sent = 0; sent < 3'000;) {
    const uint64_t packets = 1 + rng.u64() % 6;
    uint64_t lost = 0;
    for (uint64_t i = 0; i < packets; ++i) {
      bad = bad ? chance() >= 1 / burst : chance() < enter;
      lost += bad;
    }
    sent += static_cast<int>(packets);
    out.add(packets, lost);
  }
  return out;
}

}  // namespace

TEST_CASE("losses one by one, and in bursts") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    for (const double share : {0.02, 0.05, 0.1, 0.2}) {
      CAPTURE(share);
      // One by one is what a coin does: now and then two in a row.
      const LossPattern single = pattern(share, 1 / (1 - share), seed);
      CHECK(single.mean_burst() < 1.8);
      CHECK(single.kind() == LossKind::random);
    }
    for (const double share : {0.05, 0.1}) {
      CAPTURE(share);
      const LossPattern bursts = pattern(share, 4, seed);
      CHECK(bursts.mean_burst() > 1.8);
      CHECK(bursts.mean_burst() < 7);
      CHECK(bursts.kind() == LossKind::bursts);
    }
  }
}

TEST_CASE("few losses have no kind") {
  LossPattern none;
  CHECK(none.kind() == LossKind::none);
  CHECK(none.mean_burst() == 1);
  for (int i = 0; i < 500; ++i) none.add(4, 0);
  CHECK(none.kind() == LossKind::none);
  none.add(16, 3);
  CHECK(none.mean_burst() == 1);
}

TEST_CASE("everything lost is no pattern") {
  LossPattern all;
  for (int i = 0; i < 100; ++i) all.add(16, 16);
  CHECK(all.mean_burst() == 1);
}
