#include <doctest/doctest.h>

#include <type_traits>

#include "crypto/keys.h"

using namespace farline;
using namespace farline::crypto;

static_assert(!std::is_copy_constructible_v<Secret<32>> && !std::is_copy_assignable_v<Secret<32>>);
static_assert(std::is_nothrow_move_constructible_v<KeyPair>);

TEST_CASE("a moved secret leaves nothing behind") {
  const std::array<uint8_t, 4> value{1, 2, 3, 4};
  const std::array<uint8_t, 4> zeros{};
  Secret<4> a = Secret<4>::copy_of(value);
  Secret<4> b = std::move(a);
  CHECK(equal(b.bytes(), value));
  CHECK(equal(a.bytes(), zeros));
  Secret<4> c;
  c = std::move(b);
  CHECK(equal(c.bytes(), value));
  CHECK(equal(b.bytes(), zeros));
}

TEST_CASE("a destroyed secret is wiped") {
  alignas(Secret<16>) std::array<uint8_t, sizeof(Secret<16>)> storage;
  storage.fill(0xee);
  auto* secret = new (storage.data()) Secret<16>(Secret<16>::copy_of(ByteVector(16, 0x5a)));
  CHECK_EQ(storage[3], 0x5a);
  secret->~Secret();
  CHECK_EQ(storage, std::array<uint8_t, 16>{});
}

TEST_CASE("constant-time equality compares every byte and the size") {
  ByteVector a(33, 7);
  for (size_t i = 0; i < a.size(); ++i) {
    ByteVector b = a;
    CHECK(equal_constant_time(a, b));
    b[i] ^= 0x80;
    CHECK_FALSE(equal_constant_time(a, b));
  }
  CHECK_FALSE(equal_constant_time(a, Bytes(a).first(32)));
  CHECK(equal_constant_time({}, {}));
}

TEST_CASE("init may be repeated") {
  CHECK(init());
  CHECK(init());
}
