#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/spsc_ring.h"

using namespace farline;

TEST_CASE("a Reader gives what a Writer wrote, in network order") {
  std::array<uint8_t, 18> buffer{};
  Writer w(buffer);
  w.u8(1);
  w.u16(0x0203);
  w.u24(0x040506);
  w.u32(0x0708090a);
  w.u64(0x0b0c0d0e0f101112);
  CHECK_EQ(to_hex(w.written()), "0102030405060708090a0b0c0d0e0f101112");
  Reader r(w.written());
  CHECK_EQ(r.u8(), 1);
  CHECK_EQ(r.u16(), 0x0203);
  CHECK_EQ(r.u24(), 0x040506U);
  CHECK_EQ(r.u32(), 0x0708090aU);
  CHECK_EQ(r.u64(), 0x0b0c0d0e0f101112U);
  CHECK(r.finish());
}

TEST_CASE("a Reader past the end stays failed and gives zeros") {
  const std::array<uint8_t, 3> three{1, 2, 3};
  Reader r(three);
  CHECK_EQ(r.u32(), 0U);
  CHECK_EQ(r.u8(), 0);
  CHECK_EQ(r.rest().size(), 0U);
  CHECK_EQ(r.finish().error().code, Errc::truncated);
}

TEST_CASE("a Reader refuses trailing bytes") {
  const std::array<uint8_t, 3> three{1, 2, 3};
  Reader r(three);
  CHECK_EQ(r.u16(), 0x0102);
  CHECK_EQ(r.finish().error().code, Errc::malformed);
}

TEST_CASE("hexadecimal") {
  CHECK_EQ(to_hex(*from_hex("00fFa5")), "00ffa5");
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("0g"));
}

TEST_CASE("RateLimit gives its burst, then one an interval") {
  RateLimit limit(2, 1s);
  const Time start{10s};
  CHECK(limit.take(start));
  CHECK(limit.take(start));
  CHECK_FALSE(limit.take(start + 900ms));
  CHECK(limit.take(start + 1s));
  CHECK_FALSE(limit.take(start + 1s));
}

TEST_CASE("SpscRing keeps order and drops what does not fit") {
  SpscRing<int> ring(4);
  const std::array<int, 5> five{1, 2, 3, 4, 5};
  CHECK_EQ(ring.write(five), 4U);
  std::array<int, 3> out{};
  CHECK_EQ(ring.read(out), 3U);
  CHECK_EQ(out[2], 3);
  CHECK_EQ(ring.write(std::span(five).first(3)), 3U);
  CHECK_EQ(ring.size(), 4U);
}
