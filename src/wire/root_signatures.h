// What an organisation's root keys sign, alone or several of them: issuers' certificates, orders, policies. COSE_Sign1
// of one key, or COSE_Sign where as many have to sign as the policy's `threshold` says (docs/PROTOCOL.md 6.3).
//
// Nothing here keeps state. Errors: malformed, truncated, unsupported, limit (the bytes), denied (signed by that key
// already).
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "crypto/asymmetric.h"
#include "wire/ids.h"

namespace farline::wire {

// Whose signatures count, and how many of them it takes.
struct RootKeys {
  std::span<const crypto::SigningPublicKey> keys;
  size_t threshold = 1;
};

struct RootSigned {
  Bytes payload;
  std::vector<CertificateHash> signers;  // key_id_of each of the keys that signed, in the file's order
};

bool is_signed_by_one(Bytes file);  // as a COSE_Sign1; says nothing about whether it is well-formed
// Whoever signed it, or nobody.
Result<Bytes> unverified_payload(Bytes file);
// Key ids that it names, verified or not; of a COSE_Sign1 without one: none.
Result<std::vector<CertificateHash>> named_signers(Bytes file);

// Looks at each key once, whatever the file repeats: at most as many signature checks as keys. Nobody of them signed:
// no signers.
Result<RootSigned> verify_by_roots(Bytes file, Bytes external_aad, std::span<const crypto::SigningPublicKey> keys,
                                   const crypto::Asymmetric& asymmetric);
// A COSE_Sign, to which more signatures can be added. REQUIRES 1 to kCoseSignersMax keys.
ByteVector sign_by_roots(Bytes payload, Bytes external_aad, std::span<const crypto::SigningKeyPair> keys,
                         const crypto::Asymmetric& asymmetric);
Result<ByteVector> cosign_by_root(Bytes file, Bytes external_aad, const crypto::SigningKeyPair& key,
                                  const crypto::Asymmetric& asymmetric);

}  // namespace farline::wire
