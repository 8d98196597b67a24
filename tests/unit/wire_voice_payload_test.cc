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
  out.resize(encode_voice_payload(header, {views, frames_bytes_min, {}}, out));
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
    const VoiceHeader header{.codec = c.codec, .spurt_start = true, .media_time = 0xfffe, .report = {}, .silence = {}};
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
      const VoiceHeader header{
          .codec = VoiceCodec::opus_wb, .media_time = 7, .report = VoiceReport{1, 2, 3, 4, 5}, .silence = {}};
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
  const ByteVector bytes = encode({.codec = VoiceCodec::opus_wb, .report = {}, .silence = {}}, frames);
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
  CHECK(refusal("140000aabbcc") == Errc::truncated);            // not quite a report
  CHECK(refusal("1400000000000000") == Errc::truncated);        // a report and a byte: no whole frame
  CHECK(refusal("50000000112233445566") == Errc::unsupported);  // codec 5
  CHECK(refusal("e0000000112233445566") == Errc::unsupported);
  CHECK(refusal("1c000000000000") == Errc::malformed);        // a talk spurt starts with a report and no sound
  CHECK(refusal("190000") == Errc::malformed);                // or a pair
  CHECK(refusal("10000000112233445566") == Errc::malformed);  // 7 bytes of 6-byte frames
  CHECK(refusal("000000aabbccdd") == Errc::malformed);        // 28 bits and padding that is not zero
  CHECK(refusal("000000aabbccd000") == Errc::malformed);      // 28 bits and a byte too many
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

TEST_CASE("a copy ends before the payload's speech, and has at most 25 frames of a codec for copies") {
  const std::string speech = "112233445566";
  CHECK(refusal("120000") == Errc::truncated);
  CHECK(refusal("12000001") == Errc::truncated);
  CHECK(refusal("1200000102aabbcc") == Errc::truncated);  // 3 of 4 bytes
  CHECK(refusal("1200008100") == Errc::truncated);
  CHECK(refusal("1200000001" + speech) == Errc::malformed);                         // no frame
  CHECK(refusal("1200000101aabbccd0" + speech) == Errc::malformed);                 // ends 20 ms behind the media time
  CHECK(refusal("1200000102aabbccdd" + speech) == Errc::malformed);                 // padding
  CHECK(refusal("1200000102aabbccd0") == Errc::truncated);                          // and no speech
  CHECK(refusal("160000112233440102aabbccd0") == Errc::malformed);                  // nor with a report
  CHECK(refusal("1200001aff" + std::string(2 * 91, '0') + speech) == Errc::limit);  // 26 frames
  CHECK(refusal("f20000"
                "0102aabbccd0"
                "30") == Errc::malformed);  // silence copies nothing

  const ByteVector bytes = *from_hex(
      "f80000"
      "30");
  CHECK_FALSE(decode_voice_payload(bytes));
  for (const VoiceCodec codec : {VoiceCodec::codec2_700c, VoiceCodec::codec2_1200}) {
    testing::SeededRng rng(5);
    for (const size_t count : {1U, 4U, 25U}) {
      std::vector<ByteVector> copies;
      for (size_t i = 0; i < count; ++i) copies.push_back(random_frame(rng, codec));
      const ByteVector frame = random_frame(rng, VoiceCodec::codec2_1600);
      const std::vector<Bytes> views(copies.begin(), copies.end());
      const std::array<Bytes, 1> frames{frame};
      const VoiceHeader header{
          .codec = VoiceCodec::codec2_1600, .media_time = 3, .report = VoiceReport{1, 63, 31, 127, 63}, .silence = {}};
      const auto back = static_cast<uint8_t>(2 * count + 7);
      ByteVector out(500);
      out.resize(encode_voice_payload(header, {frames, 0, VoiceSpeech::Copy{codec, back, views}}, out));
      CHECK(out.size() == 3 + 4 + 2 + codec2_bytes(codec, count) + 8);
      const auto decoded = decode_voice_payload(out);
      REQUIRE(decoded);
      CHECK(decoded->header.report == header.report);
      REQUIRE(decoded->copy);
      CHECK(decoded->copy->codec == codec);
      CHECK(decoded->copy->units_back == back);
      REQUIRE(decoded->copy->frame_count == count);
      std::array<uint8_t, kVoiceFrameBytesMax> buffer{};
      for (size_t i = 0; i < count; ++i) CHECK(equal(decoded->copy->frame(i, buffer), copies[i]));
      CHECK(equal(decoded->frame(0, buffer), frame));
    }
  }
}

