// COSE_Sign1 and COSE_Sign (RFC 9052 section 4) with ES256 (RFC 9053 section 2.1), in deterministic CBOR. The algorithm
// and, in what we write, the key id stand in the protected header. Only the tagged forms (18 and 98) are taken; header
// parameters other than alg (1), content type (3) and kid (4) are refused, because one we do not understand could
// change what the signature means. The payload is inside, never detached.
//
// `external_aad` is signed and not sent. Every use has its own, so that a signature for one is none for another.
//
// Parsed values are views into the input.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/asymmetric.h"

namespace farline::wire {

inline constexpr uint64_t kCoseSign1Tag = 18;
inline constexpr uint64_t kCoseSignTag = 98;
inline constexpr size_t kCoseKeyIdMax = 32;
inline constexpr size_t kCoseSignersMax = 8;

// What is signed.
struct CoseContent {
  Bytes payload;
  Bytes external_aad;
};

// --- One signature ---------------------------------------------------------------------------------------------------
struct CoseSign1 {
  Bytes protected_header;
  Bytes key_id;  // empty: none
  Bytes payload;
  crypto::Signature signature{};
};

ByteVector cose_sign1(const CoseContent& content, Bytes key_id, const crypto::SigningKeyPair& key,
                      const crypto::Asymmetric& asymmetric);
Result<CoseSign1> parse_cose_sign1(Bytes encoded);
// The bytes the signature is over (Sig_structure, RFC 9052 section 4.4).
ByteVector cose_signed_bytes(const CoseSign1& parsed, Bytes external_aad);
Result<void> verify_cose_sign1(const CoseSign1& parsed, Bytes external_aad, const crypto::SigningPublicKey& key,
                               const crypto::Asymmetric& asymmetric);

// --- Several signatures over one content -----------------------------------------------------------------------------
// Signers may work one after the other on different machines, so signing and assembling are two steps.
struct CoseSignature {
  ByteVector key_id;
  crypto::Signature signature{};
};
struct CoseSigner {
  Bytes protected_header;
  Bytes key_id;  // empty: none
  crypto::Signature signature{};
};
struct CoseSign {
  Bytes protected_header;  // of the body; empty in what we write
  Bytes payload;
  std::array<CoseSigner, kCoseSignersMax> signers{};
  size_t signer_count = 0;
};

CoseSignature cose_sign(const CoseContent& content, Bytes key_id, const crypto::SigningKeyPair& key,
                        const crypto::Asymmetric& asymmetric);
ByteVector encode_cose_sign(Bytes payload, std::span<const CoseSignature> signatures);
Result<CoseSign> parse_cose_sign(Bytes encoded);
// Of one signer; how many and which must verify is the caller's rule.
ByteVector cose_signed_bytes(const CoseSign& parsed, const CoseSigner& signer, Bytes external_aad);

}  // namespace farline::wire
