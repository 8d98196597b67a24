#include "crypto/psa.h"

#include <algorithm>

namespace farline::crypto {

namespace {

std::mutex& key_slots() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

bool init() {
  const std::lock_guard lock(key_slots());
  return psa_crypto_init() == PSA_SUCCESS;
}

namespace psa {

TemporaryKey::TemporaryKey(const KeyUse& use, Bytes material) : lock_(key_slots()) {
  INVARIANT(psa_crypto_init() == PSA_SUCCESS);
  psa_key_attributes_t attributes = psa_key_attributes_init();
  psa_set_key_type(&attributes, use.type);
  psa_set_key_usage_flags(&attributes, use.usage);
  psa_set_key_algorithm(&attributes, use.algorithm);
  imported_ = psa_import_key(&attributes, material.data(), material.size(), &id_) == PSA_SUCCESS;
}

TemporaryKey::~TemporaryKey() {
  if (imported_) psa_destroy_key(id_);
}

const uint8_t* data(Bytes bytes) {
  static constexpr uint8_t kNothing = 0;
  return bytes.empty() ? &kNothing : bytes.data();
}

size_t seal(const AeadOperation& operation, Bytes plaintext, MutableBytes out) {
  KeyUse use = operation.use;
  use.usage = PSA_KEY_USAGE_ENCRYPT;
  const TemporaryKey key(use, operation.key);
  size_t size = 0;
  const psa_status_t status = psa_aead_encrypt(key.id(), use.algorithm, operation.nonce.data(), operation.nonce.size(),
                                               data(operation.associated_data), operation.associated_data.size(),
                                               data(plaintext), plaintext.size(), out.data(), out.size(), &size);
  INVARIANT(status == PSA_SUCCESS);
  return size;
}

Result<size_t> open(const AeadOperation& operation, Bytes sealed, MutableBytes out) {
  const size_t tag_bytes = PSA_ALG_AEAD_GET_TAG_LENGTH(operation.use.algorithm);
  if (sealed.size() < tag_bytes) return Error{Errc::truncated, "shorter than its tag"};
  INVARIANT(out.size() >= sealed.size() - tag_bytes);
  KeyUse use = operation.use;
  use.usage = PSA_KEY_USAGE_DECRYPT;
  const TemporaryKey key(use, operation.key);
  uint8_t nothing = 0;
  size_t size = 0;
  const psa_status_t status =
      psa_aead_decrypt(key.id(), use.algorithm, operation.nonce.data(), operation.nonce.size(),
                       data(operation.associated_data), operation.associated_data.size(), sealed.data(), sealed.size(),
                       out.empty() ? &nothing : out.data(), out.size(), &size);
  if (status != PSA_SUCCESS) return Error{Errc::auth, "tag does not verify"};
  return size;
}

void hmac(psa_algorithm_t hash, Bytes key, std::initializer_list<Bytes> parts, MutableBytes out) {
  // HMAC pads its key with zeros, so one zero byte is the empty key, which PSA would not import.
  static constexpr uint8_t kEmptyKey[1] = {0};
  const psa_algorithm_t algorithm = PSA_ALG_HMAC(hash);
  const TemporaryKey temporary({PSA_KEY_TYPE_HMAC, PSA_KEY_USAGE_SIGN_MESSAGE, algorithm},
                               key.empty() ? Bytes(kEmptyKey) : key);
  psa_mac_operation_t operation = psa_mac_operation_init();
  psa_status_t status = psa_mac_sign_setup(&operation, temporary.id(), algorithm);
  for (const Bytes part : parts) {
    if (status == PSA_SUCCESS && !part.empty()) status = psa_mac_update(&operation, part.data(), part.size());
  }
  std::array<uint8_t, PSA_HASH_MAX_SIZE> full;
  size_t size = 0;
  if (status == PSA_SUCCESS) status = psa_mac_sign_finish(&operation, full.data(), full.size(), &size);
  INVARIANT(status == PSA_SUCCESS && out.size() <= size);
  std::copy_n(full.begin(), out.size(), out.begin());
  wipe(full);
}

void hkdf_expand(psa_algorithm_t hash, Bytes pseudorandom_key, Bytes info, MutableBytes out) {
  Secret<PSA_HASH_MAX_SIZE> buffer;
  const MutableBytes block = buffer.mutable_bytes().first(PSA_HASH_LENGTH(hash));
  INVARIANT(out.size() <= 255 * block.size());
  Bytes previous;
  uint8_t index = 0;
  while (!out.empty()) {
    ++index;
    hmac(hash, pseudorandom_key, {previous, info, Bytes(&index, 1)}, block);
    const size_t count = std::min(out.size(), block.size());
    std::copy_n(block.begin(), count, out.begin());
    out = out.subspan(count);
    previous = block;
  }
}

}  // namespace psa
}  // namespace farline::crypto
