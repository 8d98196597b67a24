#include <doctest/doctest.h>

#include "crypto/hpke.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::crypto;

namespace {

// Gives the ephemeral key of a vector.
class OneKeyRng final : public Rng {
 public:
  explicit OneKeyRng(std::string_view hex) : key_(*from_hex(hex)) {}
  void fill(MutableBytes out) override { std::ranges::copy(Bytes(key_).first(out.size()), out.begin()); }

 private:
  ByteVector key_;
};

KeyPair pair_of(std::string_view secret_hex) {
  KeyPair pair;
  pair.secret = Secret<32>::copy_of(*from_hex(secret_hex));
  pair.public_key = real_asymmetric().public_key(pair.secret);
  return pair;
}

struct Vector {
  std::string_view ephemeral, recipient, sender, encapsulated, ciphertext;
};
// RFC 9180, appendix A.2.1 (Base) and A.2.3 (Auth), sequence number 0.
constexpr Vector kBase{"f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
                       "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb", "",
                       "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
                       "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"};
constexpr Vector kAuth{"c94619e1af28971c8fa7957192b7e62a71ca2dcdde0a7cc4a8a9e741d600ab13",
                       "3ca22a6d1cda1bb9480949ec5329d3bf0b080ca4c45879c95eddb55c70b80b82",
                       "2def0cb58ffcf83d1062dd085c8aceca7f4c0c3fd05912d847b61f3e54121f05",
                       "f7674cc8cd7baa5872d1f33dbaffe3314239f6197ddf5ded1746760bfc847e0e",
                       "ab1a13c9d4f01a87ec3440dbd756e2677bd2ecf9df0ce7ed73869b98e00c09be111cb9fdf077347aeb88e61bdf"};
constexpr std::string_view kPlaintext = "Beauty is truth, truth beauty";

}  // namespace

TEST_CASE("HPKE seals and opens the vectors of RFC 9180") {
  for (const Vector& vector : {kBase, kAuth}) {
    const HpkeUse use{real_asymmetric(), as_bytes("Ode on a Grecian Urn"), as_bytes("Count-0")};
    const KeyPair recipient = pair_of(vector.recipient);
    const bool auth = !vector.sender.empty();
    const KeyPair sender = auth ? pair_of(vector.sender) : KeyPair{};
    OneKeyRng rng(vector.ephemeral);
    ByteVector sealed(kPlaintext.size() + kTagBytes);
    const auto encapsulated =
        hpke_seal(use, recipient.public_key, auth ? &sender : nullptr, rng, as_bytes(kPlaintext), sealed);
    REQUIRE(encapsulated);
    CHECK_EQ(to_hex(*encapsulated), vector.encapsulated);
    CHECK_EQ(to_hex(sealed), vector.ciphertext);
    ByteVector opened(kPlaintext.size());
    REQUIRE(hpke_open(use, recipient, auth ? &sender.public_key : nullptr, *encapsulated, sealed, opened));
    CHECK_EQ(as_text(opened), kPlaintext);
  }
}

TEST_CASE("HPKE in mode Auth refuses another sender, another info, and changed bytes") {
  testing::SeededRng rng(1);
  const KeyPair alice = real_asymmetric().generate_key_pair(rng);
  const KeyPair bob = real_asymmetric().generate_key_pair(rng);
  const KeyPair mallory = real_asymmetric().generate_key_pair(rng);
  const HpkeUse use{real_asymmetric(), as_bytes("info")};
  ByteVector sealed(3 + kTagBytes), opened(3);
  const auto key = hpke_seal(use, bob.public_key, &alice, rng, as_bytes("abc"), sealed);
  REQUIRE(key);
  CHECK(hpke_open(use, bob, &alice.public_key, *key, sealed, opened));
  CHECK_FALSE(hpke_open(use, bob, &mallory.public_key, *key, sealed, opened));
  CHECK_FALSE(hpke_open(use, bob, nullptr, *key, sealed, opened));
  CHECK_FALSE(hpke_open({real_asymmetric(), as_bytes("other")}, bob, &alice.public_key, *key, sealed, opened));
  CHECK_FALSE(hpke_open(use, mallory, &alice.public_key, *key, sealed, opened));
  sealed[0] ^= 1;
  CHECK_FALSE(hpke_open(use, bob, &alice.public_key, *key, sealed, opened));
  CHECK_FALSE(hpke_open(use, bob, &alice.public_key, *key, Bytes(sealed).first(15), opened));
  CHECK_FALSE(hpke_seal(use, PublicKey{}, &alice, rng, as_bytes("abc"), sealed));
}
