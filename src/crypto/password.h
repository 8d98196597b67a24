// A passphrase into a key: Argon2id (RFC 9106), version 0x13. The default cost is the second recommended option of RFC
// 9106 section 4 (t = 3, 64 MiB) with one lane, because memory, not threads, is what an attacker lacks: about 0.3 s.
#pragma once

#include "crypto/keys.h"

namespace farline::crypto {

struct PasswordCost {
  uint32_t passes = 3;
  uint32_t memory_kib = 64 * 1024;
  uint32_t lanes = 1;
};
using PasswordSalt = std::array<uint8_t, 16>;

// The cost may come from a file: beyond 16 passes, 1 GiB or 16 lanes it is refused, and so is memory the system does
// not have.
Result<Secret<32>> key_from_password(Bytes password, const PasswordSalt& salt, const PasswordCost& cost = {});

}  // namespace farline::crypto
