#include <doctest/doctest.h>

#include <string>

#include "crypto/hash.h"
#include "support/seeded_rng.h"
#include "wire/certificate.h"
#include "wire/limits.h"
#include "wire/name.h"

using namespace farline;
using namespace farline::wire;

namespace {

const crypto::Asymmetric& real = crypto::real_asymmetric();
constexpr uint64_t kDay = 24 * 3600;
constexpr uint64_t kNow = 1'800'000'000;

// An organisation: root -> issuer of site "hq" -> device, all valid around kNow.
struct Organisation {
  testing::SeededRng rng{7};
  crypto::SigningKeyPair root = real.generate_signing_key_pair(rng);
  crypto::SigningKeyPair issuer_key = real.generate_signing_key_pair(rng);
  crypto::SigningKeyPair device_signing = real.generate_signing_key_pair(rng);
  crypto::KeyPair device_static = real.generate_key_pair(rng);

  Certificate issuer() const {
    Certificate out;
    out.role = Role::issuer;
    out.name = "node 1";
    out.signing_key = issuer_key.public_key;
    out.issued = {kNow - 100 * kDay};
    out.expires = {kNow + 1000 * kDay};
    out.issuer = key_id_of(root.public_key);
    out.limits = {"hq", role_bit(Role::device), 366};
    return out;
  }
  Certificate device(Bytes issuer_encoded) const {
    Certificate out;
    out.name = "alice@hq";
    out.static_key = device_static.public_key;
    out.signing_key = device_signing.public_key;
    out.issued = {kNow - kDay};
    out.expires = {kNow + 364 * kDay};
    out.issuer = certificate_hash_of(issuer_encoded);
    return out;
  }
  ByteVector sign_issuer(const Certificate& issuer) const { return encode_and_sign(issuer, root, real); }
  ByteVector sign_device(const Certificate& device) const { return encode_and_sign(device, issuer_key, real); }
};

// The verdict on root -> issuer -> device at `now`, after both certificates were changed.
template <typename ChangeIssuer, typename ChangeDevice>
Result<Certificate> verdict(ChangeIssuer change_issuer, ChangeDevice change_device, uint64_t now = kNow) {
  const Organisation org;
  Certificate issuer = org.issuer();
  change_issuer(issuer);
  const ByteVector issuer_encoded = org.sign_issuer(issuer);
  Certificate device = org.device(issuer_encoded);
  change_device(device);
  const ByteVector device_encoded = org.sign_device(device);
  const Bytes chain[] = {issuer_encoded, device_encoded};
  return verify_chain(chain, {org.root.public_key, Role::device, {now}}, real);
}
void unchanged(Certificate&) {}

}  // namespace

TEST_CASE("a certificate reads as it was written, and is small") {
  const Organisation org;
  const ByteVector issuer_encoded = org.sign_issuer(org.issuer());
  const auto issuer = parse_certificate(issuer_encoded);
  REQUIRE(issuer.has_value());
  CHECK(issuer->role == Role::issuer);
  CHECK(issuer->name == "node 1");
  CHECK(issuer->signing_key == org.issuer_key.public_key);
  CHECK(issuer->limits.site == "hq");
  CHECK(issuer->limits.roles == role_bit(Role::device));
  CHECK(issuer->limits.validity_days == 366);

  Certificate wanted = org.device(issuer_encoded);
  for (const auto& [name, size] :
       {std::pair{"alice", 190U}, std::pair{"alice@hq", 193U}, std::pair{"bartholomew@hq", 199U}}) {
    wanted.name = name;
    const ByteVector encoded = org.sign_device(wanted);
    CHECK(encoded.size() == size);
    const auto read = parse_certificate(encoded);
    REQUIRE(read.has_value());
    CHECK(read->role == Role::device);
    CHECK(read->name == name);
    CHECK(read->static_key == wanted.static_key);
    CHECK(read->signing_key == wanted.signing_key);
    CHECK(read->issued == wanted.issued);
    CHECK(read->expires == wanted.expires);
    CHECK(read->issuer == wanted.issuer);
  }
  wanted.name = std::string(31, 'n') + "@" + std::string(32, 's');
  CHECK(org.sign_device(wanted).size() <= kCertificateBytesMax);
  Certificate largest = org.issuer();
  largest.name = largest.limits.site = std::string(64, 'x');
  CHECK(org.sign_issuer(largest).size() <= kCertificateBytesMax);
}

