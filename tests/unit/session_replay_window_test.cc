#include <doctest/doctest.h>

#include "session/replay_window.h"

using farline::session::ReplayWindow;

namespace {

bool take(ReplayWindow& window, uint64_t counter) {
  if (!window.check(counter)) return false;
  window.accept(counter);
  return true;
}

}  // namespace

// The habit of WireGuard's selftest/counter.c: numbered one-liners around the edges, then sweeps.
TEST_CASE("each counter is accepted once, in any order within the window") {
  ReplayWindow w;
  constexpr uint64_t kLimit = ReplayWindow::kSize;
  CHECK(take(w, 0));
  CHECK(take(w, 1));
  CHECK_FALSE(take(w, 1));
  CHECK(take(w, 9));
  CHECK(take(w, 8));
  CHECK(take(w, 7));
  CHECK_FALSE(take(w, 7));
  CHECK(take(w, kLimit));
  CHECK(take(w, kLimit - 1));
  CHECK_FALSE(take(w, kLimit - 1));
  CHECK(take(w, kLimit + 1));
  CHECK_FALSE(take(w, 1));      // seen, and now too old
  CHECK(take(w, 2));            // exactly the oldest the window holds
  CHECK(take(w, kLimit + 2));
  CHECK_FALSE(take(w, 2));
  CHECK(take(w, kLimit + 16));
  CHECK_FALSE(take(w, 16));     // too old, never seen
  CHECK(take(w, 17));
  CHECK(take(w, uint64_t{0} - 2));
  CHECK_FALSE(take(w, kLimit + 15));
  CHECK(take(w, uint64_t{0} - 1));
  CHECK_FALSE(take(w, uint64_t{0} - 1));
}

TEST_CASE("forward and backward sweeps") {
  ReplayWindow forward;
  for (uint64_t i = 0; i < 1000; ++i) CHECK(take(forward, i));
  for (uint64_t i = 0; i < 1000; ++i) CHECK_FALSE(take(forward, i));
  ReplayWindow backward;
  CHECK(take(backward, ReplayWindow::kSize - 1));
  for (uint64_t i = ReplayWindow::kSize - 1; i-- > 0;) CHECK(take(backward, i));
  for (uint64_t i = 0; i < ReplayWindow::kSize; ++i) CHECK_FALSE(take(backward, i));
}

TEST_CASE("a first counter far from zero and a jump of exactly the window") {
  ReplayWindow w;
  CHECK(take(w, 1'000'000));
  CHECK(take(w, 999'990));
  CHECK(take(w, 1'000'000 + ReplayWindow::kSize));
  CHECK_FALSE(take(w, 1'000'000));
  CHECK(take(w, 1'000'001));
}
