// HPKE (RFC 9180), one message to one key: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, modes Base (0)
// and Auth (2). Auth proves that the holder of `sender` sealed it, to the recipient alone; whoever steals the
// recipient's key can forge to it (section 9.1.1). Nothing here allocates but the library below.
#pragma once

#include "crypto/aead.h"
#include "crypto/asymmetric.h"

namespace farline::crypto {

// Both sides give the same; `info` is at most kHpkeInfoBytesMax. References outlive the call only.
inline constexpr size_t kHpkeInfoBytesMax = 256;
struct HpkeUse {
  const Asymmetric& asymmetric;
  Bytes info{};
  Bytes associated_data{};
};

// Mode Auth with a `sender`, else Base. `out` needs plaintext.size() + kTagBytes; gives the encapsulated key, which
// travels in front of it. Takes 32 bytes of `rng`. Fails when the recipient's key is of low order.
Result<PublicKey> hpke_seal(const HpkeUse& use, const PublicKey& recipient, const KeyPair* sender, Rng& rng,
                            Bytes plaintext, MutableBytes out);
// `out` needs sealed.size() - kTagBytes. Errc::auth, Errc::truncated.
Result<void> hpke_open(const HpkeUse& use, const KeyPair& recipient, const PublicKey* sender,
                       const PublicKey& encapsulated, Bytes sealed, MutableBytes out);

}  // namespace farline::crypto
