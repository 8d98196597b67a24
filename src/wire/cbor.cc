#include "wire/cbor.h"

#include <limits>

#include "wire/utf8.h"

namespace farline::wire {
namespace {

// Major types of RFC 8949 section 3.1, in the high three bits of a head.
constexpr uint8_t kMajorSimple = 7;
constexpr uint8_t kFalse = 20;
constexpr uint8_t kTrue = 21;
constexpr uint8_t kNull = 22;

constexpr std::array kTypeOfMajor = {CborType::unsigned_integer,
                                     CborType::negative_integer,
                                     CborType::bytes,
                                     CborType::text,
                                     CborType::array,
                                     CborType::map,
                                     CborType::tag};

CborType type_of(uint8_t initial) {
  const uint8_t major = initial >> 5;
  const uint8_t low = initial & 0x1f;
  if (major < kMajorSimple) return kTypeOfMajor[major];
  if (low == kFalse || low == kTrue) return CborType::boolean;
  return low == kNull ? CborType::null : CborType::none;
}

bool may_be_key(CborType type) {
  return type == CborType::unsigned_integer || type == CborType::negative_integer || type == CborType::bytes ||
         type == CborType::text;
}

}  // namespace

const char* CborNesting::begin(CborType type) {
  const Level& level = levels_[depth_];
  if (level.left == 0) return "CBOR item after the end";
  if (++items_ > kCborItemsMax) return "CBOR has too many items";
  const bool is_key = level.is_map && level.left % 2 == 0;
  if (is_key && !may_be_key(type)) return "CBOR map key of this type is not allowed";
  return nullptr;
}

const char* CborNesting::open(bool is_map, uint64_t count) {
  if (depth_ == kCborDepthMax) return "CBOR is nested too deeply";
  --levels_[depth_].left;
  levels_[++depth_] = {is_map ? 2 * count : count, is_map, {}};
  leave_finished();
  return nullptr;
}

const char* CborNesting::end_scalar(Bytes encoded) {
  Level& level = levels_[depth_];
  if (level.is_map && level.left % 2 == 0) {
    if (!level.last_key.empty() && !std::ranges::lexicographical_compare(level.last_key, encoded))
      return "CBOR map keys are not in order or not unique";
    level.last_key = encoded;
  }
  --level.left;
  leave_finished();
  return nullptr;
}

void CborNesting::leave_finished() {
  while (depth_ > 0 && levels_[depth_].left == 0) --depth_;
}

CborReader::CborReader(Bytes document) : document_(document) {
  if (document.size() > kCborBytesMax) fail({Errc::limit, "CBOR document is too large"});
}

CborType CborReader::peek() const {
  if (failed_ || nesting_.complete() || at_ == document_.size()) return CborType::none;
  return type_of(document_[at_]);
}

void CborReader::fail(Error error) {
  if (!failed_) error_ = error;
  failed_ = true;
}

Result<void> CborReader::finish() {
  if (!failed_ && !nesting_.complete()) fail({Errc::truncated, "CBOR ends too early"});
  if (!failed_ && at_ != document_.size()) fail({Errc::malformed, "CBOR bytes after the end"});
  if (failed_) return error_;
  return {};
}

CborReader::Head CborReader::take_head() {
  if (failed_) return {};
  if (at_ == document_.size()) {
    fail({Errc::truncated, "CBOR ends too early"});
    return {};
  }
  item_ = at_;
  const uint8_t initial = document_[at_++];
  const uint8_t low = initial & 0x1f;
  Head head{type_of(initial), low};
  if (head.type == CborType::none || low > 27) {
    fail({Errc::malformed, "CBOR head is not allowed (indefinite length, float or reserved)"});
    return {};
  }
  if (low >= 24) {
    const size_t width = size_t{1} << (low - 24);
    if (document_.size() - at_ < width) {
      fail({Errc::truncated, "CBOR ends too early"});
      return {};
    }
    head.value = 0;
    for (const uint8_t byte : document_.subspan(at_, width)) head.value = head.value << 8 | byte;
    at_ += width;
    const bool fits_shorter = width == 1 ? head.value < 24 : head.value >> (4 * width) == 0;
    if (fits_shorter) {
      fail({Errc::malformed, "CBOR head is not the shortest"});
      return {};
    }
  }
  if (const char* wrong = nesting_.begin(head.type)) {
    fail({Errc::malformed, wrong});
    return {};
  }
  return head;
}

CborReader::Head CborReader::take(CborType wanted) {
  const Head head = take_head();
  if (!failed_ && head.type != wanted) fail({Errc::malformed, "CBOR item has another type than expected"});
  return failed_ ? Head{} : head;
}

void CborReader::end_scalar() {
  if (failed_) return;
  if (const char* wrong = nesting_.end_scalar(document_.subspan(item_, at_ - item_))) fail({Errc::malformed, wrong});
}

uint64_t CborReader::unsigned_integer() {
  const Head head = take(CborType::unsigned_integer);
  end_scalar();
  return head.value;
}

int64_t CborReader::integer() {
  const bool negative = peek() == CborType::negative_integer;
  const Head head = take(negative ? CborType::negative_integer : CborType::unsigned_integer);
  end_scalar();
  if (head.value > uint64_t{std::numeric_limits<int64_t>::max()}) {
    fail({Errc::limit, "CBOR integer is out of range"});
    return 0;
  }
  const auto value = static_cast<int64_t>(head.value);
  return negative ? -1 - value : value;
}

Bytes CborReader::take_string(CborType type) {
  const Head head = take(type);
  if (head.value > document_.size() - at_) fail({Errc::truncated, "CBOR ends too early"});
  if (failed_) return {};
  const Bytes out = document_.subspan(at_, static_cast<size_t>(head.value));
  at_ += out.size();
  if (type == CborType::text && !is_utf8(as_text(out))) fail({Errc::malformed, "CBOR text is not UTF-8"});
  end_scalar();
  return failed_ ? Bytes{} : out;
}

Bytes CborReader::bytes() {
  return take_string(CborType::bytes);
}

std::string_view CborReader::text() {
  return as_text(take_string(CborType::text));
}

bool CborReader::boolean() {
  const Head head = take(CborType::boolean);
  end_scalar();
  return head.value == kTrue;
}

void CborReader::null() {
  take(CborType::null);
  end_scalar();
}

uint64_t CborReader::tag() {
  return take(CborType::tag).value;
}

size_t CborReader::array() {
  const Head head = take(CborType::array);
  if (head.value > document_.size() - at_) fail({Errc::truncated, "CBOR ends too early"});
  if (failed_) return 0;
  if (const char* wrong = nesting_.open(false, head.value)) fail({Errc::malformed, wrong});
  return failed_ ? 0 : static_cast<size_t>(head.value);
}

size_t CborReader::map() {
  const Head head = take(CborType::map);
  if (head.value > (document_.size() - at_) / 2) fail({Errc::truncated, "CBOR ends too early"});
  if (failed_) return 0;
  if (const char* wrong = nesting_.open(true, head.value)) fail({Errc::malformed, wrong});
  return failed_ ? 0 : static_cast<size_t>(head.value);
}

// An item is whole when as many items have ended as its containers and tags announced.
void CborReader::skip() {
  for (uint64_t pending = 1; pending > 0 && !failed_; --pending) {
    switch (peek()) {
      case CborType::unsigned_integer:
        unsigned_integer();
        break;
      case CborType::bytes:
        bytes();
        break;
      case CborType::text:
        text();
        break;
      case CborType::array:
        pending += array();
        break;
      case CborType::map:
        pending += 2 * map();
        break;
      case CborType::tag:
        tag(), ++pending;
        break;
      case CborType::boolean:
        boolean();
        break;
      case CborType::null:
        null();
        break;
      case CborType::negative_integer:
        take(CborType::negative_integer), end_scalar();
        break;
      case CborType::none:
        take_head();
        break;  // fails, and says why
    }
  }
}

void CborReader::expect_tag(uint64_t wanted) {
  if (tag() != wanted) fail({Errc::malformed, "CBOR tag is not the one expected"});
}

void CborReader::expect_array(size_t count) {
  if (array() != count) fail({Errc::malformed, "CBOR array has a wrong length"});
}

void CborWriter::head(CborType type, uint64_t value) {
  INVARIANT(nesting_.begin(type) == nullptr);
  const auto major = static_cast<uint8_t>(std::min<unsigned>(static_cast<unsigned>(type), kMajorSimple) << 5);
  if (value < 24) {
    out_.u8(static_cast<uint8_t>(major | value));
  } else if (value <= 0xff) {
    out_.u8(major | 24);
    out_.u8(static_cast<uint8_t>(value));
  } else if (value <= 0xffff) {
    out_.u8(major | 25);
    out_.u16(static_cast<uint16_t>(value));
  } else if (value <= 0xffffffff) {
    out_.u8(major | 26);
    out_.u32(static_cast<uint32_t>(value));
  } else {
    out_.u8(major | 27);
    out_.u64(value);
  }
}

void CborWriter::end_scalar(size_t start) {
  INVARIANT(out_.size() <= kCborBytesMax);
  INVARIANT(nesting_.end_scalar(out_.written().subspan(start)) == nullptr);
}

void CborWriter::unsigned_integer(uint64_t value) {
  const size_t start = out_.size();
  head(CborType::unsigned_integer, value);
  end_scalar(start);
}

void CborWriter::integer(int64_t value) {
  const size_t start = out_.size();
  if (value < 0) {
    head(CborType::negative_integer, static_cast<uint64_t>(-1 - value));
  } else {
    head(CborType::unsigned_integer, static_cast<uint64_t>(value));
  }
  end_scalar(start);
}

void CborWriter::bytes(Bytes value) {
  const size_t start = out_.size();
  head(CborType::bytes, value.size());
  out_.bytes(value);
  end_scalar(start);
}

void CborWriter::text(std::string_view value) {
  INVARIANT(is_utf8(value));
  const size_t start = out_.size();
  head(CborType::text, value.size());
  out_.bytes(as_bytes(value));
  end_scalar(start);
}

void CborWriter::boolean(bool value) {
  const size_t start = out_.size();
  head(CborType::boolean, value ? kTrue : kFalse);
  end_scalar(start);
}

void CborWriter::null() {
  const size_t start = out_.size();
  head(CborType::null, kNull);
  end_scalar(start);
}

void CborWriter::tag(uint64_t tag) {
  head(CborType::tag, tag);
}

void CborWriter::array(size_t count) {
  head(CborType::array, count);
  INVARIANT(nesting_.open(false, count) == nullptr);
}

void CborWriter::map(size_t pairs) {
  head(CborType::map, pairs);
  INVARIANT(nesting_.open(true, pairs) == nullptr);
}

Bytes CborWriter::written() const {
  INVARIANT(nesting_.complete());
  return out_.written();
}

}  // namespace farline::wire
