// Authenticated encryption in the caller's buffers: sealed = ciphertext || tag. `out` needs plaintext.size() + the tag
// (seal) or sealed.size() - the tag (open); too small is our mistake. It may be the input's own buffer, from the same
// first byte; any other overlap is not allowed. A failed open() leaves zeros or the input in `out`, never plaintext.
// A nonce is used once per key: whoever owns the counter owns that promise.
#pragma once

#include "crypto/keys.h"

namespace farline::crypto {

// ChaCha20-Poly1305 (RFC 8439). The tag is never shortened: a truncated Poly1305 is not a secure MAC.
inline constexpr size_t kTagBytes = 16;
using Nonce = std::array<uint8_t, 12>;

// Noise's nonce: 32 zero bits, then the counter in little-endian order (Noise rev 34, section 12.3).
Nonce noise_nonce(uint64_t counter);

struct AeadContext {
  Nonce nonce;
  Bytes associated_data;
};
size_t seal(const Secret<32>& key, const AeadContext& context, Bytes plaintext, MutableBytes out);
Result<size_t> open(const Secret<32>& key, const AeadContext& context, Bytes sealed, MutableBytes out);

// AES-128-CCM with an 8-byte tag and L = 2: AES-CCM-16-64-128 of RFC 9053, plaintext below 64 KiB. For keepalives,
// where 8 bytes of tag matter more than anything a forger could gain.
inline constexpr size_t kCcmTagBytes = 8;
using CcmNonce = std::array<uint8_t, 13>;

// 5 zero bytes, then the counter in network order.
CcmNonce ccm_nonce(uint64_t counter);

struct CcmContext {
  CcmNonce nonce;
  Bytes associated_data;
};
size_t ccm_seal(const Secret<16>& key, const CcmContext& context, Bytes plaintext, MutableBytes out);
Result<size_t> ccm_open(const Secret<16>& key, const CcmContext& context, Bytes sealed, MutableBytes out);

}  // namespace farline::crypto
