#include <doctest/doctest.h>

#include "emulate/in_flight.h"

using namespace farline;
using namespace farline::emulate;

TEST_CASE("packets come out when due, by time, then in the order they went in") {
  constexpr Time start{};
  InFlight<int> packets;
  CHECK_FALSE(packets.next_due());
  REQUIRE(packets.push(start + 2s, 1, as_bytes("late")));
  REQUIRE(packets.push(start + 1s, 2, as_bytes("first")));
  REQUIRE(packets.push(start + 1s, 3, as_bytes("second")));
  CHECK_EQ(packets.next_due(), start + 1s);
  CHECK_FALSE(packets.pop(start + 999ms));
  CHECK_EQ(packets.pop(start + 1s)->to, 2);
  CHECK_EQ(as_text(packets.pop(start + 1s)->bytes), "second");
  CHECK_FALSE(packets.pop(start + 1s));
  CHECK_EQ(packets.pop(start + 5s)->to, 1);
  CHECK_EQ(packets.size(), 0);
}

TEST_CASE("what does not fit is refused, and room comes back") {
  InFlight<int> packets;
  const ByteVector big(InFlight<int>::kBytesMax);
  REQUIRE(packets.push(Time{}, 1, big));
  CHECK_FALSE(packets.push(Time{}, 2, as_bytes("x")));
  REQUIRE(packets.pop(Time{}));
  CHECK(packets.push(Time{}, 3, as_bytes("x")));
}
