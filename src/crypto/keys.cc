#include "crypto/keys.h"

#include <mbedtls/platform_util.h>

namespace farline::crypto {

void wipe(MutableBytes bytes) {
  mbedtls_platform_zeroize(bytes.data(), bytes.size());
}

bool equal_constant_time(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  volatile uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference = static_cast<uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace farline::crypto
