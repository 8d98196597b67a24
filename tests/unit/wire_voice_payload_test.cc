#include <doctest/doctest.h>

#include "support/seeded_rng.h"
#include "wire/voice_payload.h"

namespace farline::wire {
namespace {

struct Case {
  VoiceCodec codec;
  size_t frames;
  size_t frames_bytes;  // on the wire
};

ByteVector random_frame(testing::SeededRng& rng, VoiceCodec codec) {
  if (is_opus(codec)) {
    ByteVector frame(2 + rng.below(400));
    rng.fill(frame);
    frame[0] = 9 << 3 | 0;  // SILK wideband, 20 ms
    return frame;
  }
  const size_t bits = codec2_frame(codec).bits;
  ByteVector frame((bits + 7) / 8);
  rng.fill(frame);
  if (bits % 8 != 0) frame.back() = static_cast<uint8_t>(frame.back() & 0xff << (8 - bits % 8));
  return frame;
}

ByteVector encode(const VoiceHeader& header, const std::vector<ByteVector>& frames, size_t frames_bytes_min = 0) {
  ByteVector out(8000);
  const std::vector<Bytes> views(frames.begin(), frames.end());
  out.resize(encode_voice_payload(header, views, frames_bytes_min, out));
  return out;
}

Errc refusal(std::string_view hex) {
  const ByteVector bytes = *from_hex(hex);
  const auto decoded = decode_voice_payload(bytes);
  REQUIRE_FALSE(decoded);
  return decoded.error().code;
}

TEST_CASE("Codec2 bundles have no padding between frames, and come back bit by bit") {
  testing::SeededRng rng(1);
  for (const Case& c : {Case{VoiceCodec::codec2_700c, 12, 42}, Case{VoiceCodec::codec2_700c, 1, 4},
                        Case{VoiceCodec::codec2_700c, 3, 11}, Case{VoiceCodec::codec2_1200, 10, 60},
                        Case{VoiceCodec::codec2_1600, 10, 80}, Case{VoiceCodec::codec2_2400, 24, 144},
                        Case{VoiceCodec::codec2_3200, 12, 96}, Case{VoiceCodec::codec2_3200, 48, 384}}) {
    std::vector<ByteVector> frames;
    for (size_t i = 0; i < c.frames; ++i) frames.push_back(random_frame(rng, c.codec));
    const VoiceHeader header{.codec = c.codec, .spurt_start = true, .media_time = 0xfffe, .report = {}};
    const ByteVector bytes = encode(header, frames);
    CHECK(bytes.size() == kVoiceHeaderBytes + c.frames_bytes);
    const auto decoded = decode_voice_payload(bytes);
    REQUIRE(decoded);
    CHECK(decoded->header.codec == c.codec);
    CHECK(decoded->header.spurt_start);
    CHECK(decoded->header.media_time == 0xfffe);
    CHECK(decoded->frame_units == codec2_frame(c.codec).units);
    REQUIRE(decoded->frame_count == c.frames);
    std::array<uint8_t, kVoiceFrameBytesMax> buffer{};
    for (size_t i = 0; i < c.frames; ++i) CHECK(equal(decoded->frame(i, buffer), frames[i]));
  }
}

TEST_CASE("Opus frames keep their lengths, share a TOC byte, and padding comes off") {
  testing::SeededRng rng(2);
  for (const size_t count : {1U, 2U, 3U, 4U}) {
    std::vector<ByteVector> frames;
    size_t cost = 1;
    for (size_t i = 0; i < count; ++i) {
      frames.push_back(random_frame(rng, VoiceCodec::opus_wb));
      if (i == 1) frames[i].resize(1 + 252);  // the first two-byte length
      cost += opus_frame_cost(frames[i].size() - 1);
    }
    if (cost > 1100) continue;
    for (const size_t padding : {0U, 1U, 2U, 50U}) {
      const VoiceHeader header{.codec = VoiceCodec::opus_wb, .media_time = 7, .report = VoiceReport{1, 2, 3}};
      const ByteVector bytes = encode(header, frames, cost + padding);
      CHECK(bytes.size() == kVoiceHeaderBytes + kVoiceReportBytes + cost + padding);
      const auto decoded = decode_voice_payload(bytes);
      REQUIRE(decoded);
      CHECK(decoded->header.report == header.report);
      CHECK_FALSE(decoded->header.spurt_start);
      REQUIRE(decoded->frame_count == count);
      std::array<uint8_t, kVoiceFrameBytesMax> buffer{};
      for (size_t i = 0; i < count; ++i) CHECK(equal(decoded->frame(i, buffer), frames[i]));
    }
  }
}

TEST_CASE("an Opus frame may have the longest length RFC 6716 writes") {
  CHECK(opus_frame_cost(251) == 252);
  CHECK(opus_frame_cost(252) == 254);
  std::vector<ByteVector> frames{ByteVector(1 + 1100, 0x55)};
  frames[0][0] = 10 << 3;
  const ByteVector bytes = encode({.codec = VoiceCodec::opus_wb, .report = {}}, frames);
  const auto decoded = decode_voice_payload(bytes);
  REQUIRE(decoded);
  CHECK(decoded->frame_units == 2);
  std::array<uint8_t, kVoiceFrameBytesMax> buffer{};
  CHECK(equal(decoded->frame(0, buffer), frames[0]));
}

TEST_CASE("TOC bytes last what RFC 6716 table 2 says, in units of 20 ms") {
  CHECK(opus_frame_units(0 << 3) == 0);
  CHECK(opus_frame_units(1 << 3) == 1);
  CHECK(opus_frame_units(2 << 3) == 2);
  CHECK(opus_frame_units(11 << 3) == 3);
  CHECK(opus_frame_units(12 << 3) == 0);
  CHECK(opus_frame_units(15 << 3) == 1);
  CHECK(opus_frame_units(18 << 3) == 0);
  CHECK(opus_frame_units(31 << 3) == 1);
}

TEST_CASE("what this version does not know or allow is refused") {
  CHECK(refusal("") == Errc::truncated);
  CHECK(refusal("1000") == Errc::truncated);
  CHECK(refusal("100000") == Errc::truncated);                  // no frame
  CHECK(refusal("140000aabb") == Errc::truncated);              // half a report
  CHECK(refusal("14000000000000") == Errc::truncated);          // a report and 4 bytes: no whole frame
  CHECK(refusal("50000000112233445566") == Errc::unsupported);  // codec 5
  CHECK(refusal("f0000000112233445566") == Errc::unsupported);
  CHECK(refusal("12000000112233445566") == Errc::unsupported);  // copy follows
  CHECK(refusal("11000000112233445566") == Errc::unsupported);  // reserved flag
  CHECK(refusal("10000000112233445566") == Errc::malformed);    // 7 bytes of 6-byte frames
  CHECK(refusal("000000aabbccdd") == Errc::malformed);          // 28 bits and padding that is not zero
  CHECK(refusal("000000aabbccd000") == Errc::malformed);        // 28 bits and a byte too many
  CHECK(refusal("900000") == Errc::truncated);
  CHECK(refusal("90000048") == Errc::truncated);        // TOC alone
  CHECK(refusal("9000004800") == Errc::truncated);      // padding alone
  CHECK(refusal("90000048050102") == Errc::truncated);  // frame of 5 with 2
  CHECK(refusal("900000480101000001") == Errc::malformed);
  CHECK(refusal("9000004c0101") == Errc::unsupported);  // stereo
  CHECK(refusal("900000490101") == Errc::unsupported);  // code 1
  CHECK(refusal("900000400101") == Errc::unsupported);  // 10 ms
  std::string many = "300000";
  for (int i = 0; i < 49; ++i) many += "010203040506";
  CHECK(refusal(many) == Errc::limit);
  std::string opus = "90000058";  // 60 ms frames: 16 are 960 ms
  for (int i = 0; i < 17; ++i) opus += "01ff";
  CHECK(refusal(opus) == Errc::limit);
  CHECK(refusal(std::string(2 * (kVoicePayloadBytesMax + 1), '1')) == Errc::limit);
}

TEST_CASE("random payloads decode to what their bytes hold, or not at all") {
  testing::SeededRng rng(3);
  unsigned accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    ByteVector bytes(rng.below(rng.below(8) == 0 ? 1300 : 40));
    rng.fill(bytes);
    if (!bytes.empty() && rng.below(2) == 0) bytes[0] = static_cast<uint8_t>(bytes[0] & 0x9c);
    if (bytes.size() > 3 && rng.below(2) == 0) bytes[3] = static_cast<uint8_t>(bytes[3] & 0xf8);
    const auto decoded = decode_voice_payload(bytes);
    if (!decoded) continue;
    ++accepted;
    REQUIRE(decoded->frame_count > 0);
    REQUIRE(decoded->frame_count * decoded->frame_units <= kVoiceBundleUnitsMax);
    std::array<uint8_t, kVoiceFrameBytesMax> buffer{};
    std::vector<ByteVector> frames;
    for (size_t f = 0; f < decoded->frame_count; ++f) frames.push_back(to_vector(decoded->frame(f, buffer)));
    CHECK(encode(decoded->header, frames, decoded->frames.size()) == bytes);
  }
  CHECK(accepted > 500);
}

}  // namespace
}  // namespace farline::wire
