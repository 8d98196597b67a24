#include "crypto/hash.h"

#include "crypto/psa.h"

namespace farline::crypto {

Hash sha256(std::initializer_list<Bytes> parts) {
  psa_hash_operation_t operation = psa_hash_operation_init();
  psa_status_t status = psa_hash_setup(&operation, PSA_ALG_SHA_256);
  for (const Bytes part : parts) {
    if (status == PSA_SUCCESS && !part.empty()) status = psa_hash_update(&operation, part.data(), part.size());
  }
  Hash out{};
  size_t size = 0;
  if (status == PSA_SUCCESS) status = psa_hash_finish(&operation, out.data(), out.size(), &size);
  INVARIANT(status == PSA_SUCCESS && size == out.size());
  return out;
}

Hash hmac_sha256(Bytes key, std::initializer_list<Bytes> parts) {
  Hash out;
  psa::hmac(PSA_ALG_SHA_256, key, parts, out);
  return out;
}

Secret<32> hkdf_extract(Bytes salt, Bytes input_key) {
  Secret<32> out;
  psa::hmac(PSA_ALG_SHA_256, salt, {input_key}, out.mutable_bytes());
  return out;
}

void hkdf_expand(Bytes pseudorandom_key, Bytes info, MutableBytes out) {
  psa::hkdf_expand(PSA_ALG_SHA_256, pseudorandom_key, info, out);
}

}  // namespace farline::crypto
