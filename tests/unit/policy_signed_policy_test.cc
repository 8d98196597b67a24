#include <doctest/doctest.h>

#include "policy/codec.h"
#include "policy/signed_policy.h"
#include "support/policy_mutations.h"
#include "support/policy_samples.h"
#include "support/seeded_rng.h"
#include "wire/cose.h"

using namespace farline;
using namespace farline::policy;
using farline::testing::sample_root;
using farline::testing::sample_site;

namespace {

const crypto::Asymmetric& real = crypto::real_asymmetric();

struct Organisation {
  std::vector<crypto::SigningKeyPair> keys;
  RootPin pin;
  explicit Organisation(size_t count) {
    farline::testing::SeededRng rng(count);
    for (size_t i = 0; i < count; ++i) {
      keys.push_back(real.generate_signing_key_pair(rng));
      pin.keys.push_back(keys.back().public_key);
    }
    pin.organisation = "nnn";  // the samples'
  }
  std::span<const crypto::SigningKeyPair> some(size_t first, size_t count) const {
    return std::span(keys).subspan(first, count);
  }
};

RootPolicy root_policy() {
  RootPolicy root = sample_root(false);
  root.threshold = {};
  root.root_keys = {};
  root.revoked_issuers = {};
  return root;
}

Errc error_of(Bytes file, const RootPin& pin) {
  return verify_root(file, pin, real).error().code;
}

}  // namespace

TEST_CASE("one signer: verified, and no changed byte is") {
  const Organisation relief(1);
  const RootPolicy root = root_policy();
  const ByteVector file = sign_root(root, relief.keys, real);
  const auto verified = verify_root(file, relief.pin, real);
  REQUIRE(verified.has_value());
  CHECK((*verified == root));
  CHECK(error_of(file, Organisation(2).pin) == Errc::auth);
  RootPin other = relief.pin;
  other.organisation = "Other";
  CHECK(error_of(file, other) == Errc::denied);
  for (size_t at = 0; at < file.size(); ++at) {
    ByteVector changed = file;
    changed[at] ^= static_cast<uint8_t>(1U << at % 8);
    CHECK_FALSE(verify_root(changed, relief.pin, real).has_value());
  }
  for (size_t size = 0; size < file.size(); size += 7)
    CHECK_FALSE(verify_root(Bytes(file).first(size), relief.pin, real).has_value());
}

TEST_CASE("two of three, one after the other") {
  const Organisation relief(3);
  RootPin pin = relief.pin;
  pin.threshold = 2;
  RootPolicy root = root_policy();
  root.threshold = 2;
  const ByteVector one = sign_root(root, relief.some(0, 1), real);
  CHECK(error_of(one, pin) == Errc::auth);
  CHECK(error_of(one, relief.pin) == Errc::auth);  // the policy itself asks for two
  const auto two = cosign_root(one, relief.keys[2], real);
  REQUIRE(two.has_value());
  CHECK(verify_root(*two, pin, real).has_value());
  CHECK(*two == sign_root(root, std::array{relief.keys[0].copy(), relief.keys[2].copy()}, real));
  CHECK(cosign_root(*two, relief.keys[2], real).error().code == Errc::denied);
  pin.threshold = 3;
  CHECK(error_of(*two, pin) == Errc::auth);
  // A policy cannot ask for fewer than were pinned.
  root.threshold = {};
  CHECK(error_of(sign_root(root, relief.some(0, 1), real), pin) == Errc::auth);
  CHECK(cosign_root(sign_root(root, relief.some(0, 1), real), relief.keys[1], real).error().code == Errc::malformed);
}

TEST_CASE("the same key twice counts once, and a stranger's not at all") {
  const Organisation relief(3);
  RootPin pin = relief.pin;
  pin.threshold = 2;
  RootPolicy root = root_policy();
  root.threshold = 2;
  const ByteVector payload = encode(root);
  const auto by = [&](const crypto::SigningKeyPair& key) {
    const ByteVector one = sign_root(root, std::array{key.copy()}, real);
    const auto parsed = wire::parse_cose_sign(one);
    return wire::CoseSignature{to_vector(parsed->signers[0].key_id), parsed->signers[0].signature};
  };
  const Organisation other(2);
  CHECK(verify_root(wire::encode_cose_sign(payload, std::array{by(relief.keys[0]), by(relief.keys[1])}), pin, real)
            .has_value());
  CHECK(error_of(wire::encode_cose_sign(payload, std::array{by(relief.keys[0]), by(relief.keys[0])}), pin) ==
        Errc::auth);
  CHECK(error_of(wire::encode_cose_sign(payload, std::array{by(relief.keys[0]), by(other.keys[0])}), pin) ==
        Errc::auth);
}

