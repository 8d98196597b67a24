#include <doctest/doctest.h>

#include "support/fake_asymmetric.h"
#include "support/seeded_rng.h"
#include "wire/cose.h"
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

TEST_CASE("who follows another's judgement believes what it believes, and keeps what it knew") {
  Organisation org;
  const auto first = org.keys(), second = org.keys();
  const CertificateHash root = key_id_of(org.root.public_key);
  const ByteVector one = org.issuer(first, org.root, root), two = org.issuer(second, org.root, root);
  const ByteVector ann = org.device(first, certificate_hash_of(one)),
                   ben = org.device(second, certificate_hash_of(two));
  Issuers follower(org.root.public_key, org.asymmetric);
  REQUIRE(follower.add(one).has_value());
  REQUIRE(org.issuers.add(two).has_value());
  const uint64_t before = org.issuers.version();
  follower.follow(org.issuers);
  CHECK(follower.verify(ann).has_value());
  CHECK(follower.verify(ben).has_value());
  CHECK_EQ(org.issuers.version(), before);
  const std::vector roots{org.root.public_key}, withdrawn{first.public_key};
  org.issuers.follow({roots, 1}, withdrawn);
  CHECK_GT(org.issuers.version(), before);
  follower.follow(org.issuers);
  CHECK_FALSE(follower.verify(ann).has_value());
  CHECK(follower.verify(ben).has_value());
  const std::vector other{org.keys().public_key};
  org.issuers.follow({other, 1}, {});
  follower.follow(org.issuers);
  CHECK_FALSE(follower.verify(ben).has_value());
}

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
  org.issuers.follow({both}, {});
  REQUIRE(org.issuers.add(after).has_value());
  CHECK(org.issuers.verify(ann).has_value());
  CHECK(org.issuers.verify(bea).has_value());
  CHECK_EQ(org.issuers.root_of(certificate_hash_of(after)), org.issuers.roots().data());
  CHECK_EQ(org.issuers.root_of(certificate_hash_of(before)), &org.issuers.roots()[1]);

  org.issuers.follow({Issuers::Keys(both).first(1)}, {});
  CHECK_EQ(org.issuers.verify(ann).error().code, Errc::not_found);
  CHECK_EQ(org.issuers.verify(org.device(org.root, key_id_of(org.root.public_key))).error().code, Errc::not_found);
  CHECK_EQ(org.issuers.add(before).error().code, Errc::not_found);
  CHECK_FALSE(org.issuers.counts_as_root(org.root.public_key));
  CHECK(org.issuers.verify(bea).has_value());

  Issuers restarted(next.public_key, org.asymmetric);
  restarted.load(before);
  CHECK_EQ(restarted.verify(ann).error().code, Errc::not_found);
  restarted.follow({both}, {});
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
  const auto roots = org.issuers.root_keys();
  org.issuers.follow({roots}, std::vector{lost.public_key});
  REQUIRE(org.issuers.add(again).has_value());
  for (const ByteVector& issuer : {first, again, under}) {
    CHECK(org.issuers.is_withdrawn(certificate_hash_of(issuer)));
    CHECK_FALSE(org.issuers.knows(certificate_hash_of(issuer)));
  }
  CHECK_EQ(org.issuers.verify(org.device(below, certificate_hash_of(under))).error().code, Errc::not_found);
  CHECK(org.issuers.verify(org.device(other, certificate_hash_of(good))).has_value());
}

// An issuer's certificate of several root keys; the first of them is Certificate::issuer.
ByteVector by_several(const Organisation& org, const crypto::SigningKeyPair& keys,
                      std::span<const crypto::SigningKeyPair> roots) {
  return encode_and_sign({.role = Role::issuer,
                          .name = "node",
                          .signing_key = keys.public_key,
                          .issued = {1000},
                          .expires = {9000},
                          .issuer = key_id_of(roots.front().public_key),
                          .limits = {.site = {}, .roles = 0xff, .validity_days = 100}},
                         roots, org.asymmetric)
      .value();
}

