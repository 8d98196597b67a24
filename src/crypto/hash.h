// SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869). Lists of parts are hashed as their concatenation, so a
// caller never assembles a buffer; fields of variable length need their own lengths among the parts.
#pragma once

#include <initializer_list>

#include "crypto/keys.h"

namespace farline::crypto {

Hash sha256(std::initializer_list<Bytes> parts);
Hash hmac_sha256(Bytes key, std::initializer_list<Bytes> parts);

Secret<32> hkdf_extract(Bytes salt, Bytes input_key);
// Fills `out`, at most 255 * 32 bytes.
void hkdf_expand(Bytes pseudorandom_key, Bytes info, MutableBytes out);

}  // namespace farline::crypto
