// Certificates: CWT (RFC 8392) in COSE_Sign1, docs/PROTOCOL.md section 6. A root signs issuers, an issuer signs further
// issuers or devices, and an issuer's certificate says for which site, which roles and how long. A certificate lies
// within its issuer's validity, so a valid leaf means a valid chain.
//
// Nothing here keeps state: revocation and "which device may hold this name" are the caller's. Parsing is bounded by
// kCertificateBytesMax; only names allocate. Errors: malformed, truncated, unsupported, limit (the bytes), auth (issuer
// or signature), denied (authentic, but against the issuer's limits, or not now).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/asymmetric.h"
#include "wire/cose.h"
#include "wire/ids.h"

namespace farline::wire {

enum class Role : uint8_t { device = 1, node = 2, issuer = 3 };

inline constexpr uint8_t kPersonRoleMax = 4;  // policy::Role::service

using RoleSet = uint8_t;  // bit 1 << role
constexpr RoleSet role_bit(Role role) {
  return static_cast<RoleSet>(1U << static_cast<unsigned>(role));
}

// What an issuer may sign.
struct IssuerLimits {
  std::string site;  // every name it certifies ends in @site; empty: any name
  RoleSet roles = 0;
  uint16_t validity_days = 0;  // the longest certificate
};

struct Certificate {
  Role role = Role::device;
  std::string name;                // as the person wrote it; compare folded forms (wire/name.h)
  crypto::PublicKey static_key{};  // devices and nodes; not in an issuer's certificate
  crypto::SigningPublicKey signing_key{};
  WallTime issued;
  WallTime expires;
  CertificateHash issuer;   // of the issuer's certificate, or key_id_of(root key)
  uint8_t person_role = 0;  // devices only: policy::Role of whose device it is; 0: staff
  IssuerLimits limits;      // issuers only
};

DeviceId device_id_of(const crypto::PublicKey& static_key);
CertificateHash certificate_hash_of(Bytes encoded);
CertificateHash key_id_of(const crypto::SigningPublicKey& root_key);

// `certificate` is well-formed (check_name, issued < expires): our mistake otherwise. The signer is not checked.
ByteVector encode_and_sign(const Certificate& certificate, const crypto::SigningKeyPair& issuer_key,
                           const crypto::Asymmetric& asymmetric);

// The same of an issuer below several root keys at once: COSE_Sign, and `certificate.issuer` is the first of them.
// limit: too long for so many signatures (kCertificateBytesMax), with short names for more than four.
Result<ByteVector> encode_and_sign(const Certificate& certificate, std::span<const crypto::SigningKeyPair> root_keys,
                                   const crypto::Asymmetric& asymmetric);
// One more signature under such a one. Errors: wire/root_signatures.h.
Result<ByteVector> cosign_certificate(Bytes encoded, const crypto::SigningKeyPair& root_key,
                                      const crypto::Asymmetric& asymmetric);
// Which of these root keys signed it, by key id.
std::vector<CertificateHash> roots_that_signed(Bytes encoded, std::span<const crypto::SigningPublicKey> root_keys,
                                               const crypto::Asymmetric& asymmetric);

// Form only. Nothing in the result is to be believed before verify_certificate or verify_chain.
Result<Certificate> parse_certificate(Bytes encoded);
struct UnverifiedCertificate {
  Certificate claims;
  CoseSign1 envelope;               // spans of what was parsed
  std::optional<CoseSign> several;  // instead of `envelope`: of root keys
};
Result<UnverifiedCertificate> open_certificate(Bytes encoded);

// Who certificates are checked against: a root, or an issuer that was itself verified.
struct Authority {
  CertificateHash id;
  crypto::SigningPublicKey signing_key{};
  IssuerLimits limits;
  WallTime issued;
  WallTime expires;
};
Authority root_authority(const crypto::SigningPublicKey& root_key);
// `verified` is an issuer's certificate, decoded from `encoded`.
Authority issuer_authority(const Certificate& verified, Bytes encoded);

// One signature check. Says nothing about the present: see check_validity.
Result<Certificate> verify_certificate(Bytes encoded, const Authority& authority, const crypto::Asymmetric& asymmetric);
Result<Certificate> verify_certificate(UnverifiedCertificate opened, const Authority& authority,
                                       const crypto::Asymmetric& asymmetric);

// now.seconds == 0 (not known) always passes. A certificate may be from up to kCertificateClockSlack in the future.
Result<void> check_validity(const Certificate& certificate, WallTime now);
inline constexpr uint64_t kCertificateClockSlackSeconds = 24 * 3600;

// From then on its device asks for the next one: the last sixth of its life.
inline WallTime renewal_due(const Certificate& certificate) {
  return {certificate.expires.seconds - (certificate.expires.seconds - certificate.issued.seconds) / 6};
}

// `chain`: from the certificate that the root signed down to the one in question, as ENROLLED carries them; 1 to
// kCertificateChainMax. Gives the last one.
struct ChainRule {
  const crypto::SigningPublicKey& root_key;
  Role role;  // of the last one
  WallTime now;
};
Result<Certificate> verify_chain(std::span<const Bytes> chain, const ChainRule& rule,
                                 const crypto::Asymmetric& asymmetric);

}  // namespace farline::wire
