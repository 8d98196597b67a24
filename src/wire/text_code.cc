#include "wire/text_code.h"

namespace farline::wire {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

}  // namespace

std::string to_base32(Bytes bytes) {
  std::string out;
  uint32_t buffer = 0;
  unsigned bits = 0;
  for (const uint8_t byte : bytes) {
    buffer = buffer << 8 | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[buffer >> (bits - 5) & 31];
  }
  if (bits > 0) out += kAlphabet[buffer << (5 - bits) & 31];
  return out;
}

Result<ByteVector> from_base32(std::string_view text) {
  ByteVector out;
  uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const size_t value = kAlphabet.find(lower);
    if (value == std::string_view::npos) return Error{Errc::malformed, "character is not base32"};
    buffer = buffer << 5 | static_cast<uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<uint8_t>(buffer >> bits));
    }
  }
  // 1, 3 and 6 characters of a last group leave 5 or more bits: no bytes give these.
  const uint32_t left_over = buffer & ((1U << bits) - 1);
  if (bits >= 5 || left_over != 0) return Error{Errc::malformed, "base32 does not end as any bytes do"};
  return out;
}

}  // namespace farline::wire