TEST_CASE("a device's certificate may say the role of its person, nobody else's") {
  const Organisation org;
  const ByteVector issuer_encoded = org.sign_issuer(org.issuer());
  Certificate wanted = org.device(issuer_encoded);
  const size_t size = org.sign_device(wanted).size();
  for (uint8_t role = 1; role <= kPersonRoleMax; ++role) {
    wanted.person_role = role;
    const ByteVector encoded = org.sign_device(wanted);
    CHECK(encoded.size() == size + 1);
    CHECK(parse_certificate(encoded).value().person_role == role);
  }
  // The last byte of the payload, before the signature and its head, is the role.
  ByteVector encoded = org.sign_device(wanted);
  uint8_t& role = encoded[encoded.size() - 67];
  REQUIRE(role == kPersonRoleMax);
  role = 0;  // two forms of one certificate
  CHECK(parse_certificate(encoded).error().code == Errc::malformed);
  role = kPersonRoleMax + 1;
  CHECK(parse_certificate(encoded).error().code == Errc::unsupported);
  role = 1;
  CHECK(parse_certificate(encoded).has_value());
  encoded[encoded.size() - 67 - 36] = 2;  // a node's
  CHECK(parse_certificate(encoded).error().code == Errc::malformed);
}

TEST_CASE("ids are the first 8 bytes of SHA-256") {
  const crypto::PublicKey zero{};
  CHECK(to_hex(device_id_of(zero).bytes) == "66687aadf862bd77");  // SHA-256 of 32 zero bytes
  CHECK(certificate_hash_of(zero).bytes == device_id_of(zero).bytes);
}

TEST_CASE("a chain from root over an issuer to a device verifies") {
  const auto device = verdict(unchanged, unchanged);
  REQUIRE(device.has_value());
  CHECK(device->name == "alice@hq");
}

TEST_CASE("a chain of one is signed by the root itself, a chain of three narrows") {
  const Organisation org;
  Certificate site_admin = org.issuer();
  site_admin.limits = {"hq", static_cast<RoleSet>(role_bit(Role::issuer) | role_bit(Role::device)), 800};
  const ByteVector admin_encoded = org.sign_issuer(site_admin);
  const Bytes alone[] = {admin_encoded};
  CHECK(verify_chain(alone, {org.root.public_key, Role::issuer, {kNow}}, real).has_value());
  CHECK(verify_chain(alone, {org.root.public_key, Role::device, {kNow}}, real).error().code == Errc::denied);

  testing::SeededRng rng(8);
  const auto node_key = real.generate_signing_key_pair(rng);
  Certificate node = org.issuer();
  node.signing_key = node_key.public_key;
  node.issuer = certificate_hash_of(admin_encoded);
  node.issued = {kNow - 10 * kDay};
  node.expires = {kNow + 500 * kDay};
  const auto chain_verdict = [&] {
    const ByteVector node_encoded = encode_and_sign(node, org.issuer_key, real);
    const ByteVector device_encoded = encode_and_sign(org.device(node_encoded), node_key, real);
    const Bytes chain[] = {admin_encoded, node_encoded, device_encoded};
    return verify_chain(chain, {org.root.public_key, Role::device, {kNow}}, real);
  };
  CHECK(chain_verdict().has_value());
  node.limits.roles |= role_bit(Role::node);  // which the admin may not give
  CHECK(chain_verdict().error().code == Errc::denied);
  node.limits.roles = role_bit(Role::device);
  node.limits.validity_days = 801;
  CHECK(chain_verdict().error().code == Errc::denied);
  node.limits.validity_days = 366;
  node.limits.site = "";
  CHECK(chain_verdict().error().code == Errc::denied);

  const Bytes four[] = {admin_encoded, admin_encoded, admin_encoded, admin_encoded};
  CHECK(verify_chain(four, {org.root.public_key, Role::issuer, {kNow}}, real).error().code == Errc::limit);
  CHECK(verify_chain({}, {org.root.public_key, Role::issuer, {kNow}}, real).error().code == Errc::limit);
}

TEST_CASE("an issuer cannot go beyond its limits") {
  const auto denied = [](const Result<Certificate>& result) {
    return !result.has_value() && result.error().code == Errc::denied;
  };
  CHECK(denied(verdict(unchanged, [](Certificate& c) { c.name = "alice"; })));
  CHECK(denied(verdict(unchanged, [](Certificate& c) { c.name = "alice@field"; })));
  CHECK(denied(verdict(unchanged, [](Certificate& c) { c.role = Role::node; })));
  CHECK(denied(verdict(unchanged, [](Certificate& c) { c.expires.seconds = c.issued.seconds + 366 * kDay + 1; })));
  CHECK(verdict(unchanged, [](Certificate& c) { c.expires.seconds = c.issued.seconds + 366 * kDay; }).has_value());
  CHECK(denied(verdict([](Certificate& c) { c.expires = {kNow + 363 * kDay}; }, unchanged)));
  CHECK(denied(verdict([](Certificate& c) { c.issued = {kNow}; }, unchanged)));
  CHECK(denied(verdict([](Certificate& c) { c.limits.roles = role_bit(Role::node); }, unchanged)));
  CHECK(denied(verdict([](Certificate& c) { c.limits.validity_days = 364; }, unchanged)));
  CHECK(verdict([](Certificate& c) { c.limits.site = ""; }, [](Certificate& c) { c.name = "alice"; }).has_value());
}