TEST_CASE("with a threshold no root key alone certifies an issuer, or a device") {
  Organisation org;
  std::vector<crypto::SigningKeyPair> roots;
  for (int i = 0; i < 3; ++i) roots.push_back(org.keys());
  const std::array<crypto::SigningPublicKey, 3> keys{roots[0].public_key, roots[1].public_key, roots[2].public_key};
  const auto node = org.keys();
  const CertificateHash first = key_id_of(keys[0]);
  const ByteVector alone = org.issuer(node, roots[0], first);
  const ByteVector one_of_several = by_several(org, node, std::span(roots).first(1));
  const ByteVector two = by_several(org, node, std::span(roots).first(2));
  const ByteVector last_two = by_several(org, node, std::span(roots).subspan(1));

  Issuers issuers(keys[0], org.asymmetric);
  REQUIRE(issuers.add(alone).has_value());
  REQUIRE(issuers.add(two).has_value());
  const ByteVector under_one = org.device(node, certificate_hash_of(alone));
  const ByteVector under_two = org.device(node, certificate_hash_of(two));
  CHECK(issuers.verify(under_one).has_value());
  CHECK(issuers.verify(under_two).has_value());
  CHECK(issuers.verify(org.device(roots[0], first)).has_value());
  CHECK_EQ(issuers.add(last_two).error().code, Errc::not_found);  // neither is known before the policy names them

  issuers.follow({keys, 2}, {});
  CHECK_EQ(issuers.verify(under_one).error().code, Errc::denied);
  CHECK(issuers.verify(under_two).has_value());
  CHECK_EQ(issuers.verify(org.device(roots[0], first)).error().code, Errc::denied);
  CHECK_EQ(issuers.add(org.issuer(org.keys(), roots[1], key_id_of(keys[1]))).error().code, Errc::denied);
  CHECK_EQ(issuers.add(one_of_several).error().code, Errc::denied);
  CHECK(issuers.add(last_two).has_value());
  CHECK(issuers.verify(org.device(node, certificate_hash_of(last_two))).has_value());
  CHECK_EQ(issuers.signature_count(certificate_hash_of(alone)), 1);
  CHECK_EQ(issuers.signature_count(certificate_hash_of(two)), 2);
  CHECK(issuers.root_of(certificate_hash_of(two))->signing_key == keys[0]);
  CHECK(issuers.root_of(certificate_hash_of(two), key_id_of(keys[1]))->signing_key == keys[1]);
  CHECK(issuers.root_of(certificate_hash_of(alone)) == nullptr);

  // A root key is replaced: signatures of those that count now are counted.
  issuers.follow({Issuers::Keys(keys).subspan(1), 2}, {});
  CHECK_EQ(issuers.verify(under_two).error().code, Errc::denied);
  CHECK(issuers.verify(org.device(node, certificate_hash_of(last_two))).has_value());
}

TEST_CASE("a second signature that is made up, or the same one twice, counts for nothing, now and later") {
  Organisation org;
  const auto thief = org.keys(), other = org.keys(), node = org.keys();
  const std::array<crypto::SigningPublicKey, 2> keys{thief.public_key, other.public_key};
  const ByteVector payload = to_vector(parse_cose_sign(by_several(org, node, std::span(&thief, 1)))->payload);
  const CoseContent content{payload, as_bytes("farline certificate")};
  const auto id = [](const crypto::SigningKeyPair& pair) { return key_id_of(pair.public_key); };
  const CoseSignature own = cose_sign(content, id(thief).bytes, thief, org.asymmetric);
  CoseSignature forged = cose_sign(content, id(other).bytes, thief, org.asymmetric);
  for (const CoseSignature& second : {forged, own}) {
    const std::array signatures{own, second};
    const ByteVector certificate = encode_cose_sign(payload, signatures);
    Issuers issuers(keys[0], org.asymmetric);
    REQUIRE(issuers.add(certificate).has_value());  // where one key is enough
    issuers.follow({keys, 2}, {});
    CHECK_EQ(issuers.verify(org.device(node, certificate_hash_of(certificate))).error().code, Errc::denied);
    Issuers later(keys[0], org.asymmetric);
    later.follow({keys, 2}, {});
    CHECK_EQ(later.add(certificate).error().code, Errc::denied);
  }
}

}  // namespace
}  // namespace farline::wire
