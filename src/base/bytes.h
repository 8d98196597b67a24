// Bytes and the two cursors that every format is read and written with. Network byte order throughout.
//   Reader  sticky failure: a read past the end gives zeros; finish() reports truncation and refuses trailing bytes.
//   Writer  over a caller's buffer; running past its end is our mistake, so it aborts.
// Neither owns or allocates; spans they return live as long as the buffer they were made from.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/result.h"

namespace farline {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;
using ByteVector = std::vector<uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline bool equal(Bytes a, Bytes b) { return std::ranges::equal(a, b); }
inline ByteVector to_vector(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// Lower-case hexadecimal; from_hex gives nothing for odd lengths or other characters.
std::string to_hex(Bytes bytes);
Result<ByteVector> from_hex(std::string_view hex);

class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u24() { return static_cast<uint32_t>(number(3)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  Bytes bytes(size_t count) {
    if (!need(count)) return {};
    return advance(count);
  }
  template <size_t N>
  std::array<uint8_t, N> array() {
    std::array<uint8_t, N> out{};
    const Bytes from = bytes(N);
    std::ranges::copy(from, out.begin());
    return out;
  }
  Bytes rest() { return failed_ ? Bytes{} : advance(bytes_.size()); }

  size_t remaining() const { return failed_ ? 0 : bytes_.size(); }
  bool ok() const { return !failed_; }
  void fail() { failed_ = true; }
  Result<void> finish() const {
    if (failed_) return Error{Errc::truncated, "ends too early"};
    if (!bytes_.empty()) return Error{Errc::malformed, "bytes after the end"};
    return {};
  }

 private:
  bool need(size_t count) {
    if (failed_ || count > bytes_.size()) failed_ = true;
    return !failed_;
  }
  Bytes advance(size_t count) {
    const Bytes out = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return out;
  }
  uint64_t number(size_t width) {
    uint64_t value = 0;
    for (const uint8_t byte : bytes(width)) value = value << 8 | byte;
    return value;
  }

  Bytes bytes_;
  bool failed_ = false;
};

class Writer {
 public:
  explicit Writer(MutableBytes buffer) : buffer_(buffer) {}

  void u8(uint8_t value) { number(value, 1); }
  void u16(uint16_t value) { number(value, 2); }
  void u24(uint32_t value) { number(value, 3); }
  void u32(uint32_t value) { number(value, 4); }
  void u64(uint64_t value) { number(value, 8); }
  void bytes(Bytes from) { std::ranges::copy(from, space(from.size()).begin()); }
  // Room for `count` bytes that the caller fills (a tag, a ciphertext).
  MutableBytes space(size_t count) {
    INVARIANT(count <= buffer_.size() - size_);
    const MutableBytes out = buffer_.subspan(size_, count);
    size_ += count;
    return out;
  }

  size_t size() const { return size_; }
  size_t capacity_left() const { return buffer_.size() - size_; }
  Bytes written() const { return buffer_.first(size_); }

 private:
  void number(uint64_t value, size_t width) {
    const MutableBytes out = space(width);
    for (size_t i = 0; i < width; ++i) out[i] = static_cast<uint8_t>(value >> (8 * (width - 1 - i)));
  }

  MutableBytes buffer_;
  size_t size_ = 0;
};

}  // namespace farline
