#include <doctest/doctest.h>

#include "crypto/password.h"

using namespace farline;
using namespace farline::crypto;

TEST_CASE("Argon2id depends on password, salt and cost, and is stable") {
  const PasswordCost light{.passes = 1, .memory_kib = 64, .lanes = 1};
  PasswordSalt salt{1};
  const auto key = key_from_password(as_bytes("correct horse"), salt, light);
  CHECK(equal(key->bytes(), key_from_password(as_bytes("correct horse"), salt, light)->bytes()));
  CHECK_FALSE(equal(key->bytes(), key_from_password(as_bytes("correct horsf"), salt, light)->bytes()));
  CHECK_FALSE(equal(key->bytes(), key_from_password(as_bytes("correct horse"), salt, {2, 64, 1})->bytes()));
  salt[0] ^= 1;
  CHECK_FALSE(equal(key->bytes(), key_from_password(as_bytes("correct horse"), salt, light)->bytes()));
}

TEST_CASE("a cost out of a file that is too small or too large is refused") {
  for (const PasswordCost cost : {PasswordCost{0, 64, 1}, PasswordCost{1, 1, 1}, PasswordCost{1, 64, 0},
                                  PasswordCost{17, 64, 1}, PasswordCost{1, 2 << 20, 1}, PasswordCost{1, 1024, 17}})
    CHECK_FALSE(key_from_password(as_bytes("x"), PasswordSalt{}, cost));
}