TEST_CASE("validity is checked when the time is known") {
  const auto at = [](uint64_t now) { return verdict(unchanged, unchanged, now); };
  CHECK(at(0).has_value());
  CHECK(at(kNow + 364 * kDay - 1).has_value());
  CHECK(at(kNow + 364 * kDay).error().code == Errc::denied);
  CHECK(at(kNow - 2 * kDay).has_value());  // issued in the future by no more than the slack
  CHECK(at(kNow - 2 * kDay - 1).error().code == Errc::denied);
}

TEST_CASE("only the named issuer's signature counts") {
  const Organisation org;
  testing::SeededRng rng(9);
  const auto stranger = real.generate_signing_key_pair(rng);
  const ByteVector issuer_encoded = org.sign_issuer(org.issuer());
  const ByteVector device_encoded = org.sign_device(org.device(issuer_encoded));
  const ChainRule rule{org.root.public_key, Role::device, {kNow}};

  const ByteVector forged = encode_and_sign(org.device(issuer_encoded), stranger, real);
  const Bytes forged_chain[] = {issuer_encoded, forged};
  CHECK(verify_chain(forged_chain, rule, real).error().code == Errc::auth);

  const Bytes without_issuer[] = {device_encoded};
  CHECK(verify_chain(without_issuer, rule, real).error().code == Errc::auth);

  const Bytes chain[] = {issuer_encoded, device_encoded};
  CHECK(verify_chain(chain, {stranger.public_key, Role::device, {kNow}}, real).error().code == Errc::auth);

  // A device signs another device with its own key.
  Certificate child = org.device(device_encoded);
  child.expires = {kNow + 10 * kDay};
  const ByteVector child_encoded = encode_and_sign(child, org.device_signing, real);
  const Bytes device_as_issuer[] = {issuer_encoded, device_encoded, child_encoded};
  CHECK(verify_chain(device_as_issuer, rule, real).error().code == Errc::denied);
}

TEST_CASE("no byte of a certificate can change or be cut off") {
  const Organisation org;
  const ByteVector issuer_encoded = org.sign_issuer(org.issuer());
  const Authority authority = issuer_authority(org.issuer(), issuer_encoded);
  const ByteVector encoded = org.sign_device(org.device(issuer_encoded));
  REQUIRE(verify_certificate(encoded, authority, real).has_value());
  for (size_t i = 0; i < encoded.size(); ++i) {
    ByteVector flipped = encoded;
    flipped[i] ^= static_cast<uint8_t>(1 << i % 8);
    CAPTURE(i);
    CHECK_FALSE(verify_certificate(flipped, authority, real).has_value());
  }
  for (size_t size = 0; size < encoded.size(); ++size)
    CHECK_FALSE(parse_certificate(Bytes(encoded).first(size)).has_value());
  CHECK(parse_certificate(ByteVector(kCertificateBytesMax + 1)).error().code == Errc::limit);
}

TEST_CASE("names: what is allowed, and what is the same") {
  CHECK(fold_name("Alice@HQ").value() == "alice@hq");
  CHECK(fold_name("J\xc3\x9cRG").value() == "j\xc3\x9crg");  // only ASCII letters fold
  CHECK(fold_name("Dr. O'Neil").value() == "dr. o'neil");
  CHECK(site_of("alice@hq") == "hq");
  CHECK(site_of("alice").empty());
  CHECK(check_name(std::string(64, 'a')).has_value());
  for (const std::string& name :
       {std::string(), std::string(65, 'a'), std::string("a\0b", 3), std::string("a\nb"), std::string("a\x7f"),
        std::string("a\xc2\x85"), std::string("a\xe2\x80\xa8"), std::string("a\xe2\x80\xae"),
        std::string("a\xe2\x81\xa6"), std::string("a\xff"), std::string("@hq"), std::string("alice@"),
        std::string("a@b@c"), std::string(" alice"), std::string("alice ")}) {
    CAPTURE(name);
    CHECK_FALSE(check_name(name).has_value());
    CHECK_FALSE(fold_name(name).has_value());
  }
}
