#include <doctest/doctest.h>

#include "client/keypad.h"
#include "support/seeded_rng.h"

namespace farline::client {
namespace {

// What `from` says now reaches `to`, unless it is lost; the keys that are new there.
std::string carry_keys(Time now, Keypad& from, Keypad& to, bool is_lost = false) {
  const auto said = from.poll(now, 2s);
  if (!said) return {};
  const auto decoded = wire::decode_keys(wire::encode_keys(*said));
  REQUIRE(decoded);
  CHECK(*decoded == *said);
  return is_lost ? std::string() : to.handle(*decoded);
}

TEST_CASE("keys arrive each once and in order, however many packets are lost") {
  testing::SeededRng rng(7);
  std::array<uint8_t, 1> random{};
  const auto is_lost = [&] {
    rng.fill(random);
    return random[0] < 128;
  };
  Keypad a;
  Keypad b;
  std::string pressed, back, heard, heard_back;
  Time now{};
  for (int i = 0; i < 2000; ++i, now += 1s) {
    const char key = wire::kKeypad[static_cast<size_t>(i) % wire::kKeypad.size()];
    if (i < 1600 && i % 3 != 0 && a.press(key)) pressed += key;
    if (i < 1600 && i % 5 == 0 && b.press(key)) back += key;
    heard += carry_keys(now, a, b, is_lost());
    heard_back += carry_keys(now, b, a, is_lost());
  }
  CHECK(pressed.size() > 700);  // the counts have gone round
  CHECK(heard == pressed);
  CHECK(heard_back == back);
  CHECK_FALSE(a.poll(now, 2s));  // and then both are silent
  CHECK_FALSE(b.poll(now, 2s));
}

TEST_CASE("old packets of keys change nothing") {
  Keypad a;
  Keypad b;
  CHECK(a.press('1'));
  const auto old = a.poll(Time{}, 2s);
  REQUIRE(old);
  CHECK(b.handle(*old) == "1");
  CHECK(a.handle(*b.poll(Time{}, 2s)).empty());
  CHECK(a.press('2'));
  CHECK(carry_keys(Time{}, a, b) == "2");
  CHECK(b.handle(*old).empty());
  CHECK(b.handle({.heard = 0, .first = 9, .keys = "5"}).empty());  // some are missing before it
}

TEST_CASE("no more keys than can be told apart") {
  Keypad a;
  CHECK_FALSE(a.press('x'));
  for (size_t i = 0; i < Keypad::kWaitingMax; ++i) CHECK(a.press('#'));
  CHECK_FALSE(a.press('#'));
}

TEST_CASE("what are no keys is refused") {
  const auto bytes = wire::encode_keys({.heard = 1, .first = 2, .keys = "12#"});
  CHECK(wire::decode_keys(bytes));
  CHECK_FALSE(wire::decode_keys(Bytes(bytes).first(7)));
  for (const auto& [at, value] : {std::pair{0, 0xd1}, {3, 9}, {3, 2}, {7, 1}}) {
    auto wrong = bytes;
    wrong[static_cast<size_t>(at)] = static_cast<uint8_t>(value);
    CHECK_FALSE(wire::decode_keys(wrong));
  }
}

}  // namespace
}  // namespace farline::client
