#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "wire/cbor.h"

using namespace farline;
using namespace farline::wire;

namespace {

ByteVector hex(std::string_view text) {
  return from_hex(text).value();
}

// What reading one whole item of any type says.
Result<void> skip_document(Bytes document) {
  CborReader in(document);
  in.skip();
  return in.finish();
}

template <typename F>
std::string write_hex(F write) {
  std::array<uint8_t, 4096> buffer{};
  CborWriter out(buffer);
  write(out);
  return to_hex(out.written());
}

}  // namespace

TEST_CASE("integers of RFC 8949 appendix A read and are written") {
  struct Row {
    int64_t value;
    const char* encoded;
  };
  for (const Row& row : {Row{0, "00"}, Row{1, "01"}, Row{10, "0a"}, Row{23, "17"}, Row{24, "1818"}, Row{100, "1864"},
                         Row{1000, "1903e8"}, Row{1000000, "1a000f4240"}, Row{1000000000000, "1b000000e8d4a51000"},
                         Row{-1, "20"}, Row{-10, "29"}, Row{-100, "3863"}, Row{-1000, "3903e7"},
                         Row{std::numeric_limits<int64_t>::max(), "1b7fffffffffffffff"},
                         Row{std::numeric_limits<int64_t>::min(), "3b7fffffffffffffff"}}) {
    CAPTURE(row.encoded);
    CHECK(write_hex([&](CborWriter& out) { out.integer(row.value); }) == row.encoded);
    const ByteVector encoded = hex(row.encoded);
    CborReader in(encoded);
    CHECK(in.integer() == row.value);
    CHECK(in.finish().has_value());
  }
  const ByteVector largest = hex("1bffffffffffffffff");
  CborReader in(largest);
  CHECK(in.unsigned_integer() == UINT64_MAX);
  CHECK(in.finish().has_value());
  CborReader as_signed(largest);
  as_signed.integer();
  CHECK(as_signed.finish().error().code == Errc::limit);
}

TEST_CASE("a nested structure reads as it was written") {
  std::array<uint8_t, 64> buffer{};
  CborWriter out(buffer);
  out.map(3);
  out.unsigned_integer(1);
  out.array(3);
  out.boolean(true);
  out.boolean(false);
  out.null();
  out.integer(-1);
  out.tag(32);
  out.text("\xc3\xbc");
  out.text("a");
  out.bytes(hex("0102"));
  // The key order is that of the encoded keys: 01, 20, 6161.
  CHECK(to_hex(out.written()) == "a30183f5f4f620d82062c3bc6161420102");

  CborReader in(out.written());
  CHECK(in.map() == 3);
  CHECK(in.unsigned_integer() == 1);
  in.expect_array(3);
  CHECK(in.boolean());
  CHECK_FALSE(in.boolean());
  in.null();
  CHECK(in.peek() == CborType::negative_integer);
  CHECK(in.integer() == -1);
  in.expect_tag(32);
  CHECK(in.text() == "\xc3\xbc");
  CHECK(in.text() == "a");
  CHECK(in.byte_array<2>() == std::array<uint8_t, 2>{1, 2});
  CHECK(in.peek() == CborType::none);
  CHECK(in.finish().has_value());
}

TEST_CASE("well-formed documents of RFC 8949 appendix A are accepted") {
  for (const char* encoded : {"40",
                              "4401020304",
                              "60",
                              "6161",
                              "6449455446",
                              "62225c",
                              "63e6b0b4",
                              "64f0908591",
                              "80",
                              "83010203",
                              "8301820203820405",
                              "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
                              "a0",
                              "a201020304",
                              "a26161016162820203",
                              "826161a161626163",
                              "a56161614161626142616361436164614461656145",
                              "c11a514b67b0",
                              "d74401020304",
                              "f4",
                              "f5",
                              "f6",
                              "3bffffffffffffffff"}) {
    CAPTURE(encoded);
    CHECK(skip_document(hex(encoded)).has_value());
  }
}

