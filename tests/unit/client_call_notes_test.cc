#include <doctest/doctest.h>

#include "client/call_notes.h"

namespace farline::client {
namespace {

// One note over, unless it is lost. False: there was none.
bool carry(Time now, CallNotes& from, CallNotes& to, bool is_lost = false) {
  const auto note = from.poll(now, 2s);
  if (!note) return false;
  const auto decoded = wire::decode_note(wire::encode_note(*note));
  REQUIRE(decoded);
  CHECK(*decoded == *note);
  if (!is_lost) to.handle(*decoded);
  return true;
}

TEST_CASE("a note is said until it was heard, and then both are silent") {
  CallNotes a;
  CallNotes b;
  Time now{};
  CHECK_FALSE(carry(now, a, b));
  a.set_own({.holds = true});
  CHECK(carry(now, a, b, true));
  CHECK_FALSE(carry(now + 1s, a, b));
  CHECK(carry(now + 2s, a, b));
  CHECK(b.theirs().holds);
  CHECK(carry(now + 2s, b, a, true));  // the answer is lost
  CHECK(carry(now + 4s, a, b));
  CHECK(carry(now + 4s, b, a));
  for (now += 5s; now < Time{} + 60s; now += 1s) {
    CHECK_FALSE(carry(now, a, b));
    CHECK_FALSE(carry(now, b, a));
  }
  b.set_own({.records = true});
  CHECK(carry(now, b, a));
  CHECK(a.theirs().records);
  CHECK(carry(now, a, b));
  a.set_own({});
  CHECK(carry(now, a, b));
  CHECK_FALSE(b.theirs().holds);
}

TEST_CASE("what is no note is refused") {
  for (const std::array<uint8_t, 2> bytes : {std::array<uint8_t, 2>{0xd1, 4}, {0xd1, 0x40}, {0xd0, 0}})
    CHECK_FALSE(wire::decode_note(bytes));
  CHECK_FALSE(wire::decode_note(std::array<uint8_t, 1>{0xd1}));
  CHECK_FALSE(wire::decode_note(std::array<uint8_t, 3>{0xd1, 0, 0}));
}

}  // namespace
}  // namespace farline::client
