#include <doctest/doctest.h>

#include "support/seeded_rng.h"
#include "wire/limits.h"
#include "wire/pass.h"

namespace farline::wire {
namespace {

struct Issuer {
  explicit Issuer(uint64_t seed) {
    testing::SeededRng rng(seed);
    keys = crypto::real_asymmetric().generate_signing_key_pair(rng);
    authority = root_authority(keys.public_key);
  }
  crypto::SigningKeyPair keys;
  Authority authority;
};

const PassClaims kClaims{{{1, 2, 3, 4, 5, 6, 7, 8}}, {1'800'000'000}};

TEST_CASE("a pass says whose it is and how long") {
  const Issuer node(1);
  const auto& real = crypto::real_asymmetric();
  const ByteVector pass = sign_pass(kClaims, node.authority.id, node.keys, real);
  CHECK(pass.size() == 103);
  const auto read = verify_pass(pass, node.authority, real);
  REQUIRE(read);
  CHECK(read->device == kClaims.device);
  CHECK(read->expires == kClaims.expires);
}

TEST_CASE("a pass of another node, or one that was changed, is none") {
  const Issuer node(1);
  const Issuer stranger(2);
  const auto& real = crypto::real_asymmetric();
  const ByteVector pass = sign_pass(kClaims, node.authority.id, node.keys, real);
  CHECK(verify_pass(pass, stranger.authority, real).error().code == Errc::auth);
  const ByteVector forged = sign_pass(kClaims, node.authority.id, stranger.keys, real);
  CHECK(verify_pass(forged, node.authority, real).error().code == Errc::auth);
  for (size_t i = 0; i < pass.size(); ++i) {
    ByteVector changed = pass;
    changed[i] ^= 1;
    CHECK_FALSE(verify_pass(changed, node.authority, real));
  }
  for (size_t size = 0; size < pass.size(); ++size)
    CHECK_FALSE(verify_pass(Bytes(pass).first(size), node.authority, real));
  CHECK_FALSE(verify_pass(ByteVector(kPassBytesMax + 1), node.authority, real));
}

}  // namespace
}  // namespace farline::wire
