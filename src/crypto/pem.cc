#include "crypto/pem.h"

#include <mbedtls/base64.h>

#include "crypto/p256.h"

namespace farline::crypto {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
constexpr size_t kLine = 64;

// SEQUENCE { SEQUENCE { id-ecPublicKey, secp256r1 }, BIT STRING of `point_bytes` }, up to the point. RFC 5480
// section 2.
ByteVector head(size_t point_bytes) {
  ByteVector out = {0x30, static_cast<uint8_t>(24 + point_bytes)};
  constexpr uint8_t kAlgorithm[] = {0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  out.insert(out.end(), std::begin(kAlgorithm), std::end(kAlgorithm));
  out.insert(out.end(), {0x03, static_cast<uint8_t>(1 + point_bytes), 0x00});
  return out;
}

}  // namespace

std::string to_base64(Bytes bytes) {
  ByteVector text(4 * (bytes.size() / 3 + 1) + 1);
  size_t length = 0;
  INVARIANT(mbedtls_base64_encode(text.data(), text.size(), &length, bytes.data(), bytes.size()) == 0);
  return std::string(as_text(Bytes(text).first(length)));
}

std::string to_pem(const SigningPublicKey& key) {
  const auto point = p256::decompress(key);
  INVARIANT(point.has_value());
  ByteVector der = head(point->size());
  der.insert(der.end(), point->begin(), point->end());
  const std::string text = to_base64(der);
  std::string out(kBegin);
  for (size_t i = 0; i < text.size(); i += kLine) out += '\n' + text.substr(i, kLine);
  return out + '\n' + std::string(kEnd) + '\n';
}

Result<SigningPublicKey> signing_public_key_from_pem(std::string_view pem) {
  constexpr Error kNoPem{Errc::malformed, "is no public key in PEM (BEGIN PUBLIC KEY)"};
  const size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos || pem.size() > kPemBytesMax) return kNoPem;
  const std::string_view rest = pem.substr(begin + kBegin.size());
  std::string base64;
  for (const char c : rest.substr(0, rest.find(kEnd)))
    if (c != '\n' && c != '\r' && c != ' ') base64 += c;
  std::array<uint8_t, kPemBytesMax> der{};
  size_t length = 0;
  const Bytes text = as_bytes(base64);
  if (rest.find(kEnd) == std::string_view::npos ||
      mbedtls_base64_decode(der.data(), der.size(), &length, text.data(), text.size()) != 0)
    return kNoPem;
  const Bytes decoded = Bytes(der).first(length);
  SigningPublicKey key{};
  for (const size_t point_bytes : {size_t{65}, key.size()}) {
    const ByteVector wanted = head(point_bytes);
    if (decoded.size() != wanted.size() + point_bytes || !equal(decoded.first(wanted.size()), wanted)) continue;
    const Bytes point = decoded.subspan(wanted.size());
    if (point_bytes == 65) {
      if (point[0] != 4) return kNoPem;
      key[0] = static_cast<uint8_t>(2 + (point[64] & 1));
      std::ranges::copy(point.subspan(1, 32), key.begin() + 1);
    } else {
      std::ranges::copy(point, key.begin());
    }
    const auto full = p256::decompress(key);
    if (!full || (point_bytes == 65 && !equal(*full, point))) return Error{Errc::malformed, "is no point of P-256"};
    return key;
  }
  return Error{Errc::unsupported, "is no key of P-256, the only kind this program uses"};
}

}  // namespace farline::crypto