TEST_CASE("what is not deterministic or not ours is refused") {
  struct Row {
    const char* encoded;
    Errc code;
    const char* why;
  };
  for (const Row& row : {Row{"", Errc::truncated, "nothing"},
                         Row{"1800", Errc::malformed, "1-byte argument that fits the head"},
                         Row{"1817", Errc::malformed, "23 in a byte"},
                         Row{"1900ff", Errc::malformed, "255 in two bytes"},
                         Row{"1a0000ffff", Errc::malformed, "65535 in four bytes"},
                         Row{"1b00000000ffffffff", Errc::malformed, "2^32-1 in eight bytes"},
                         Row{"580101", Errc::malformed, "length not shortest"},
                         Row{"18", Errc::truncated, "argument missing"},
                         Row{"1b00000001000000", Errc::truncated, "argument cut"},
                         Row{"1c", Errc::malformed, "reserved argument 28"},
                         Row{"5f42010243030405ff", Errc::malformed, "indefinite byte string"},
                         Row{"7f657374726561646d696e67ff", Errc::malformed, "indefinite text"},
                         Row{"9fff", Errc::malformed, "indefinite array"},
                         Row{"bfff", Errc::malformed, "indefinite map"},
                         Row{"ff", Errc::malformed, "break alone"},
                         Row{"f90000", Errc::malformed, "half float"},
                         Row{"fb3ff199999999999a", Errc::malformed, "double"},
                         Row{"f7", Errc::malformed, "undefined"},
                         Row{"f0", Errc::malformed, "simple(16)"},
                         Row{"f8ff", Errc::malformed, "simple(255)"},
                         Row{"f814", Errc::malformed, "false in two bytes"},
                         Row{"4401", Errc::truncated, "byte string cut"},
                         Row{"5bffffffffffffffff", Errc::truncated, "byte string of 2^64-1"},
                         Row{"9bffffffffffffffff", Errc::truncated, "array of 2^64-1"},
                         Row{"9a00ffffff", Errc::truncated, "array longer than the document"},
                         Row{"bb8000000000000000", Errc::truncated, "map whose items overflow 64 bits"},
                         Row{"a2016101", Errc::truncated, "map cut"},
                         Row{"a201000100", Errc::malformed, "duplicate key"},
                         Row{"a202000100", Errc::malformed, "keys out of order"},
                         Row{"a220000100", Errc::malformed, "-1 before 1"},
                         Row{"a261620061610000", Errc::malformed, "text keys out of order"},
                         Row{"a1800000", Errc::malformed, "array as key"},
                         Row{"a1c10000", Errc::malformed, "tag as key"},
                         Row{"a1f500", Errc::malformed, "boolean as key"},
                         Row{"61ff", Errc::malformed, "not UTF-8"},
                         Row{"62c080", Errc::malformed, "overlong UTF-8"},
                         Row{"63eda080", Errc::malformed, "surrogate"},
                         Row{"64f4908080", Errc::malformed, "above U+10FFFF"},
                         Row{"c1", Errc::truncated, "tag of nothing"},
                         Row{"0000", Errc::malformed, "two items"},
                         Row{"8100ff", Errc::malformed, "bytes after the end"},
                         Row{"81818181818181818100", Errc::malformed, "depth 9"}}) {
    CAPTURE(row.why);
    const Result<void> result = skip_document(hex(row.encoded));
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == row.code);
  }
  CHECK(skip_document(hex("818181818181818100")).has_value());  // depth 8
}

TEST_CASE("documents are bounded in bytes and items") {
  ByteVector items(1 + 2 + kCborItemsMax, 0x00);
  items[0] = 0x99;
  items[1] = static_cast<uint8_t>(kCborItemsMax >> 8);
  items[2] = static_cast<uint8_t>(kCborItemsMax & 0xff);
  CHECK_FALSE(skip_document(items).has_value());  // the array is an item too
  items.pop_back();
  items[1] = static_cast<uint8_t>((kCborItemsMax - 1) >> 8);
  items[2] = static_cast<uint8_t>((kCborItemsMax - 1) & 0xff);
  CHECK(skip_document(items).has_value());

  ByteVector large(kCborBytesMax, 0x00);
  large[0] = 0x59;
  large[1] = large[2] = 0xff;
  large.resize(3 + 0xffff);
  CHECK(skip_document(large).error().code == Errc::limit);
}

TEST_CASE("a failure is kept and reads after it give nothing") {
  const ByteVector document = hex("83016161f4");
  CborReader in(document);
  CHECK(in.array() == 3);
  CHECK(in.text().empty());  // an integer stands there
  CHECK(in.unsigned_integer() == 0);
  CHECK(in.map() == 0);
  CHECK(in.peek() == CborType::none);
  in.fail({Errc::denied, "later"});
  CHECK(in.finish().error().code == Errc::malformed);

  const ByteVector wrong_size = hex("420102");
  CborReader bytes(wrong_size);
  CHECK(bytes.byte_array<3>() == std::array<uint8_t, 3>{});
  CHECK_FALSE(bytes.finish().has_value());
}

TEST_CASE("every truncation of a document is refused") {
  const ByteVector whole = hex("a30183f5f4f620d82062c3bc6161420102");
  CHECK(skip_document(whole).has_value());
  for (size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(skip_document(Bytes(whole).first(size)).has_value());
}
