#include <doctest/doctest.h>

#include "host/wav.h"

using namespace farline;
using namespace farline::host;

namespace {

struct WavParts {
  uint16_t tag = 1;
  uint16_t channels = 1;
  uint32_t rate = 16000;
  uint16_t bits = 16;
  uint32_t data_length = 8;
};

void append(ByteVector& out, std::string_view text) {
  const Bytes bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void append(ByteVector& out, uint32_t value, size_t width) {
  for (size_t i = 0; i < width; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

// With an odd-length chunk before fmt, as editors write them; 8 bytes of sound follow.
ByteVector wav_file(const WavParts& parts) {
  ByteVector out;
  append(out, "RIFF");
  append(out, 0xdeadbeef, 4);
  append(out, "WAVELIST");
  append(out, 3, 4);
  append(out, std::string_view("abc\0", 4));
  append(out, "fmt ");
  append(out, 16, 4);
  append(out, parts.tag, 2);
  append(out, parts.channels, 2);
  append(out, parts.rate, 4);
  append(out, parts.rate * 2 * parts.channels, 4);
  append(out, 2U * parts.channels, 2);
  append(out, parts.bits, 2);
  append(out, "data");
  append(out, parts.data_length, 4);
  append(out, "12345678");
  return out;
}

Result<WavFormat> parse(const ByteVector& file) {
  return parse_wav(file, file.size());
}

}  // namespace

TEST_CASE("a WAV header tells where the sound is") {
  const auto format = parse(wav_file({.channels = 2, .rate = 44100}));
  REQUIRE(format);
  CHECK_EQ(format->sample_rate, 44100U);
  CHECK_EQ(format->channels, 2);
  CHECK_EQ(format->data_offset, 56U);
  CHECK_EQ(format->data_bytes, 8U);
}

TEST_CASE("a wrong data length is cut to whole samples that the file has") {
  CHECK_EQ(parse(wav_file({.data_length = 5}))->data_bytes, 4U);
  CHECK_EQ(parse(wav_file({.data_length = 9}))->data_bytes, 8U);
  CHECK_EQ(parse(wav_file({.data_length = 0x7fffffff}))->data_bytes, 8U);
  CHECK_EQ(parse(wav_file({.data_length = 0xffffffff}))->data_bytes, 8U);
  CHECK_EQ(parse(wav_file({.data_length = 0}))->data_bytes, 8U);
}

TEST_CASE("other formats are refused") {
  CHECK_EQ(parse(wav_file({.bits = 24})).error().code, Errc::unsupported);
  CHECK_EQ(parse(wav_file({.tag = 3, .bits = 32})).error().code, Errc::unsupported);
  CHECK_EQ(parse(wav_file({.channels = 0})).error().code, Errc::unsupported);
  CHECK_EQ(parse(wav_file({.channels = 6})).error().code, Errc::unsupported);
  CHECK_EQ(parse(wav_file({.rate = 0})).error().code, Errc::unsupported);
  CHECK_EQ(parse(wav_file({.rate = 0xffffffff})).error().code, Errc::unsupported);
}

TEST_CASE("every cut and every flipped bit of a header is read without harm") {
  const ByteVector file = wav_file({});
  for (size_t size = 0; size < file.size() - 8; ++size) CHECK_FALSE(parse_wav(Bytes(file).first(size), size));
  for (size_t bit = 0; bit < file.size() * 8; ++bit) {
    ByteVector damaged = file;
    damaged[bit / 8] = static_cast<uint8_t>(damaged[bit / 8] ^ (1U << (bit % 8)));
    const auto format = parse(damaged);
    if (format) {
      CHECK_LE(format->data_offset + format->data_bytes, file.size());
    }
  }
}

TEST_CASE("sound after 64 KiB of something else is refused, not searched for") {
  ByteVector file = wav_file({});
  ByteVector junk;
  append(junk, "junk");
  append(junk, 70'000, 4);
  junk.resize(8 + 70'000);
  file.insert(file.begin() + 12, junk.begin(), junk.end());
  CHECK_EQ(parse(file).error().code, Errc::truncated);
}

TEST_CASE("what wav_header writes, parse_wav reads") {
  ByteVector file = to_vector(wav_header(16000, 6));
  file.resize(file.size() + 6);
  const auto format = parse(file);
  REQUIRE(format);
  CHECK_EQ(format->sample_rate, 16000U);
  CHECK_EQ(format->channels, 1);
  CHECK_EQ(format->data_offset, kWavHeaderBytes);
  CHECK_EQ(format->data_bytes, 6U);
}
