// The slow mathematics (X25519 and P-256: 1 to 5 ms an operation) behind one interface, so that the simulator can pass
// a fast toy. Private keys come from the caller's Rng, never from the library's own generator.
//   X25519  RFC 7748; an all-zero result (low-order point) is refused.
//   ECDSA   P-256 with SHA-256, deterministic (RFC 6979). Both s and n - s verify, so a signature identifies nothing;
//           hash the message instead.
#pragma once

#include "base/rng.h"
#include "crypto/keys.h"

namespace farline::crypto {

class Asymmetric {
 public:
  virtual ~Asymmetric() = default;

  virtual PublicKey public_key(const Secret<32>& secret) const = 0;
  virtual Result<Secret<32>> agree(const Secret<32>& secret, const PublicKey& remote) const = 0;

  // Fails when the secret is no scalar of P-256 (zero, or the group order and above).
  virtual Result<SigningPublicKey> signing_public_key(const Secret<32>& secret) const = 0;
  // `key` is a pair made below, or of a secret that signing_public_key() accepted.
  virtual Signature sign(const SigningKeyPair& key, Bytes message) const = 0;
  [[nodiscard]] virtual bool verify(const SigningPublicKey& key, Bytes message, const Signature& signature) const = 0;

  KeyPair generate_key_pair(Rng& rng) const;
  SigningKeyPair generate_signing_key_pair(Rng& rng) const;
};

const Asymmetric& real_asymmetric();

}  // namespace farline::crypto
