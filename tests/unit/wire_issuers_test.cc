#include <doctest/doctest.h>

#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"
#include "wire/issuers.h"

namespace farline::wire {
namespace {

using testing::FakeAsymmetric;
using testing::SeededRng;

struct Organisation {
  FakeAsymmetric asymmetric;
  SeededRng rng{1};
  crypto::SigningKeyPair root = asymmetric.generate_signing_key_pair(rng);
  Issuers issuers{root.public_key, asymmetric};

  crypto::SigningKeyPair keys() { return asymmetric.generate_signing_key_pair(rng); }
  ByteVector issuer(const crypto::SigningKeyPair& keys, const crypto::SigningKeyPair& by, const CertificateHash& above,
                    uint64_t expires = 9000) const {
    return encode_and_sign({.role = Role::issuer,
                            .name = "node",
                            .signing_key = keys.public_key,
                            .issued = {1000},
                            .expires = {expires},
                            .issuer = above,
                            .limits = {.site = {}, .roles = 0xff, .validity_days = 100}},
                           by, asymmetric);
  }
  ByteVector device(const crypto::SigningKeyPair& by, const CertificateHash& above) const {
    return encode_and_sign({.role = Role::device,
                            .name = "Ann",
                            .static_key = {7},
                            .signing_key = by.public_key,
                            .issued = {1000},
                            .expires = {2000},
                            .issuer = above,
                            .limits = {}},
                           by, asymmetric);
  }
};

TEST_CASE("what any issuer of the root signed is believed, as soon as the issuer is known") {
  Organisation org;
  const auto first = org.keys(), second = org.keys();
  const CertificateHash root = key_id_of(org.root.public_key);
  const ByteVector one = org.issuer(first, org.root, root), two = org.issuer(second, org.root, root);
  const ByteVector ann = org.device(second, certificate_hash_of(two));
  CHECK_EQ(org.issuers.add(one).value(), true);
  CHECK_EQ(org.issuers.add(one).value(), false);
  CHECK_EQ(org.issuers.verify(ann).error().code, Errc::not_found);
  REQUIRE(org.issuers.add(two).has_value());
  CHECK_EQ(org.issuers.verify(ann)->name, "Ann");
  const auto chain = org.issuers.chain_of(ann);
  REQUIRE_EQ(chain.size(), 2);
  CHECK(equal(chain[0], two));
  CHECK(verify_chain(chain, {org.root.public_key, Role::device, {1500}}, org.asymmetric).has_value());
  // Signed by another key than that of the issuer it names.
  CHECK_EQ(org.issuers.verify(org.device(second, certificate_hash_of(one))).error().code, Errc::auth);
}

TEST_CASE("an issuer is one of this root, and not too far below it") {
  Organisation org, other;
  const CertificateHash root = key_id_of(org.root.public_key);
  const auto first = org.keys(), second = org.keys(), third = org.keys();
  CHECK_EQ(org.issuers.add(org.issuer(first, first, root)).error().code, Errc::auth);
  CHECK_EQ(org.issuers.add(org.device(org.root, root)).error().code, Errc::denied);
  const ByteVector one = org.issuer(first, org.root, root);
  const ByteVector two = org.issuer(second, first, certificate_hash_of(one));
  CHECK_EQ(org.issuers.add(two).error().code, Errc::not_found);
  REQUIRE(org.issuers.add(one).has_value());
  REQUIRE(org.issuers.add(two).has_value());
  CHECK_EQ(org.issuers.chain_of(org.device(second, certificate_hash_of(two))).size(), 3);
  CHECK_EQ(org.issuers.add(org.issuer(third, second, certificate_hash_of(two))).error().code, Errc::limit);
}

TEST_CASE("of too many issuers the one that expires first goes") {
  Organisation org;
  const auto keys = org.keys();
  const CertificateHash root = key_id_of(org.root.public_key);
  const ByteVector first = org.issuer(keys, org.root, root, 2000);
  REQUIRE(org.issuers.add(first).has_value());
  for (uint64_t i = 0; i < kIssuersMax; ++i)
    REQUIRE(org.issuers.add(org.issuer(keys, org.root, root, 3000 + i)).has_value());
  CHECK_FALSE(org.issuers.knows(certificate_hash_of(first)));
  CHECK(org.issuers.knows(certificate_hash_of(org.issuer(keys, org.root, root, 3000))));
}

TEST_CASE("what a dropped root stands behind is believed no more, and again when it counts again") {
  Organisation org;
  const auto next = org.keys(), old_node = org.keys(), new_node = org.keys();
  const ByteVector before = org.issuer(old_node, org.root, key_id_of(org.root.public_key));
  const ByteVector after = org.issuer(new_node, next, key_id_of(next.public_key));
  const ByteVector ann = org.device(old_node, certificate_hash_of(before));
  const ByteVector bea = org.device(new_node, certificate_hash_of(after));
  REQUIRE(org.issuers.add(before).has_value());
  CHECK_EQ(org.issuers.add(after).error().code, Errc::not_found);

  const std::array both{next.public_key, org.root.public_key};
  org.issuers.follow(both, {});
  REQUIRE(org.issuers.add(after).has_value());
  CHECK(org.issuers.verify(ann).has_value());
  CHECK(org.issuers.verify(bea).has_value());
  CHECK_EQ(org.issuers.root_of(certificate_hash_of(after)), org.issuers.roots().data());
  CHECK_EQ(org.issuers.root_of(certificate_hash_of(before)), &org.issuers.roots()[1]);

  org.issuers.follow(Issuers::Keys(both).first(1), {});
  CHECK_EQ(org.issuers.verify(ann).error().code, Errc::not_found);
  CHECK_EQ(org.issuers.verify(org.device(org.root, key_id_of(org.root.public_key))).error().code, Errc::not_found);
  CHECK_EQ(org.issuers.add(before).error().code, Errc::not_found);
  CHECK_FALSE(org.issuers.counts_as_root(org.root.public_key));
  CHECK(org.issuers.verify(bea).has_value());

  Issuers restarted(next.public_key, org.asymmetric);
  restarted.load(before);
  CHECK_EQ(restarted.verify(ann).error().code, Errc::not_found);
  restarted.follow(both, {});
  CHECK(restarted.verify(ann).has_value());
}

TEST_CASE("of a withdrawn issuer nothing is believed, nor of those below it, under any certificate of its key") {
  Organisation org;
  const CertificateHash root = key_id_of(org.root.public_key);
  const auto lost = org.keys(), below = org.keys(), other = org.keys();
  const ByteVector first = org.issuer(lost, org.root, root), again = org.issuer(lost, org.root, root, 9001);
  const ByteVector under = org.issuer(below, lost, certificate_hash_of(first));
  const ByteVector good = org.issuer(other, org.root, root);
  for (const ByteVector& issuer : {first, under, good}) REQUIRE(org.issuers.add(issuer).has_value());
  org.issuers.follow(org.issuers.root_keys(), std::vector{lost.public_key});
  REQUIRE(org.issuers.add(again).has_value());
  for (const ByteVector& issuer : {first, again, under}) {
    CHECK(org.issuers.is_withdrawn(certificate_hash_of(issuer)));
    CHECK_FALSE(org.issuers.knows(certificate_hash_of(issuer)));
  }
  CHECK_EQ(org.issuers.verify(org.device(below, certificate_hash_of(under))).error().code, Errc::not_found);
  CHECK(org.issuers.verify(org.device(other, certificate_hash_of(good))).has_value());
}

}  // namespace
}  // namespace farline::wire
