#include "crypto/password.h"

#include <argon2.h>

namespace farline::crypto {

Result<Secret<32>> key_from_password(Bytes password, const PasswordSalt& salt, const PasswordCost& cost) {
  if (cost.passes > 16 || cost.memory_kib > 1024 * 1024 || cost.lanes > 16)
    return Error{Errc::limit, "password cost out of range"};
  Secret<32> out;
  const int status =
      argon2id_hash_raw(cost.passes, cost.memory_kib, cost.lanes, password.data(), password.size(), salt.data(),
                        salt.size(), out.mutable_bytes().data(), out.mutable_bytes().size());
  if (status == ARGON2_MEMORY_ALLOCATION_ERROR) return Error{Errc::limit, "not enough memory for the password cost"};
  if (status != ARGON2_OK) return Error{Errc::malformed, "password cost out of range"};
  return out;
}

}  // namespace farline::crypto
