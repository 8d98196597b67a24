// Sections 6 and 7 of docs/PROTOCOL.md: names, CBOR, certificates, chains, invitations.
#include <functional>

#include "support/seeded_rng.h"
#include "vector_file.h"
#include "wire/cbor.h"
#include "wire/certificate.h"
#include "wire/invitation.h"
#include "wire/name.h"
#include "wire/order.h"

namespace farline::vectors {
namespace {

using namespace wire;

constexpr uint64_t kDay = 24 * 3600;
constexpr uint64_t kNow = 1'800'000'000;
const crypto::Asymmetric& real = crypto::real_asymmetric();

struct Organisation {
  testing::SeededRng rng{61};
  crypto::SigningKeyPair root = real.generate_signing_key_pair(rng);
  crypto::SigningKeyPair admin = real.generate_signing_key_pair(rng);
  crypto::SigningKeyPair node = real.generate_signing_key_pair(rng);
  crypto::SigningKeyPair signing = real.generate_signing_key_pair(rng);
  crypto::KeyPair device = real.generate_key_pair(rng);

  Certificate admin_certificate() const {
    Certificate out;
    out.role = Role::issuer;
    out.name = "Admin of HQ";
    out.signing_key = admin.public_key;
    out.issued = {kNow - 400 * kDay};
    out.expires = {kNow + 2000 * kDay};
    out.issuer = key_id_of(root.public_key);
    out.limits = {"hq", static_cast<RoleSet>(role_bit(Role::device) | role_bit(Role::issuer)), 1200};
    return out;
  }
  Certificate node_certificate(Bytes admin_encoded) const {
    Certificate out = admin_certificate();
    out.name = "node 1";
    out.signing_key = node.public_key;
    out.issued = {kNow - 100 * kDay};
    out.expires = {kNow + 1000 * kDay};
    out.issuer = certificate_hash_of(admin_encoded);
    out.limits = {"hq", role_bit(Role::device), 366};
    return out;
  }
  Certificate device_certificate(const CertificateHash& issuer) const {
    Certificate out;
    out.name = "alice@hq";
    out.static_key = device.public_key;
    out.signing_key = signing.public_key;
    out.issued = {kNow - kDay};
    out.expires = {kNow + 364 * kDay};
    out.issuer = issuer;
    return out;
  }
};

void add_certificate(VectorFile& out, std::string_view about, Bytes encoded,
                     const crypto::SigningPublicKey& issuer_key) {
  const Certificate c =
      verify_certificate(
          encoded, {parse_certificate(encoded)->issuer, issuer_key, {"", UINT8_MAX, UINT16_MAX}, {}, {UINT64_MAX}},
          real)
          .value();
  out.add("certificate", about).hex("encoded", encoded).hex("issuer_key", issuer_key);
  out.number("size", encoded.size()).hex("certificate_hash", certificate_hash_of(encoded).bytes);
  out.number("role", static_cast<uint64_t>(c.role)).text("name", c.name).hex("issuer", c.issuer.bytes);
  out.number("issued", c.issued.seconds).number("expires", c.expires.seconds).hex("signing_key", c.signing_key);
  if (c.role == Role::issuer) {
    out.text("site", c.limits.site).number("roles", c.limits.roles).number("days", c.limits.validity_days);
  } else {
    out.hex("static_key", c.static_key).hex("device_id", device_id_of(c.static_key).bytes);
    if (c.role == Role::device) out.number("person", c.person_role);
  }
}

void add_certificates(VectorFile& out) {
  const Organisation org;
  const ByteVector admin = encode_and_sign(org.admin_certificate(), org.root, real);
  const ByteVector node = encode_and_sign(org.node_certificate(admin), org.admin, real);
  add_certificate(out, "issuer of a site, signed by the root", admin, org.root.public_key);
  add_certificate(out, "issuer with a delegated enrolment key, signed by the issuer above", node, org.admin.public_key);
  Certificate device = org.device_certificate(certificate_hash_of(node));
  for (const char* name : {"alice@hq", "bob", "J\xc3\xbcrgen M\xc3\xbcller@hq",
                           "a name of exactly 64 bytes ....................................."}) {
    device.name = name;
    add_certificate(out, "device", encode_and_sign(device, org.node, real), org.node.public_key);
  }
  for (device.person_role = 1; device.person_role <= kPersonRoleMax; ++device.person_role)
    add_certificate(out, "device of a person with a role", encode_and_sign(device, org.node, real),
                    org.node.public_key);
  device.person_role = 0;
  device.role = Role::node;
  device.name = "sn1.example.org";
  add_certificate(out, "node", encode_and_sign(device, org.node, real), org.node.public_key);
}

struct ChainCase {
  const char* about;
  std::function<void(Certificate&)> change_node = [](Certificate&) {};
  std::function<void(Certificate&)> change_device = [](Certificate&) {};
  uint64_t now = kNow;
};

void add_chains(VectorFile& out) {
  const Organisation org;
  const ByteVector admin = encode_and_sign(org.admin_certificate(), org.root, real);
  const auto device_days = [](uint64_t days) {
    return [days](Certificate& c) { c.expires.seconds = c.issued.seconds + days * kDay; };
  };
  const ChainCase cases[] = {
      {"root, site, node, device"},
      {"the time is not known", {}, {}, 0},
      {"the last second", {}, {}, kNow + 364 * kDay - 1},
      {"expired", {}, {}, kNow + 364 * kDay},
      {"issued 24 h in the future", {}, {}, kNow - 2 * kDay},
      {"issued more than 24 h in the future", {}, {}, kNow - 2 * kDay - 1},
      {"the issuer's whole validity", {}, device_days(366)},
      {"a day more than the issuer may give", {}, device_days(367)},
      {"another site", {}, [](Certificate& c) { c.name = "alice@field"; }},
      {"no site", {}, [](Certificate& c) { c.name = "alice"; }},
      {"a role the issuer may not give", {}, [](Certificate& c) { c.role = Role::node; }},
      {"another issuer's id", {}, [](Certificate& c) { c.issuer.bytes[0] ^= 1; }},
      {"outlives its issuer", [](Certificate& c) { c.expires = {kNow + 363 * kDay}; }},
      {"issued before its issuer", [](Certificate& c) { c.issued = {kNow}; }},
      {"issuer gives a role it does not have", [](Certificate& c) { c.limits.roles |= role_bit(Role::node); }},
      {"issuer gives a longer validity than it may", [](Certificate& c) { c.limits.validity_days = 1201; }},
      {"issuer leaves its site", [](Certificate& c) { c.limits.site = ""; }},
  };
  for (const ChainCase& chain_case : cases) {
    Certificate node = org.node_certificate(admin);
    if (chain_case.change_node) chain_case.change_node(node);
    const ByteVector node_encoded = encode_and_sign(node, org.admin, real);
    Certificate device = org.device_certificate(certificate_hash_of(node_encoded));
    if (chain_case.change_device) chain_case.change_device(device);
    const std::vector<ByteVector> chain = {admin, node_encoded, encode_and_sign(device, org.node, real)};
    const Bytes views[] = {chain[0], chain[1], chain[2]};
    const auto verdict = verify_chain(views, {org.root.public_key, Role::device, {chain_case.now}}, real);
    out.add("chain", chain_case.about).hex("root_key", org.root.public_key).hexes("certificates", chain);
    out.number("role", 1).number("now", chain_case.now).boolean("valid", verdict.has_value());
  }
  const std::vector<ByteVector> wrong_signer = {
      admin, encode_and_sign(org.device_certificate(certificate_hash_of(admin)), org.node, real)};
  const Bytes views[] = {wrong_signer[0], wrong_signer[1]};
  const auto verdict = verify_chain(views, {org.root.public_key, Role::device, {kNow}}, real);
  out.add("chain", "signed with another key").hex("root_key", org.root.public_key).hexes("certificates", wrong_signer);
  out.number("role", 1).number("now", kNow).boolean("valid", verdict.has_value());
}

void add_names(VectorFile& out) {
  for (const char* name :
       {"alice", "Alice@HQ", "J\xc3\x9cRGEN", "\xe6\x9d\x8e", "o'neil, dr.", "@hq", "alice@", "a@b@c", " alice",
        "alice ", "a\tb", "a\x7f", "a\xc2\x85", "a\xe2\x80\xa8", "a\xe2\x80\xae", "a\xe2\x81\xa9", ""}) {
    const auto folded = fold_name(name);
    out.add("name", folded ? "allowed" : "refused").text("name", name).boolean("valid", folded.has_value());
    if (folded) out.text("folded", *folded);
  }
}

void add_cbor(VectorFile& out) {
  for (const char* encoded : {"00",
                              "1818",
                              "3bffffffffffffffff",
                              "a301616102616220f6",
                              "818181818181818100",
                              "c101",
                              "6161",
                              "1817",
                              "1900ff",
                              "5f4101ff",
                              "9fff",
                              "f90000",
                              "f7",
                              "f814",
                              "a201000100",
                              "a202000100",
                              "a1800000",
                              "a1f500",
                              "61ff",
                              "62c080",
                              "63eda080",
                              "0000",
                              "81818181818181818100",
                              "9bffffffffffffffff",
                              "c1",
                              ""}) {
    const ByteVector document = from_hex(encoded).value();
    CborReader in(document);
    in.skip();
    const bool valid = in.finish().has_value();
    out.add("cbor", valid ? "deterministic" : "refused").hex("encoded", document).boolean("valid", valid);
  }
}

void add_orders(VectorFile& out) {
  const Organisation org;
  testing::SeededRng rng(72);
  Order order;
  order.id = rng.array<8>();
  order.issued = {kNow};
  const Token token = rng.array<16>();
  order.invitations = {{.token = token_hash_of(token), .uses = 3, .expires = {kNow + 7 * kDay}, .name = {}}};
  const auto add = [&](std::string_view about) {
    const ByteVector encoded = encode_and_sign(order, org.root, real);
    out.add("order", about).hex("encoded", encoded).hex("root_key", org.root.public_key).hex("token", token);
    out.hex("id", order.id).number("issued", kNow).number("nodes", order.nodes.size());
    out.number("invitations", order.invitations.size()).number("renewals", order.renewals.size());
    out.number("size", encoded.size());
  };
  add("one invitation, for every node");
  order.nodes = {rng.array<32>()};
  order.invitations.push_back({.token = rng.array<16>(), .expires = {kNow + kDay}, .name = "alice@hq", .role = 2});
  order.renewals = {{.device = {rng.array<8>()}, .expires = {kNow + kDay}, .role = {}, .days = 30},
                    {.device = {rng.array<8>()}, .expires = {kNow + kDay}, .role = 1}};
  add("all that may stand in one");
}

// What two of three root keys have signed, and one of them with a signature spoilt.
void add_several(VectorFile& out) {
  const Organisation org;
  testing::SeededRng rng(73);
  std::vector<crypto::SigningKeyPair> keys;
  for (int i = 0; i < 3; ++i) keys.push_back(real.generate_signing_key_pair(rng));
  const auto two = std::span(keys).first(2);
  Certificate issuer = org.admin_certificate();
  issuer.issuer = key_id_of(keys[0].public_key);
  Order order;
  order.id = rng.array<8>();
  order.issued = {kNow};
  order.invitations = {{.token = rng.array<16>(), .uses = 3, .expires = {kNow + 7 * kDay}, .name = {}}};
  const auto add = [&](std::string_view about, const char* aad, const ByteVector& encoded, uint64_t signers) {
    out.add("root signatures", about).text("external_aad", aad).hex("encoded", encoded);
    for (size_t i = 0; i < keys.size(); ++i) out.hex("root_key_" + std::to_string(i + 1), keys[i].public_key);
    out.number("signers", signers);
  };
  ByteVector certificate = encode_and_sign(issuer, two, real).value();
  add("issuer's certificate of two root keys", "farline certificate", certificate, 2);
  add("the third has signed too", "farline certificate", cosign_certificate(certificate, keys[2], real).value(), 3);
  certificate.back() ^= 1;
  add("the second signature is spoilt", "farline certificate", certificate, 1);
  add("order of two root keys", "farline order", encode_and_sign(order, two, real), 2);
}

}  // namespace

VectorFile identity_vectors() {
  VectorFile out("identities");
  add_cbor(out);
  add_names(out);
  add_certificates(out);
  add_chains(out);
  add_several(out);
  return out;
}

VectorFile invitation_vectors() {
  VectorFile out("invitations");
  const Organisation org;
  testing::SeededRng rng(71);
  for (const char* host : {"192.0.2.17", "2001:db8::17", "node1.example.org"}) {
    Invitation invitation;
    invitation.root_key_hash = root_key_hash_of(org.root.public_key);
    invitation.node_key = rng.array<32>();
    invitation.token = rng.array<16>();
    invitation.expires = {kNow};
    invitation.host = host;
    invitation.port = 4500;
    const ByteVector encoded = encode_invitation(invitation);
    const std::string text = invitation_to_text(invitation);
    out.add("invitation", "as written").hex("encoded", encoded).text("text", text).number("size", encoded.size());
    out.hex("root_key", org.root.public_key).hex("root_key_hash", invitation.root_key_hash);
    out.hex("node_key", invitation.node_key).hex("token", invitation.token);
    out.number("expires", invitation.expires.seconds).text("host", host).number("port", invitation.port);

    std::string copied;
    for (size_t i = 0; i < text.size(); ++i) {
      copied += i % 3 == 0 && text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 'a' + 'A') : text[i];
      if (i % 32 == 31) copied += i % 64 == 31 ? " \r\n\t" : "\xc2\xa0-";
    }
    std::string mistyped = text;
    std::swap(mistyped[20], mistyped[21]);
    for (const auto& [about, given] :
         {std::pair{"copied by people and programs", copied}, std::pair{"two letters swapped", mistyped},
          std::pair{"the end is missing", text.substr(0, text.size() - 3)},
          std::pair{"another version", "farline2" + text.substr(8)}})
      out.add("invitation text", about)
          .text("text", given)
          .boolean("valid", invitation_from_text(given).has_value())
          .hex("encoded", encoded);
  }
  add_orders(out);
  return out;
}

}  // namespace farline::vectors
