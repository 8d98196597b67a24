#include "crypto/aead.h"

#include "crypto/psa.h"

namespace farline::crypto {
namespace {

psa::AeadOperation chacha(const Secret<32>& key, const AeadContext& context) {
  return {{PSA_KEY_TYPE_CHACHA20, 0, PSA_ALG_CHACHA20_POLY1305}, key.bytes(), context.nonce, context.associated_data};
}

psa::AeadOperation ccm(const Secret<16>& key, const CcmContext& context) {
  return {{PSA_KEY_TYPE_AES, 0, PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, kCcmTagBytes)},
          key.bytes(),
          context.nonce,
          context.associated_data};
}

}  // namespace

Nonce noise_nonce(uint64_t counter) {
  Nonce nonce{};
  for (size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<uint8_t>(counter >> (8 * i));
  return nonce;
}

CcmNonce ccm_nonce(uint64_t counter) {
  CcmNonce nonce{};
  Writer(MutableBytes(nonce).last(8)).u64(counter);
  return nonce;
}

size_t seal(const Secret<32>& key, const AeadContext& context, Bytes plaintext, MutableBytes out) {
  return psa::seal(chacha(key, context), plaintext, out);
}

Result<size_t> open(const Secret<32>& key, const AeadContext& context, Bytes sealed, MutableBytes out) {
  return psa::open(chacha(key, context), sealed, out);
}

size_t ccm_seal(const Secret<16>& key, const CcmContext& context, Bytes plaintext, MutableBytes out) {
  return psa::seal(ccm(key, context), plaintext, out);
}

Result<size_t> ccm_open(const Secret<16>& key, const CcmContext& context, Bytes sealed, MutableBytes out) {
  return psa::open(ccm(key, context), sealed, out);
}

}  // namespace farline::crypto
