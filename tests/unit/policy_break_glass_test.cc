#include <doctest/doctest.h>

#include "policy/break_glass.h"

using namespace farline;
using namespace farline::policy;

namespace {

constexpr GlassCode kCode{{0x57, 0xe0, 0xc1, 0x68, 0x3a, 0x00, 0xff, 0x10, 0x99, 0x42}};
constexpr wire::DeviceId kDevice{{1, 2, 3, 4, 5, 6, 7, 8}};
constexpr wire::DeviceId kOther{{1, 2, 3, 4, 5, 6, 7, 9}};
constexpr WallTime kNow{1'800'000'000};

}  // namespace

TEST_CASE("a code is read back as people write and say it") {
  const std::string text = code_text(kCode);
  CHECK(text == "K7QM-C2B2-AD7R-BGKC");
  for (const char* written :
       {"K7QM-C2B2-AD7R-BGKC", "k7qm c2b2 ad7r bgkc", "K7QMC2B2AD7RBGKC\n", "K7QM-C2B2-AD7R-8GKC"})
    CHECK(code_from_text(written) == kCode);
  for (const char* wrong : {"", "K7QM-C2B2-AD7R-BGK", "K7QM-C2B2-AD7R-BGKCA", "K7QM-C2B2-AD7R-BGK1"})
    CHECK_FALSE(code_from_text(wrong).has_value());
  CHECK(code_spoken(kCode) ==
        "Kilo Seven Quebec Mike, Charlie Two Bravo Two, Alfa Delta Seven Romeo, Bravo Golf Kilo Charlie");
}

TEST_CASE("a code opens its device, once, for four hours") {
  const std::vector<ShortHash> hashes = {glass_hash(kCode, kDevice)};
  BreakGlass glass(kDevice);
  CHECK_FALSE(glass.is_open(kNow));
  GlassCode misheard = kCode;
  misheard.bytes[9] ^= 1;
  CHECK(glass.open(misheard, hashes, kNow).error().code == Errc::denied);
  CHECK(BreakGlass(kOther).open(kCode, hashes, kNow).error().code == Errc::denied);
  CHECK(glass.open(kCode, {}, kNow).error().code == Errc::denied);

  REQUIRE(glass.open(kCode, hashes, kNow).has_value());
  CHECK(glass.is_open(kNow));
  CHECK(glass.is_open({kNow.seconds + kGlassOpenSeconds - 1}));
  CHECK(glass.is_open({kNow.seconds - 60}));  // the clock was a minute fast
  CHECK_FALSE(glass.is_open({kNow.seconds + kGlassOpenSeconds}));
  CHECK(glass.open(kCode, hashes, {kNow.seconds + 86'400}).error().code == Errc::denied);

  // What was used stays used after a restart, and open stays open.
  BreakGlass restarted(kDevice, {glass.uses().begin(), glass.uses().end()});
  CHECK(restarted.is_open({kNow.seconds + 60}));
  CHECK(restarted.open(kCode, hashes, {kNow.seconds + 60}).error().code == Errc::denied);
}

TEST_CASE("a code for any device opens each once") {
  const std::vector<ShortHash> hashes = {glass_hash(kCode, {})};
  for (const wire::DeviceId& device : {kDevice, kOther}) {
    BreakGlass glass(device);
    CHECK(glass.open(kCode, hashes, kNow).value() == WallTime{kNow.seconds + kGlassOpenSeconds});
    CHECK_FALSE(glass.open(kCode, hashes, kNow).has_value());
  }
}
