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

TEST_CASE("the default cost is what profiles on disk were sealed with (value of libargon2 20171227)") {
  PasswordSalt salt;
  for (size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<uint8_t>(i);
  CHECK_EQ(to_hex(key_from_password(as_bytes("password"), salt)->bytes()),
           "def6fd068289b9a0cf1114f8e978a2c4dab6faef377d895b9c2d59fc93fc5653");
}
