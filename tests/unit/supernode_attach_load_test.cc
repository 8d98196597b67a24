#include <doctest/doctest.h>

#include "supernode/attach_load.h"
#include "support/seeded_rng.h"

namespace farline::supernode {
namespace {

TEST_CASE("attach load: two seconds of work wait at most, and what is refused hears when to come back") {
  testing::SeededRng rng(1);
  AttachLoad load({.attaches_per_second = 20, .clients_max = 1000});
  const Time now = Time{} + 1h;
  uint32_t taken = 0;
  for (int i = 0; i < 500; ++i) {
    const auto retry_after = load.ask(now, taken, rng);
    if (!retry_after) {
      ++taken;
      continue;
    }
    CHECK(*retry_after >= AttachLoad::kRetryAfterMin);
    CHECK(*retry_after <= AttachLoad::kRetryAfterMax);
  }
  CHECK(taken == 40);
  CHECK(load.waiting(now) == 2s);
  CHECK(load.waiting(now + 3s) == 0s);
  CHECK(!load.ask(now + 1s, taken, rng));  // a second's work is done by then
}

TEST_CASE("attach load: never more clients than there is room for") {
  testing::SeededRng rng(1);
  AttachLoad load({.attaches_per_second = 1000, .clients_max = 3});
  CHECK(!load.ask(Time{}, 2, rng));
  CHECK(load.ask(Time{} + 1h, 3, rng));
  CHECK(load.ask(Time{} + 1h, 4, rng));
}

TEST_CASE("attach load: the spread is what its clients need to come back") {
  const AttachLoad load({.attaches_per_second = 20, .clients_max = 50'000});
  CHECK(load.spread_seconds(0) == AttachLoad::kSpreadMin);
  CHECK(load.spread_seconds(2000) == 100);
  CHECK(load.spread_seconds(50'000'000) == AttachLoad::kSpreadMax);
}

}  // namespace
}  // namespace farline::supernode
