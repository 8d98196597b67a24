#include "crypto/asymmetric.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/p256.h"
#include "crypto/psa.h"

namespace farline::crypto {
namespace {

constexpr psa_algorithm_t kEcdsa = PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256);
constexpr psa_key_type_t kP256KeyPair = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
constexpr psa_key_type_t kP256PublicKey = PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);

psa::KeyUse x25519_use() {
  return {PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY), PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH};
}

class RealAsymmetric final : public Asymmetric {
 public:
  PublicKey public_key(const Secret<32>& secret) const override {
    const psa::TemporaryKey key(x25519_use(), secret.bytes());
    PublicKey out;
    size_t size = 0;
    INVARIANT(psa_export_public_key(key.id(), out.data(), out.size(), &size) == PSA_SUCCESS && size == out.size());
    return out;
  }

  Result<Secret<32>> agree(const Secret<32>& secret, const PublicKey& remote) const override {
    const psa::TemporaryKey key(x25519_use(), secret.bytes());
    Secret<32> out;
    size_t size = 0;
    const psa_status_t status = psa_raw_key_agreement(PSA_ALG_ECDH, key.id(), remote.data(), remote.size(),
                                                      out.mutable_bytes().data(), out.mutable_bytes().size(), &size);
    if (status != PSA_SUCCESS || size != out.bytes().size() || equal_constant_time(out.bytes(), Secret<32>().bytes()))
      return Error{Errc::auth, "low-order public key"};
    return out;
  }

  Result<SigningPublicKey> signing_public_key(const Secret<32>& secret) const override {
    const psa::TemporaryKey key({kP256KeyPair, PSA_KEY_USAGE_SIGN_HASH, kEcdsa}, secret.bytes());
    if (!key.imported()) return Error{Errc::malformed, "not a P-256 scalar"};
    p256::UncompressedPoint point;
    size_t size = 0;
    INVARIANT(psa_export_public_key(key.id(), point.data(), point.size(), &size) == PSA_SUCCESS &&
              size == point.size());
    return p256::compress(point);
  }

  Signature sign(const SigningKeyPair& pair, Bytes message) const override {
    const psa::TemporaryKey key({kP256KeyPair, PSA_KEY_USAGE_SIGN_HASH, kEcdsa}, pair.secret.bytes());
    const Hash hash = sha256({message});
    Signature out;
    size_t size = 0;
    const psa_status_t status =
        psa_sign_hash(key.id(), kEcdsa, hash.data(), hash.size(), out.data(), out.size(), &size);
    INVARIANT(status == PSA_SUCCESS && size == out.size());
    return out;
  }

  bool verify(const SigningPublicKey& public_key, Bytes message, const Signature& signature) const override {
    const Result<p256::UncompressedPoint> point = p256::decompress(public_key);
    if (!point) return false;
    const psa::TemporaryKey key({kP256PublicKey, PSA_KEY_USAGE_VERIFY_HASH, kEcdsa}, *point);
    if (!key.imported()) return false;
    const Hash hash = sha256({message});
    return psa_verify_hash(key.id(), kEcdsa, hash.data(), hash.size(), signature.data(), signature.size()) ==
           PSA_SUCCESS;
  }
};

}  // namespace

KeyPair Asymmetric::generate_key_pair(Rng& rng) const {
  KeyPair pair;
  rng.fill(pair.secret.mutable_bytes());
  pair.public_key = public_key(pair.secret);
  return pair;
}

// Rejection sampling: 2^-32 of all 32-byte strings are no scalar, so a second draw already means a broken Rng.
SigningKeyPair Asymmetric::generate_signing_key_pair(Rng& rng) const {
  for (int draw = 0; draw < 8; ++draw) {
    SigningKeyPair pair;
    rng.fill(pair.secret.mutable_bytes());
    if (const auto key = signing_public_key(pair.secret)) {
      pair.public_key = *key;
      return pair;
    }
  }
  check_failed(__FILE__, __LINE__, "the random source gives no P-256 scalar");
}

const Asymmetric& real_asymmetric() {
  static const RealAsymmetric instance;
  return instance;
}

}  // namespace farline::crypto