TEST_CASE("a threshold reaches a device that was enrolled with one key, and holds from then on") {
  const Organisation relief(3);
  const RootPin enrolled{"nnn", {relief.keys[0].public_key}, 1};
  RootPolicy root = root_policy();
  root.threshold = 2;
  CHECK(error_of(sign_root(root, relief.some(0, 2), real), enrolled) == Errc::auth);  // knows only one of them
  root.root_keys = relief.pin.keys;
  CHECK(error_of(sign_root(root, relief.some(0, 1), real), enrolled) == Errc::auth);
  CHECK(error_of(sign_root(root, relief.some(1, 2), real), enrolled) == Errc::auth);  // not by the one it knows
  REQUIRE(verify_root(sign_root(root, relief.some(0, 2), real), enrolled, real).has_value());

  const RootPin pin = next_pin(root, enrolled);
  CHECK(verify_root(sign_root(root, relief.some(1, 2), real), pin, real).has_value());
  CHECK(error_of(sign_root(root, relief.some(1, 1), real), pin) == Errc::auth);
  RootPolicy alone = root;
  alone.threshold = {};
  alone.root_keys = {relief.keys[0].public_key};
  CHECK(error_of(sign_root(alone, relief.some(0, 1), real), pin) == Errc::auth);  // one key cannot take the others away
  alone.root_keys = {};
  CHECK(error_of(sign_root(alone, relief.some(0, 2), real), pin) == Errc::denied);
  root.root_keys = {relief.keys[1].public_key, relief.keys[1].public_key};
  CHECK(error_of(sign_root(root, relief.some(0, 2), real), pin) == Errc::auth);  // named twice, counted once
}

TEST_CASE("a root key is replaced by a file that both have signed") {
  const Organisation relief(2);
  const RootPin enrolled{"nnn", {relief.keys[0].public_key}, 1};
  RootPolicy root = root_policy();
  root.root_keys = {relief.keys[1].public_key};
  CHECK(error_of(sign_root(root, relief.some(0, 1), real), enrolled) == Errc::auth);
  CHECK(error_of(sign_root(root, relief.some(1, 1), real), enrolled) == Errc::auth);
  const ByteVector both = sign_root(root, relief.some(0, 2), real);
  REQUIRE(verify_root(both, enrolled, real).has_value());
  const RootPin pin = next_pin(root, enrolled);
  CHECK(verify_root(both, pin, real).has_value());  // what is held is good after a restart
  CHECK(verify_root(sign_root(root, relief.some(1, 1), real), pin, real).has_value());
  CHECK(error_of(sign_root(root, relief.some(0, 1), real), pin) == Errc::auth);  // the old one is worth nothing
}

TEST_CASE("a site's file goes with the one root file that names it") {
  const Organisation relief(1);
  SitePolicy site = sample_site(false);
  const ByteVector file = sign_site(site, relief.keys[0], real);
  RootPolicy root = root_policy();
  const SiteContext context{root, relief.pin};
  CHECK(verify_site(file, context, real).error().code == Errc::denied);
  root.sites = {pin_of(file, site.serial)};
  const auto verified = verify_site(file, context, real);
  REQUIRE(verified.has_value());
  CHECK((*verified == site));
  site.serial += 1;  // an older or newer one of the same site
  CHECK(verify_site(sign_site(site, relief.keys[0], real), context, real).error().code == Errc::denied);
  root.sites[0].bytes[3] ^= 1;
  CHECK(verify_site(file, context, real).error().code == Errc::denied);
  // One kind of file is never taken for the other.
  CHECK(error_of(file, relief.pin) == Errc::malformed);
  CHECK(verify_site(sign_root(root, relief.keys, real), context, real).error().code == Errc::malformed);
}

TEST_CASE("policies rise by generation, then serial, and never fall") {
  const Held held{2, 10, {1}};
  CHECK(check_succession(held, held).has_value());
  CHECK(check_succession(held, {2, 11, {2}}).has_value());
  CHECK(check_succession(held, {3, 0, {2}}).has_value());  // recovery from a serial that was run up
  CHECK(check_succession(held, {2, 10, {2}}).error().code == Errc::denied);
  CHECK(check_succession(held, {2, 9, {2}}).error().code == Errc::denied);
  CHECK(check_succession(held, {1, 4'000'000'000, {2}}).error().code == Errc::denied);
}

TEST_CASE("the same policy under other signatures is the same") {
  const Organisation relief(3);
  RootPolicy root = root_policy();
  root.threshold = 2;
  const Held held = held_of(root, sign_root(root, relief.some(0, 2), real));
  CHECK(check_succession(held, held_of(root, sign_root(root, relief.some(1, 2), real))).has_value());
  root.rules.client_bps = 5000;
  CHECK_FALSE(check_succession(held, held_of(root, sign_root(root, relief.some(0, 2), real))).has_value());
}

TEST_CASE("of 20,000 mutated files none is accepted") {
  CHECK(farline::testing::accepted_mutations(20'000, 1) == 0);
}

TEST_CASE("a policy file is cut into its parts") {
  const Organisation relief(1);
  const ByteVector root = sign_root(root_policy(), relief.keys, real);
  const ByteVector site = sign_site(sample_site(false), relief.keys[0], real);
  ByteVector file = root;
  file.insert(file.end(), site.begin(), site.end());
  file.insert(file.end(), site.begin(), site.end());
  const auto parts = split_policy_file(file);
  REQUIRE(parts.has_value());
  CHECK(equal(parts->root, root));
  REQUIRE(parts->sites.size() == 2);
  CHECK(equal(parts->sites[1], site));
  CHECK_FALSE(split_policy_file({}).has_value());
  CHECK_FALSE(split_policy_file(Bytes(file).first(file.size() - 1)).has_value());
  CHECK(verify_root(ByteVector(kSignedFileBytesMax + 1), relief.pin, real).error().code == Errc::limit);
}
