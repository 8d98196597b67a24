#include <doctest/doctest.h>

#include "crypto/asymmetric.h"
#include "support/fake_asymmetric.h"
#include "support/json.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::crypto;
using farline::testing::FakeAsymmetric;
using farline::testing::Json;
using farline::testing::published_vectors;
using farline::testing::SeededRng;

namespace {

const Asymmetric& real = real_asymmetric();

template <size_t N>
std::array<uint8_t, N> array_of(std::string_view hex) {
  return Reader(*from_hex(hex)).array<N>();
}
Secret<32> secret_of(std::string_view hex) {
  return Secret<32>::copy_of(*from_hex(hex));
}

// Gives these bytes, one string a call.
class ListRng final : public Rng {
 public:
  explicit ListRng(std::vector<std::string_view> hex) : hex_(std::move(hex)) {}
  void fill(MutableBytes out) override {
    REQUIRE_LT(next_, hex_.size());
    std::ranges::copy(*from_hex(hex_[next_++]), out.begin());
  }

 private:
  std::vector<std::string_view> hex_;
  size_t next_ = 0;
};

constexpr std::string_view kP256Order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr std::string_view kZero = "0000000000000000000000000000000000000000000000000000000000000000";

}  // namespace

TEST_CASE("X25519 (RFC 7748 section 6.1)") {
  const auto bob = secret_of("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  CHECK_EQ(to_hex(real.public_key(bob)), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto alice_public = array_of<32>("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK_EQ(to_hex(real.agree(bob, alice_public)->bytes()),
           "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST_CASE("X25519 refuses low-order points (Wycheproof x25519, ZeroSharedSecret)") {
  SeededRng rng(1);
  const KeyPair pair = real.generate_key_pair(rng);
  for (const std::string_view low : {
           kZero,
           std::string_view("0100000000000000000000000000000000000000000000000000000000000000"),
           std::string_view("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
           std::string_view("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
           std::string_view("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
           std::string_view("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
           std::string_view("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
       }) {
    CAPTURE(low);
    CHECK_FALSE(real.agree(pair.secret, array_of<32>(low)));
  }
}

TEST_CASE("deterministic ECDSA P-256 with SHA-256 (RFC 6979 appendix A.2.5)") {
  SigningKeyPair key{secret_of("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"), {}};
  key.public_key = real.signing_public_key(key.secret).value();
  // Uy ends in ...99: odd.
  CHECK_EQ(to_hex(key.public_key), "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
  const Signature sample = real.sign(key, as_bytes("sample"));
  CHECK_EQ(to_hex(sample),
           "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
           "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
  CHECK_EQ(to_hex(real.sign(key, as_bytes("test"))),
           "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
           "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083");
  CHECK(real.verify(key.public_key, as_bytes("sample"), sample));
  CHECK_FALSE(real.verify(key.public_key, as_bytes("Sample"), sample));

  SigningPublicKey other_sign = key.public_key;
  other_sign[0] ^= 1;  // the point's mirror image: on the curve, not the key
  CHECK_FALSE(real.verify(other_sign, as_bytes("sample"), sample));
}

TEST_CASE("a signature does not survive a change, zeros, or r and s out of range") {
  SeededRng rng(2);
  const SigningKeyPair key = real.generate_signing_key_pair(rng);
  const Signature good = real.sign(key, as_bytes("m"));
  CHECK(real.verify(key.public_key, as_bytes("m"), good));
  for (size_t i = 0; i < good.size(); i += 7) {
    Signature bad = good;
    bad[i] ^= 1;
    CHECK_FALSE(real.verify(key.public_key, as_bytes("m"), bad));
  }
  for (const std::string_view r : {kZero, kP256Order}) {
    for (const std::string_view s : {kZero, kP256Order})
      CHECK_FALSE(real.verify(key.public_key, as_bytes("m"), array_of<64>(std::string(r) + std::string(s))));
    Signature bad = good;
    std::ranges::copy(*from_hex(r), bad.begin());
    CHECK_FALSE(real.verify(key.public_key, as_bytes("m"), bad));
    bad = good;
    std::ranges::copy(*from_hex(r), bad.begin() + 32);
    CHECK_FALSE(real.verify(key.public_key, as_bytes("m"), bad));
  }
}

TEST_CASE("public keys that are no compressed point of P-256 verify nothing") {
  SeededRng rng(3);
  const SigningKeyPair key = real.generate_signing_key_pair(rng);
  const Signature good = real.sign(key, as_bytes("m"));
  const auto verifies = [&](std::string_view hex) { return real.verify(array_of<33>(hex), as_bytes("m"), good); };
  CHECK_FALSE(verifies("00" + std::string(kZero)));
  CHECK_FALSE(verifies("04" + to_hex(key.public_key).substr(2)));
  CHECK_FALSE(verifies("02" + std::string(64, 'f')));  // x above p
  // x = p + 5 would alias the valid x = 5.
  CHECK_FALSE(verifies("02ffffffff00000001000000000000000000000001000000000000000000000004"));
  // Half of all x have no y: of 1..40 some do not, and none of them is this key.
  for (uint8_t x = 1; x <= 40; ++x) {
    SigningPublicKey point{2};
    point[32] = x;
    CHECK_FALSE(real.verify(point, as_bytes("m"), good));
  }
}

TEST_CASE("signing scalars are rejection sampled from the caller's randomness") {
  ListRng rng({kZero, kP256Order, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"});
  const SigningKeyPair key = real.generate_signing_key_pair(rng);
  CHECK_EQ(to_hex(key.public_key), "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
  CHECK_FALSE(real.signing_public_key(secret_of(kZero)));
  CHECK_FALSE(real.signing_public_key(secret_of(kP256Order)));
}

TEST_CASE("both ends agree, and a pair is found again from its secret; the toy too") {
  const FakeAsymmetric fake;
  for (const Asymmetric* asymmetric : {&real, static_cast<const Asymmetric*>(&fake)}) {
    SeededRng rng(4);
    for (int i = 0; i < 8; ++i) {
      const KeyPair a = asymmetric->generate_key_pair(rng);
      const KeyPair b = asymmetric->generate_key_pair(rng);
      CHECK_EQ(asymmetric->public_key(a.secret), a.public_key);
      const auto ab = asymmetric->agree(a.secret, b.public_key);
      const auto ba = asymmetric->agree(b.secret, a.public_key);
      CHECK(equal(ab->bytes(), ba->bytes()));
      CHECK_FALSE(equal(ab->bytes(), asymmetric->agree(a.secret, a.public_key)->bytes()));
      const SigningKeyPair s = asymmetric->generate_signing_key_pair(rng);
      CHECK_EQ(asymmetric->signing_public_key(s.secret).value(), s.public_key);
      const Signature signature = asymmetric->sign(s, as_bytes("m"));
      CHECK(asymmetric->verify(s.public_key, as_bytes("m"), signature));
      CHECK_FALSE(asymmetric->verify(s.public_key, as_bytes("n"), signature));
    }
  }
}

TEST_CASE("X25519 of Wycheproof") {
  const auto file = published_vectors("wycheproof/x25519_test.json");
  if (!file) {
    MESSAGE("skipped: the full vectors are not beside the project");
    return;
  }
  size_t count = 0;
  for (const Json& group : (*file)["testGroups"].items) {
    for (const Json& test : group["tests"].items) {
      CAPTURE(test["tcId"].text);
      const auto shared = real.agree(secret_of(test["private"].text), array_of<32>(test["public"].text));
      CHECK_EQ(shared.has_value(), test["shared"].text != kZero);
      if (shared) CHECK_EQ(to_hex(shared->bytes()), test["shared"].text);
      ++count;
    }
  }
  CHECK_EQ(count, 518);
}

TEST_CASE("ECDSA P-256 of Wycheproof, its keys compressed and decompressed") {
  const auto file = published_vectors("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json");
  if (!file) {
    MESSAGE("skipped: the full vectors are not beside the project");
    return;
  }
  size_t count = 0;
  for (const Json& group : (*file)["testGroups"].items) {
    const ByteVector point = group["publicKey"]["uncompressed"].hex();
    SigningPublicKey key;
    key[0] = static_cast<uint8_t>(2 + (point[64] & 1));
    std::copy_n(point.begin() + 1, 32, key.begin() + 1);
    for (const Json& test : group["tests"].items) {
      const ByteVector signature = test["sig"].hex();
      CAPTURE(test["tcId"].text);
      if (signature.size() != sizeof(Signature)) {  // the type of a signature excludes these
        CHECK_EQ(test["result"].text, "invalid");
        continue;
      }
      CHECK_EQ(real.verify(key, test["msg"].hex(), Reader(signature).array<64>()), test["result"].text == "valid");
      ++count;
    }
  }
  CHECK_GT(count, 200);
}
