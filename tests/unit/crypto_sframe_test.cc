#include <doctest/doctest.h>

#include "crypto/sframe.h"
#include "support/json.h"

using namespace farline;
using namespace farline::crypto;
using farline::testing::Json;
using farline::testing::published_vectors;

namespace {

constexpr SFrameSuite kDefault = SFrameSuite::aes_128_ctr_hmac_sha256_64;
constexpr SFrameSuite kAll[] = {SFrameSuite::aes_128_ctr_hmac_sha256_80, kDefault,
                                SFrameSuite::aes_128_ctr_hmac_sha256_32, SFrameSuite::aes_128_gcm_sha256_128,
                                SFrameSuite::aes_256_gcm_sha512_128};

std::string header_hex(const SFrameHeader& header) {
  std::array<uint8_t, kSFrameHeaderBytesMax> buffer;
  Writer out(buffer);
  write_sframe_header(header, out);
  CHECK_EQ(out.size(), sframe_header_bytes(header));
  return to_hex(out.written());
}

Result<SFrameHeader> header_of(std::string_view hex) {
  const ByteVector bytes = *from_hex(hex);
  Reader in(bytes);
  auto header = read_sframe_header(in);
  if (header) CHECK_EQ(in.remaining(), 0);
  return header;
}

void check_frame(const SFrameKey& key, const SFrameHeader& header, Bytes metadata, Bytes plaintext,
                 std::string_view expected) {
  ByteVector frame(plaintext.size() + key.overhead(header.ctr));
  CHECK_EQ(key.seal(header.ctr, metadata, plaintext, frame), frame.size());
  CHECK_EQ(to_hex(frame), expected);
  ByteVector opened(plaintext.size());
  const auto result = key.open(frame, metadata, opened);
  REQUIRE(result);
  CHECK_EQ(result->kid, header.kid);
  CHECK_EQ(result->ctr, header.ctr);
  CHECK_EQ(result->size, plaintext.size());
  CHECK(equal(opened, plaintext));
}

}  // namespace

TEST_CASE("SFrame headers (RFC 9605 section 4.3 and appendix C.1)") {
  const struct {
    SFrameHeader header;
    std::string_view hex;
  } rows[] = {{{0, 0}, "00"},
              {{7, 7}, "77"},
              {{7, 8}, "7808"},
              {{8, 0}, "8008"},
              {{0x123, 0x4567}, "9901234567"},
              {{65536, 72057594037927936}, "af0100000100000000000000"},
              {{UINT64_MAX, UINT64_MAX}, "ffffffffffffffffffffffffffffffffff"}};
  for (const auto& row : rows) {
    CHECK_EQ(header_hex(row.header), row.hex);
    CHECK_EQ(header_of(row.hex).value(), row.header);
    for (size_t size = 0; size < row.hex.size(); size += 2) CHECK_FALSE(header_of(row.hex.substr(0, size)));
  }
}

TEST_CASE("an SFrame header has one spelling") {
  CHECK_FALSE(header_of("0807"));    // CTR 7 fits the first byte
  CHECK_FALSE(header_of("8007"));    // so does KID 7
  CHECK_FALSE(header_of("090008"));  // leading zero
  CHECK_FALSE(header_of("900012"));
}

TEST_CASE("SFrame of the default suite (RFC 9605 appendix C.3)") {
  const SFrameKey key(kDefault, 0x123, *from_hex("000102030405060708090a0b0c0d0e0f"));
  check_frame(key, {0x123, 0x4567}, *from_hex("4945544620534672616d65205747"),
              *from_hex("64726166742d696574662d736672616d652d656e63"),
              "99012345673f31438db4d09434e43afa0f8a2f00867a2be085046a9f5cb4f101d607");
}

TEST_CASE("an SFrame that was touched does not open, and leaves no plaintext") {
  const ByteVector base_key(32, 5);
  const ByteVector metadata{1, 0, 2};
  const ByteVector plaintext(28, 0xa5);
  for (const SFrameSuite suite : kAll) {
    const SFrameKey key(suite, 3, base_key);
    ByteVector frame(plaintext.size() + key.overhead(900));
    key.seal(900, metadata, plaintext, frame);
    CHECK_EQ(frame.size(), plaintext.size() + 3 + sframe_tag_bytes(suite));
    ByteVector out(plaintext.size(), 0);
    for (size_t bit = 0; bit < frame.size() * 8; ++bit) {
      ByteVector bad = frame;
      bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
      CHECK_FALSE(key.open(bad, metadata, out));
      CHECK_EQ(out, ByteVector(plaintext.size(), 0));
    }
    for (size_t size = 0; size < frame.size(); ++size) CHECK_FALSE(key.open(Bytes(frame).first(size), metadata, out));
    CHECK_FALSE(key.open(frame, {}, out));
    CHECK_FALSE(SFrameKey(suite, 4, base_key).open(frame, metadata, out));
    CHECK_FALSE(SFrameKey(suite, 3, ByteVector(32, 6)).open(frame, metadata, out));
    CHECK_EQ(key.open(frame, metadata, MutableBytes(out).first(27)).error().code, Errc::limit);
    CHECK(key.open(frame, metadata, out));
    CHECK_EQ(out, plaintext);
  }
}

TEST_CASE("an empty SFrame") {
  for (const SFrameSuite suite : kAll) {
    const SFrameKey key(suite, 0, ByteVector(16, 5));
    std::array<uint8_t, 32> buffer;
    const size_t size = key.seal(0, {}, {}, buffer);
    CHECK_EQ(size, 1 + sframe_tag_bytes(suite));
    CHECK_EQ(key.open(Bytes(buffer).first(size), {}, {})->size, 0);
  }
}

TEST_CASE("SFrame: the full vectors of RFC 9605") {
  const auto file = published_vectors("sframe/test-vectors.json");
  if (!file) {
    MESSAGE("skipped: the full vectors are not beside the project");
    return;
  }
  size_t count = 0;
  for (const Json& test : (*file)["header"].items) {
    const SFrameHeader header{test["kid"].u64(), test["ctr"].u64()};
    CHECK_EQ(header_hex(header), test["encoded"].text);
    CHECK_EQ(header_of(test["encoded"].text).value(), header);
    ++count;
  }
  for (const Json& test : (*file)["sframe"].items) {
    const SFrameHeader header{test["kid"].u64(), test["ctr"].u64()};
    const SFrameKey key(static_cast<SFrameSuite>(test["cipher_suite"].u64()), header.kid, test["base_key"].hex());
    check_frame(key, header, test["metadata"].hex(), test["pt"].hex(), test["ct"].text);
    ++count;
  }
  CHECK_EQ(count, 289 + 5);
}