TEST_CASE("silence has a level and no sound; a report or a pair needs no sound") {
  const auto decode = [](std::string_view hex) {
    static ByteVector bytes;
    bytes = *from_hex(hex);
    return decode_voice_payload(bytes);
  };
  REQUIRE(decode("f1001030"));
  CHECK(decode("f1001030")->header.silence == 0x30);
  CHECK(decode("f1001030")->header.media_time == 0x10);
  CHECK(decode("f1001030")->header.pair);
  CHECK(decode("f1001030")->frame_count == 0);
  CHECK(decode("f400100102030405")->header.report == VoiceReport{1, 0, 16, 12, 4});
  CHECK(refusal("f00010") == Errc::truncated);
  CHECK(refusal("f0001080") == Errc::malformed);
  CHECK(refusal("f000103000") == Errc::malformed);
  CHECK(refusal("f8001030") == Errc::malformed);
  for (const std::string hex : {"110010", "1400100a0b0c0d", "950010ffffffff"}) {
    CAPTURE(hex);
    REQUIRE(decode(hex));
    CHECK(decode(hex)->frame_count == 0);
    CHECK_FALSE(decode(hex)->header.silence);
    ByteVector again(100);
    again.resize(encode_voice_payload(decode(hex)->header, {}, again));
    CHECK(to_hex(again) == hex);
  }
}

TEST_CASE("a capacity has the highest of 63 levels that it reaches") {
  CHECK(capacity_bps(0) == 0);
  CHECK(capacity_bps(1) == 600);
  CHECK(capacity_bps(2) == 689);
  CHECK(capacity_bps(6) == 1200);
  CHECK(capacity_bps(63) == 3'242'822);  // 600 * 2^12.4
  CHECK(capacity_level(599) == 0);
  CHECK(capacity_level(2400) == 11);
  CHECK(capacity_level(UINT32_MAX) == 63);
  for (uint8_t level = 1; level <= kCapacityLevelMax; ++level) {
    CHECK(capacity_level(capacity_bps(level)) == level);
    CHECK(capacity_level(capacity_bps(level) - 1) == level - 1);
  }
}

TEST_CASE("random payloads decode to what their bytes hold, or not at all") {
  testing::SeededRng rng(3);
  unsigned accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    ByteVector bytes(rng.below(rng.below(8) == 0 ? 1300 : 40));
    rng.fill(bytes);
    if (!bytes.empty() && rng.below(2) == 0) bytes[0] = static_cast<uint8_t>(bytes[0] & 0x9d);
    if (bytes.size() > 3 && rng.below(2) == 0) bytes[3] = static_cast<uint8_t>(bytes[3] & 0xf8);
    const auto decoded = decode_voice_payload(bytes);
    if (!decoded) continue;
    ++accepted;
    REQUIRE(decoded->frame_count * decoded->frame_units <= kVoiceBundleUnitsMax);
    std::array<uint8_t, kVoiceFrameBytesMax> buffer{};
    std::vector<ByteVector> frames;
    for (size_t f = 0; f < decoded->frame_count; ++f) frames.push_back(to_vector(decoded->frame(f, buffer)));
    if (decoded->copy) continue;  // its test is above, and the fuzzer's
    CHECK(encode(decoded->header, frames, decoded->frames.size()) == bytes);
  }
  CHECK(accepted > 500);
}

}  // namespace
}  // namespace farline::wire
