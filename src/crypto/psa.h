// Private to src/crypto: what its files share on top of the PSA API. mbedTLS 2.28 has 32 key slots in all and guards
// them with nothing, so a key is imported, used and destroyed within one operation, under a lock, and never kept.
#pragma once

#include <psa/crypto.h>

#include <initializer_list>
#include <mutex>

#include "crypto/keys.h"

namespace farline::crypto::psa {

struct KeyUse {
  psa_key_type_t type;
  psa_key_usage_t usage;
  psa_algorithm_t algorithm;
};

// One at a time in the process: it holds the lock for as long as it lives, so two never nest.
class TemporaryKey {
 public:
  TemporaryKey(const KeyUse& use, Bytes material);
  ~TemporaryKey();
  TemporaryKey(const TemporaryKey&) = delete;
  TemporaryKey& operator=(const TemporaryKey&) = delete;

  bool imported() const { return imported_; }
  mbedtls_svc_key_id_t id() const {
    INVARIANT(imported_);
    return id_;
  }

 private:
  const std::lock_guard<std::mutex> lock_;
  mbedtls_svc_key_id_t id_{};
  bool imported_ = false;
};

// PSA functions take pointer and size; an empty span may hold a null pointer, which some of them refuse.
const uint8_t* data(Bytes bytes);

// One AEAD operation. seal returns the size of ciphertext and tag.
struct AeadOperation {
  KeyUse use;  // usage is set by seal and open
  Bytes key;
  Bytes nonce;
  Bytes associated_data;
};
size_t seal(const AeadOperation& operation, Bytes plaintext, MutableBytes out);
Result<size_t> open(const AeadOperation& operation, Bytes sealed, MutableBytes out);

// Of any hash PSA knows (SHA-512 serves one suite of SFrame). `out` takes the first out.size() bytes of the HMAC.
void hmac(psa_algorithm_t hash, Bytes key, std::initializer_list<Bytes> parts, MutableBytes out);
void hkdf_expand(psa_algorithm_t hash, Bytes pseudorandom_key, Bytes info, MutableBytes out);

}  // namespace farline::crypto::psa
