// Deterministic CBOR (RFC 8949 section 4.2.1), the only CBOR this project reads or writes: shortest heads, definite
// lengths, map keys unique and in bytewise order of their encoding, UTF-8 checked, no floating point, simple values
// false, true and null. Keys are integers, text or byte strings. One item is one document.
//
//   CborReader  a cursor that pulls one item after the other. Sticky failure, as base's Reader: after the first error
//               every read gives zero or empty, and finish() says what it was. Input is bounded before anything is done
//               with it; a count is never larger than the bytes left, so loops over it end.
//   CborWriter  over a caller's buffer. Output that would not be read again is our mistake, so it aborts.
//
// Neither allocates (cbor_item does, once). Spans they return live as long as the buffer they were made from.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace farline::wire {

inline constexpr size_t kCborBytesMax = 64 * 1024;
inline constexpr size_t kCborItemsMax = 4096;
inline constexpr size_t kCborDepthMax = 8;  // containers in containers

enum class CborType : uint8_t { unsigned_integer, negative_integer, bytes, text, array, map, tag, boolean, null, none };

// Where a cursor stands in arrays and maps, and the rules that hold there; shared by both directions.
class CborNesting {
 public:
  // All give a literal that says what is wrong, or nullptr.
  const char* begin(CborType type);               // an item of this type starts here
  const char* open(bool is_map, uint64_t count);  // ... it is a container, `count` elements or pairs long
  const char* end_scalar(Bytes encoded);          // ... it is not, and these are its bytes
  bool complete() const { return depth_ == 0 && levels_[0].left == 0; }
  size_t depth() const { return depth_; }

 private:
  struct Level {
    uint64_t left = 0;  // items to come; in a map keys and values are counted
    bool is_map = false;
    Bytes last_key;
  };
  void leave_finished();

  std::array<Level, kCborDepthMax + 1> levels_{Level{1, false, {}}};
  size_t depth_ = 0;
  size_t items_ = 0;
};

class CborReader {
 public:
  explicit CborReader(Bytes document);

  CborType peek() const;  // `none` at the end, after a failure and for a head this project does not allow
  uint64_t unsigned_integer();
  int64_t integer();  // of either sign; values outside int64 fail
  Bytes bytes();
  std::string_view text();
  bool boolean();
  void null();
  uint64_t tag();  // the item it applies to comes next
  size_t array();  // number of elements
  size_t map();    // number of pairs; read a key, then its value
  void skip();     // one whole item, of any type

  // The same, with the one value or length that the format allows there.
  void expect_tag(uint64_t tag);
  void expect_array(size_t count);
  template <size_t N>
  std::array<uint8_t, N> byte_array() {
    const Bytes from = bytes();
    std::array<uint8_t, N> out{};
    if (from.size() == N) {
      std::ranges::copy(from, out.begin());
    } else {
      fail({Errc::malformed, "CBOR byte string has a wrong length"});
    }
    return out;
  }

  bool ok() const { return !failed_; }
  size_t consumed() const { return at_; }  // bytes, so far
  void fail(Error error);                  // the first one is kept
  Result<void> finish();                   // one whole item has been read and nothing follows it

 private:
  struct Head {
    CborType type = CborType::none;
    uint64_t value = 0;
  };
  Head take_head();
  Head take(CborType wanted);
  Bytes take_string(CborType type);
  void end_scalar();

  Bytes document_;
  size_t at_ = 0;
  size_t item_ = 0;  // where the item being read starts
  CborNesting nesting_;
  bool failed_ = false;
  Error error_{Errc::malformed, ""};
};

class CborWriter {
 public:
  explicit CborWriter(MutableBytes buffer) : out_(buffer) {}

  void unsigned_integer(uint64_t value);
  void integer(int64_t value);
  void bytes(Bytes value);
  void text(std::string_view value);
  void boolean(bool value);
  void null();
  void tag(uint64_t tag);
  void array(size_t count);
  void map(size_t pairs);

  Bytes written() const;  // only when the item is complete

 private:
  void head(CborType type, uint64_t value);
  void end_scalar(size_t start);

  Writer out_;
  CborNesting nesting_;
};

// The one item that `write` gives a CborWriter, at most `bytes_max` long.
template <typename Write>
ByteVector cbor_item(size_t bytes_max, Write write) {
  ByteVector out(bytes_max);
  CborWriter writer(out);
  write(writer);
  out.resize(writer.written().size());
  return out;
}

}  // namespace farline::wire
