#include "sim/seal_watch.h"

#include <psa/crypto.h>

#include "crypto/psa.h"
#include "crypto/sframe.h"
#include "sim/trace.h"

namespace farline::sim {
namespace {

SealWatch* g_current = nullptr;

// What SFrameKey::seal is about to encrypt; its cipher call below it has key and nonce.
bool g_in_sframe_seal = false;
uint64_t g_sframe_text = 0;
ByteVector g_imported_key;

uint64_t hash_of(std::initializer_list<Bytes> parts) {
  Trace trace;
  for (const Bytes part : parts) trace.bytes(part);
  return trace.hash();
}

}  // namespace

SealWatch::SealWatch() {
  INVARIANT(g_current == nullptr);
  g_current = this;
}
SealWatch::~SealWatch() {
  g_current = nullptr;
}
SealWatch* SealWatch::current() {
  return g_current;
}

void SealWatch::sealed(Bytes key, Bytes nonce, uint64_t text_hash) {
  const auto [entry, added] = texts_.try_emplace(hash_of({key, nonce}), text_hash);
  if (!added && entry->second != text_hash) reuse_ = true;
}

}  // namespace farline::sim

// --- The wrappers. Declared by their linker names: __wrap_X is called in place of X, __real_X is X.
// ------------------------
using farline::Bytes;
using farline::MutableBytes;
using farline::crypto::SFrameKey;
using farline::crypto::psa::AeadOperation;
using farline::sim::SealWatch;

// What this system puts before every name: nothing, or an underscore.
#define FARLINE_TEXT_OF(token) #token
#define FARLINE_TEXT(token) FARLINE_TEXT_OF(token)
#define FARLINE_LABEL FARLINE_TEXT(__USER_LABEL_PREFIX__)

size_t real_aead_seal(const AeadOperation& operation, Bytes plaintext,
                      MutableBytes out) asm(FARLINE_LABEL "__real_" FARLINE_AEAD_SEAL);
size_t wrap_aead_seal(const AeadOperation& operation, Bytes plaintext,
                      MutableBytes out) asm(FARLINE_LABEL "__wrap_" FARLINE_AEAD_SEAL);
size_t wrap_aead_seal(const AeadOperation& operation, Bytes plaintext, MutableBytes out) {
  if (SealWatch* watch = SealWatch::current()) {
    watch->count_aead();
    watch->sealed(operation.key, operation.nonce, farline::sim::hash_of({operation.associated_data, plaintext}));
  }
  return real_aead_seal(operation, plaintext, out);
}

// A member function is called as a function whose first argument is the object (Itanium C++ ABI).
size_t real_sframe_seal(const SFrameKey* key, uint64_t ctr, Bytes metadata, Bytes plaintext,
                        MutableBytes out) asm(FARLINE_LABEL "__real_" FARLINE_SFRAME_SEAL);
size_t wrap_sframe_seal(const SFrameKey* key, uint64_t ctr, Bytes metadata, Bytes plaintext,
                        MutableBytes out) asm(FARLINE_LABEL "__wrap_" FARLINE_SFRAME_SEAL);
size_t wrap_sframe_seal(const SFrameKey* key, uint64_t ctr, Bytes metadata, Bytes plaintext, MutableBytes out) {
  farline::sim::g_in_sframe_seal = true;
  farline::sim::g_sframe_text = farline::sim::hash_of({metadata, plaintext});
  if (SealWatch* watch = SealWatch::current()) watch->count_sframe();
  const size_t size = real_sframe_seal(key, ctr, metadata, plaintext, out);
  farline::sim::g_in_sframe_seal = false;
  return size;
}

extern "C" {
psa_status_t __real_psa_import_key(const psa_key_attributes_t* attributes, const uint8_t* data, size_t size,
                                   mbedtls_svc_key_id_t* key);
psa_status_t __wrap_psa_import_key(const psa_key_attributes_t* attributes, const uint8_t* data, size_t size,
                                   mbedtls_svc_key_id_t* key);
psa_status_t __wrap_psa_import_key(const psa_key_attributes_t* attributes, const uint8_t* data, size_t size,
                                   mbedtls_svc_key_id_t* key) {
  if (farline::sim::g_in_sframe_seal) farline::sim::g_imported_key.assign(data, data + size);
  return __real_psa_import_key(attributes, data, size, key);
}

psa_status_t __real_psa_cipher_set_iv(psa_cipher_operation_t* operation, const uint8_t* iv, size_t size);
psa_status_t __wrap_psa_cipher_set_iv(psa_cipher_operation_t* operation, const uint8_t* iv, size_t size);
psa_status_t __wrap_psa_cipher_set_iv(psa_cipher_operation_t* operation, const uint8_t* iv, size_t size) {
  if (SealWatch* watch = SealWatch::current(); watch && farline::sim::g_in_sframe_seal)
    watch->sealed(farline::sim::g_imported_key, Bytes(iv, size), farline::sim::g_sframe_text);
  return __real_psa_cipher_set_iv(operation, iv, size);
}
}
