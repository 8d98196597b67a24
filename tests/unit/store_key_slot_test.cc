#include <doctest/doctest.h>

#include "crypto/hash.h"
#include "store/key_slot.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::store;
using testing::SeededRng;

namespace {

constexpr crypto::PasswordCost kCheap{.passes = 1, .memory_kib = 8, .lanes = 1};

MasterKey some_key() {
  SeededRng rng(7);
  return MasterKey::copy_of(rng.array<32>());
}

ByteVector protected_file(std::string_view passphrase) {
  SeededRng rng(1);
  KeySlots slots;
  REQUIRE(slots.add_passphrase(some_key(), as_bytes(passphrase), rng, kCheap));
  return slots.encode();
}

}  // namespace

TEST_CASE("a passphrase opens its slot after a round trip, another does not") {
  const auto slots = KeySlots::parse(protected_file("correct horse"));
  REQUIRE(slots);
  CHECK(slots->needs_passphrase());
  const auto opened = slots->open(as_bytes("correct horse"));
  REQUIRE(opened);
  CHECK(equal(opened->bytes(), some_key().bytes()));
  CHECK_EQ(slots->open(as_bytes("correct hors")).error().code, Errc::auth);
  CHECK_EQ(slots->open({}).error().code, Errc::auth);
}

TEST_CASE("the key is not in a protected file") {
  const ByteVector file = protected_file("correct horse");
  const MasterKey key = some_key();
  const auto part = key.bytes().first(8);
  CHECK((std::search(file.begin(), file.end(), part.begin(), part.end()) == file.end()));
}

TEST_CASE("an unprotected slot opens without a passphrase") {
  KeySlots written;
  written.add_unprotected(some_key());
  const auto slots = KeySlots::parse(written.encode());
  REQUIRE(slots);
  CHECK_FALSE(slots->needs_passphrase());
  const auto opened = slots->open({});
  REQUIRE(opened);
  CHECK(equal(opened->bytes(), some_key().bytes()));
}

TEST_CASE("any of several passphrases opens") {
  SeededRng rng(2);
  KeySlots written;
  REQUIRE(written.add_passphrase(some_key(), as_bytes("mine"), rng, kCheap));
  REQUIRE(written.add_passphrase(some_key(), as_bytes("the office's"), rng, kCheap));
  const auto slots = KeySlots::parse(written.encode());
  REQUIRE(slots);
  CHECK(slots->open(as_bytes("mine")));
  CHECK(slots->open(as_bytes("the office's")));
  CHECK_FALSE(slots->open(as_bytes("neither")));
}

TEST_CASE("a flipped bit, a cut and a longer file are refused") {
  const ByteVector file = protected_file("p");
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    ByteVector damaged = file;
    damaged[bit / 8] = static_cast<uint8_t>(damaged[bit / 8] ^ (1U << (bit % 8)));
    CAPTURE(bit);
    CHECK_FALSE(KeySlots::parse(damaged));
  }
  for (size_t size = 0; size < file.size(); ++size) CHECK_FALSE(KeySlots::parse(Bytes(file).first(size)));
  ByteVector longer = file;
  longer.push_back(0);
  CHECK_FALSE(KeySlots::parse(longer));
}

namespace {

// As an attacker would: any change, with the check made right again.
ByteVector with_check(ByteVector file) {
  file.resize(file.size() - 16);
  const auto check = crypto::sha256({file});
  file.insert(file.end(), check.begin(), check.begin() + 16);
  return file;
}

constexpr size_t kPassesAt = 10 + 1 + 16;
constexpr size_t kMemoryAt = kPassesAt + 4;

}  // namespace

TEST_CASE("a forged slot never opens, and a forged cost is not paid") {
  const ByteVector file = protected_file("p");
  ByteVector forged = file;
  forged[12] ^= 1;  // salt
  auto slots = KeySlots::parse(with_check(forged));
  REQUIRE(slots);
  CHECK_EQ(slots->open(as_bytes("p")).error().code, Errc::auth);

  forged = file;
  forged[kMemoryAt] = 0x40;  // 1 TiB
  CHECK_EQ(KeySlots::parse(with_check(forged)).error().code, Errc::limit);
  forged = file;
  forged[kPassesAt + 3] = 17;
  CHECK_EQ(KeySlots::parse(with_check(forged)).error().code, Errc::limit);
  forged = file;
  forged[9] = 2;  // two slots announced, one there
  CHECK_FALSE(KeySlots::parse(with_check(forged)));
  forged = file;
  forged[8] = 2;  // version
  CHECK_EQ(KeySlots::parse(with_check(forged)).error().code, Errc::unsupported);
}
