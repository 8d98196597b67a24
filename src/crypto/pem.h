// P-256 public keys as other tools write them: PEM (RFC 7468) around a SubjectPublicKeyInfo (RFC 5480), the point
// uncompressed, as OpenSSL prints it. Reading also takes a compressed point. Errors: malformed, unsupported (another
// kind of key).
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/keys.h"

namespace farline::crypto {

inline constexpr size_t kPemBytesMax = 1024;

// RFC 4648 section 4, with padding.
std::string to_base64(Bytes bytes);

// `key` is a point of the curve: our mistake otherwise.
std::string to_pem(const SigningPublicKey& key);
Result<SigningPublicKey> signing_public_key_from_pem(std::string_view pem);

}  // namespace farline::crypto
