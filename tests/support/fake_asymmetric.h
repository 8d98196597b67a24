// A toy in place of X25519 and P-256, a thousand times faster and worth nothing: every "shared secret" and "signature"
// can be computed from public keys. It keeps the two properties protocols rely on (both sides agree; a changed message
// does not verify) so that the simulator can run many handshakes. For tests only.
#pragma once

#include "crypto/asymmetric.h"
#include "crypto/hash.h"

namespace farline::testing {

class FakeAsymmetric final : public crypto::Asymmetric {
 public:
  crypto::PublicKey public_key(const crypto::Secret<32>& secret) const override {
    return crypto::sha256({as_bytes("fake public key"), secret.bytes()});
  }
  Result<crypto::Secret<32>> agree(const crypto::Secret<32>& secret, const crypto::PublicKey& remote) const override {
    if (remote == crypto::PublicKey{}) return Error{Errc::auth, "low-order public key"};
    const crypto::PublicKey local = public_key(secret);
    return crypto::Secret<32>::copy_of(crypto::sha256({std::min(local, remote), std::max(local, remote)}));
  }
  Result<crypto::SigningPublicKey> signing_public_key(const crypto::Secret<32>& secret) const override {
    crypto::SigningPublicKey out{2};
    std::ranges::copy(crypto::sha256({as_bytes("fake signing key"), secret.bytes()}), out.begin() + 1);
    return out;
  }
  crypto::Signature sign(const crypto::SigningKeyPair& key, Bytes message) const override {
    return signature(key.public_key, message);
  }
  bool verify(const crypto::SigningPublicKey& key, Bytes message, const crypto::Signature& given) const override {
    return signature(key, message) == given;
  }

 private:
  static crypto::Signature signature(const crypto::SigningPublicKey& key, Bytes message) {
    crypto::Signature out{};
    std::ranges::copy(crypto::hmac_sha256(key, {message}), out.begin());
    return out;
  }
};

}  // namespace farline::testing
