#include "wire/certificate.h"

#include <algorithm>

#include "crypto/hash.h"
#include "wire/cbor.h"
#include "wire/cose.h"
#include "wire/limits.h"
#include "wire/name.h"
#include "wire/root_signatures.h"

namespace farline::wire {
namespace {

constexpr std::string_view kExternalAad = "farline certificate";
constexpr uint64_t kSecondsPerDay = 24 * 3600;

// Claims: RFC 8392 section 4, RFC 8747 section 3.1, and one of the private range (below -65536).
constexpr int64_t kSubject = 2;
constexpr int64_t kExpires = 4;
constexpr int64_t kIssued = 6;
constexpr int64_t kConfirmation = 8;
constexpr int64_t kFarline = -65537;

// cnf = {1: COSE_Key}, and the key: RFC 9053 section 7.2, {kty (1): OKP (1), crv (-1): X25519 (4), x (-2): 32 bytes}.
constexpr int64_t kCoseKey = 1;
constexpr int64_t kKeyType = 1;
constexpr int64_t kOctetKeyPair = 1;
constexpr int64_t kCurve = -1;
constexpr int64_t kX25519 = 4;
constexpr int64_t kX = -2;

constexpr Error kWrongClaims{Errc::malformed, "certificate has other claims than its format"};

void expect_integer(CborReader& in, int64_t wanted) {
  if (in.integer() != wanted) in.fail(kWrongClaims);
}

void expect_map(CborReader& in, size_t pairs) {
  if (in.map() != pairs) in.fail(kWrongClaims);
}

void write_static_key(CborWriter& out, const crypto::PublicKey& key) {
  out.map(1);
  out.integer(kCoseKey);
  out.map(3);
  out.integer(kKeyType);
  out.integer(kOctetKeyPair);
  out.integer(kCurve);
  out.integer(kX25519);
  out.integer(kX);
  out.bytes(key);
}

crypto::PublicKey read_static_key(CborReader& in) {
  expect_map(in, 1);
  expect_integer(in, kCoseKey);
  expect_map(in, 3);
  expect_integer(in, kKeyType);
  expect_integer(in, kOctetKeyPair);
  expect_integer(in, kCurve);
  expect_integer(in, kX25519);
  expect_integer(in, kX);
  return in.byte_array<32>();
}

// The private claim: [role, signing key], of a device whose person is not staff [role, signing key, person's role], and
// of an issuer [role, signing key, site, roles, validity in days].
void write_rights(CborWriter& out, const Certificate& certificate) {
  const bool is_issuer = certificate.role == Role::issuer;
  const bool has_person_role = certificate.person_role != 0;
  out.array(is_issuer ? 5 : has_person_role ? 3 : 2);
  out.unsigned_integer(static_cast<uint64_t>(certificate.role));
  out.bytes(certificate.signing_key);
  if (has_person_role) out.unsigned_integer(certificate.person_role);
  if (!is_issuer) return;
  out.text(certificate.limits.site);
  out.unsigned_integer(certificate.limits.roles);
  out.unsigned_integer(certificate.limits.validity_days);
}

void read_rights(CborReader& in, Certificate& out) {
  const size_t count = in.array();
  const uint64_t role = in.unsigned_integer();
  if (in.ok() && (role < 1 || role > 3)) in.fail({Errc::unsupported, "certificate has a role of a later version"});
  if (!in.ok()) return;
  out.role = static_cast<Role>(role);
  const bool is_issuer = out.role == Role::issuer;
  const bool has_person_role = out.role == Role::device && count == 3;
  if (count != (is_issuer ? 5 : 2) && !has_person_role) in.fail(kWrongClaims);
  out.signing_key = in.byte_array<33>();
  if (out.signing_key[0] != 2 && out.signing_key[0] != 3) in.fail({Errc::malformed, "signing key is no P-256 point"});
  if (has_person_role) {
    const uint64_t person_role = in.unsigned_integer();
    if (person_role == 0) in.fail(kWrongClaims);
    if (person_role > kPersonRoleMax) in.fail({Errc::unsupported, "certificate has a role of a later version"});
    out.person_role = static_cast<uint8_t>(person_role);
  }
  if (!is_issuer) return;
  out.limits.site = in.text();
  const uint64_t roles = in.unsigned_integer();
  const uint64_t days = in.unsigned_integer();
  if (roles > UINT8_MAX || days > UINT16_MAX) in.fail({Errc::malformed, "issuer limits are out of range"});
  out.limits.roles = static_cast<RoleSet>(roles);
  out.limits.validity_days = static_cast<uint16_t>(days);
}

Result<void> check_fields(const Certificate& certificate) {
  const Result<void> name = check_name(certificate.name);
  if (!name) return name;
  if (certificate.issued.seconds >= certificate.expires.seconds)
    return Error{Errc::malformed, "certificate expires before it was issued"};
  if (certificate.person_role > (certificate.role == Role::device ? kPersonRoleMax : 0))
    return Error{Errc::malformed, "only a device has a person with a role"};
  const std::string& site = certificate.limits.site;
  if (site.empty()) return {};
  if (site.find('@') != std::string::npos) return Error{Errc::malformed, "site has an @"};
  return check_name(site);
}

Result<void> check_limits(const Certificate& certificate, const Authority& authority) {
  const IssuerLimits& limits = authority.limits;
  if ((limits.roles & role_bit(certificate.role)) == 0) return Error{Errc::denied, "issuer may not give this role"};
  if (certificate.expires.seconds - certificate.issued.seconds > limits.validity_days * kSecondsPerDay)
    return Error{Errc::denied, "certificate is valid for longer than its issuer may give"};
  if (certificate.issued < authority.issued || certificate.expires > authority.expires)
    return Error{Errc::denied, "certificate is not within its issuer's validity"};
  const bool is_issuer = certificate.role == Role::issuer;
  const std::string_view site = is_issuer ? std::string_view(certificate.limits.site) : site_of(certificate.name);
  if (!limits.site.empty() && site != limits.site) return Error{Errc::denied, "certificate is for another site"};
  if (is_issuer &&
      ((certificate.limits.roles & ~limits.roles) != 0 || certificate.limits.validity_days > limits.validity_days))
    return Error{Errc::denied, "issuer gives more than it has"};
  return {};
}

Result<Certificate> decode(Bytes key_id, Bytes payload) {
  if (key_id.size() != sizeof(CertificateHash)) return Error{Errc::malformed, "certificate names no issuer"};
  Certificate out;
  out.issuer = {Reader(key_id).array<8>()};
  CborReader in(payload);
  // The private claim, which says which claims there are, comes last: unsigned keys sort before negative ones.
  const size_t claims = in.map();
  expect_integer(in, kSubject);
  out.name = in.text();
  expect_integer(in, kExpires);
  out.expires = {in.unsigned_integer()};
  expect_integer(in, kIssued);
  out.issued = {in.unsigned_integer()};
  const bool has_static_key = claims == 5;
  if (has_static_key) {
    expect_integer(in, kConfirmation);
    out.static_key = read_static_key(in);
  }
  expect_integer(in, kFarline);
  read_rights(in, out);
  const Result<void> finished = in.finish();
  if (!finished) return finished.error();
  if (has_static_key == (out.role == Role::issuer)) return kWrongClaims;
  const Result<void> fields = check_fields(out);
  if (!fields) return fields.error();
  return out;
}

}  // namespace

DeviceId device_id_of(const crypto::PublicKey& static_key) {
  return {Reader(crypto::sha256({static_key})).array<8>()};
}

CertificateHash certificate_hash_of(Bytes encoded) {
  return {Reader(crypto::sha256({encoded})).array<8>()};
}

CertificateHash key_id_of(const crypto::SigningPublicKey& root_key) {
  return {Reader(crypto::sha256({root_key})).array<8>()};
}

namespace {

void write_claims(CborWriter& out, const Certificate& certificate) {
  INVARIANT(check_fields(certificate).has_value());
  const bool is_issuer = certificate.role == Role::issuer;
  out.map(is_issuer ? 4 : 5);
  out.integer(kSubject);
  out.text(certificate.name);
  out.integer(kExpires);
  out.unsigned_integer(certificate.expires.seconds);
  out.integer(kIssued);
  out.unsigned_integer(certificate.issued.seconds);
  if (!is_issuer) {
    out.integer(kConfirmation);
    write_static_key(out, certificate.static_key);
  }
  out.integer(kFarline);
  write_rights(out, certificate);
}

ByteVector claims_of(const Certificate& certificate) {
  return cbor_item(kCertificateBytesMax, [&](CborWriter& out) { write_claims(out, certificate); });
}

Result<ByteVector> if_it_fits(Result<ByteVector> encoded) {
  if (encoded && encoded->size() > kCertificateBytesMax)
    return Error{Errc::limit, "does not hold so many signatures: at most four beside short names"};
  return encoded;
}

}  // namespace

ByteVector encode_and_sign(const Certificate& certificate, const crypto::SigningKeyPair& issuer_key,
                           const crypto::Asymmetric& asymmetric) {
  return cose_sign1({claims_of(certificate), as_bytes(kExternalAad)}, certificate.issuer.bytes, issuer_key, asymmetric);
}

Result<ByteVector> encode_and_sign(const Certificate& certificate, std::span<const crypto::SigningKeyPair> root_keys,
                                   const crypto::Asymmetric& asymmetric) {
  INVARIANT(certificate.role == Role::issuer && certificate.issuer == key_id_of(root_keys.front().public_key));
  return if_it_fits(sign_by_roots(claims_of(certificate), as_bytes(kExternalAad), root_keys, asymmetric));
}

Result<ByteVector> cosign_certificate(Bytes encoded, const crypto::SigningKeyPair& root_key,
                                      const crypto::Asymmetric& asymmetric) {
  return if_it_fits(cosign_by_root(encoded, as_bytes(kExternalAad), root_key, asymmetric));
}

std::vector<CertificateHash> roots_that_signed(Bytes encoded, std::span<const crypto::SigningPublicKey> root_keys,
                                               const crypto::Asymmetric& asymmetric) {
  auto verified = verify_by_roots(encoded, as_bytes(kExternalAad), root_keys, asymmetric);
  return verified ? std::move(verified->signers) : std::vector<CertificateHash>();
}

namespace {

Result<UnverifiedCertificate> open_several(Bytes encoded) {
  const Result<CoseSign> several = parse_cose_sign(encoded);
  if (!several) return several.error();
  const auto signers = std::span(several->signers).first(several->signer_count);
  Result<Certificate> claims = decode(signers.front().key_id, several->payload);
  if (!claims) return claims.error();
  if (claims->role != Role::issuer) return Error{Errc::malformed, "only an issuer is certified by several keys"};
  std::vector<CoseSignature> signatures;
  for (const CoseSigner& signer : signers) signatures.push_back({to_vector(signer.key_id), signer.signature});
  if (!equal(encode_cose_sign(several->payload, signatures), encoded))
    return Error{Errc::malformed, "certificate is written in another way than its format"};
  return UnverifiedCertificate{std::move(*claims), {}, *several};
}

// Of the one whom `authority` is, among several.
bool has_signed(const CoseSign& several, const Authority& authority, const crypto::Asymmetric& asymmetric) {
  const auto signers = std::span(several.signers).first(several.signer_count);
  const auto signer =
      std::ranges::find_if(signers, [&](const CoseSigner& each) { return equal(each.key_id, authority.id.bytes); });
  return signer != signers.end() &&
         asymmetric.verify(authority.signing_key, cose_signed_bytes(several, *signer, as_bytes(kExternalAad)),
                           signer->signature);
}

}  // namespace

Result<UnverifiedCertificate> open_certificate(Bytes encoded) {
  if (encoded.size() > kCertificateBytesMax) return Error{Errc::limit, "certificate is longer than 512 bytes"};
  if (!is_signed_by_one(encoded)) return open_several(encoded);
  const Result<CoseSign1> envelope = parse_cose_sign1(encoded);
  if (!envelope) return envelope.error();
  Result<Certificate> claims = decode(envelope->key_id, envelope->payload);
  if (!claims) return claims.error();
  return UnverifiedCertificate{std::move(*claims), *envelope, {}};
}

Result<Certificate> parse_certificate(Bytes encoded) {
  Result<UnverifiedCertificate> opened = open_certificate(encoded);
  if (!opened) return opened.error();
  return std::move(opened->claims);
}

Authority root_authority(const crypto::SigningPublicKey& root_key) {
  const IssuerLimits anything{"", UINT8_MAX, UINT16_MAX};
  return {key_id_of(root_key), root_key, anything, WallTime{0}, WallTime{UINT64_MAX}};
}

Authority issuer_authority(const Certificate& verified, Bytes encoded) {
  INVARIANT(verified.role == Role::issuer);
  return {certificate_hash_of(encoded), verified.signing_key, verified.limits, verified.issued, verified.expires};
}

Result<Certificate> verify_certificate(Bytes encoded, const Authority& authority,
                                       const crypto::Asymmetric& asymmetric) {
  Result<UnverifiedCertificate> opened = open_certificate(encoded);
  if (!opened) return opened.error();
  return verify_certificate(std::move(*opened), authority, asymmetric);
}

Result<Certificate> verify_certificate(UnverifiedCertificate opened, const Authority& authority,
                                       const crypto::Asymmetric& asymmetric) {
  if (opened.several) {
    if (!has_signed(*opened.several, authority, asymmetric))
      return Error{Errc::auth, "certificate is from another issuer"};
  } else {
    if (opened.claims.issuer != authority.id) return Error{Errc::auth, "certificate is from another issuer"};
    const Result<void> signature =
        verify_cose_sign1(opened.envelope, as_bytes(kExternalAad), authority.signing_key, asymmetric);
    if (!signature) return signature.error();
  }
  const Result<void> limits = check_limits(opened.claims, authority);
  if (!limits) return limits.error();
  return std::move(opened.claims);
}

Result<void> check_validity(const Certificate& certificate, WallTime now) {
  if (now.seconds == 0) return {};
  if (now >= certificate.expires) return Error{Errc::denied, "certificate has expired"};
  if (now.seconds + kCertificateClockSlackSeconds < certificate.issued.seconds)
    return Error{Errc::denied, "certificate is not valid yet: is the clock right?"};
  return {};
}

Result<Certificate> verify_chain(std::span<const Bytes> chain, const ChainRule& rule,
                                 const crypto::Asymmetric& asymmetric) {
  if (chain.empty() || chain.size() > kCertificateChainMax)
    return Error{Errc::limit, "certificate chain is empty or too long"};
  Authority authority = root_authority(rule.root_key);
  for (const Bytes encoded : chain.first(chain.size() - 1)) {
    const Result<Certificate> issuer = verify_certificate(encoded, authority, asymmetric);
    if (!issuer) return issuer;
    if (issuer->role != Role::issuer) return Error{Errc::denied, "certificate signed by one that is no issuer"};
    authority = issuer_authority(*issuer, encoded);
  }
  Result<Certificate> last = verify_certificate(chain.back(), authority, asymmetric);
  if (!last) return last;
  if (last->role != rule.role) return Error{Errc::denied, "certificate is for another role"};
  const Result<void> valid = check_validity(*last, rule.now);
  if (!valid) return valid.error();
  return last;
}

}  // namespace farline::wire
