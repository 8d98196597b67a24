// Whole numbers in as few bytes as they need: 7 bits a byte, the lowest first, the top bit set in all but the last
// (LEB128). Only the shortest form is read, so a number has one spelling.
#pragma once

#include "base/bytes.h"

namespace farline::chat {

inline constexpr size_t kVarintBytesMax = 10;

inline void write_varint(uint64_t value, Writer& out) {
  for (; value >= 0x80; value >>= 7) out.u8(static_cast<uint8_t>(value | 0x80));
  out.u8(static_cast<uint8_t>(value));
}

inline uint64_t read_varint(Reader& in) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = in.u8();
    value |= uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) {
      if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1)) in.fail();
      return in.ok() ? value : 0;
    }
  }
  in.fail();
  return 0;
}

// A number that must not be above `max`.
inline uint64_t read_varint(Reader& in, uint64_t max) {
  const uint64_t value = read_varint(in);
  if (value > max) in.fail();
  return value > max ? 0 : value;
}

inline size_t varint_bytes(uint64_t value) {
  size_t count = 1;
  for (; value >= 0x80; value >>= 7) ++count;
  return count;
}

}  // namespace farline::chat
