// A pass: what a node says of one of its devices for at most a day, so that another device may talk with it where no
// node sees it (docs/PROTOCOL.md section 4.2). A CWT (RFC 8392) in COSE_Sign1, signed with the node's issuer key: the
// device (RFC 8747, cnf with a kid: the device id) and when the pass expires. 103 bytes.
//
// Errors: malformed, truncated, unsupported, limit (the bytes), auth (the signature, or another issuer).
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/asymmetric.h"
#include "wire/certificate.h"
#include "wire/ids.h"

namespace farline::wire {

inline constexpr uint64_t kPassSecondsMax = 24 * 3600;

struct PassClaims {
  DeviceId device;
  WallTime expires;
};

ByteVector sign_pass(const PassClaims& claims, const CertificateHash& issuer, const crypto::SigningKeyPair& issuer_key,
                     const crypto::Asymmetric& asymmetric);
// Whose it says it is; not checked.
std::optional<CertificateHash> issuer_of_pass(Bytes encoded);
// One signature check. Says nothing about the present.
Result<PassClaims> verify_pass(Bytes encoded, const Authority& issuer, const crypto::Asymmetric& asymmetric);

}  // namespace farline::wire
