#include "host/wav.h"

#include <limits>

namespace farline::host {
namespace {

constexpr uint16_t kFormatPcm = 1;
constexpr uint16_t kFormatExtensible = 0xfffe;
constexpr size_t kFmtBytes = 16;
constexpr size_t kFmtExtensibleBytes = 40;
constexpr std::array<uint32_t, 9> kSampleRates = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};

// RIFF is little-endian.
uint32_t little(Bytes bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

uint16_t little16(Bytes bytes) {
  return static_cast<uint16_t>(little(bytes));
}

Result<WavFormat> parse_fmt(Bytes fmt) {
  if (fmt.size() < kFmtBytes) return Error{Errc::malformed, "the WAV file's format chunk is too short"};
  uint16_t tag = little16(fmt.subspan(0, 2));
  // The first two bytes of the sub-format GUID are the tag that a plain header would have.
  if (tag == kFormatExtensible && fmt.size() >= kFmtExtensibleBytes) tag = little16(fmt.subspan(24, 2));
  const uint16_t bits = little16(fmt.subspan(14, 2));
  WavFormat format;
  format.channels = little16(fmt.subspan(2, 2));
  format.sample_rate = little(fmt.subspan(4, 4));
  if (tag != kFormatPcm || bits != 16)
    return Error{Errc::unsupported,
                 "the WAV file is not 16-bit PCM; convert it, for example: sox in.wav -b 16 out.wav"};
  if (format.channels != 1 && format.channels != 2)
    return Error{Errc::unsupported, "the WAV file must be mono or stereo; convert it: sox in.wav -c 1 out.wav"};
  if (std::ranges::find(kSampleRates, format.sample_rate) == kSampleRates.end())
    return Error{Errc::unsupported, "the WAV file's sample rate is unusual; convert it: sox in.wav -r 16000 out.wav"};
  return format;
}

}  // namespace

Result<WavFormat> parse_wav(Bytes prefix, uint64_t file_bytes) {
  prefix = prefix.first(std::min(prefix.size(), kWavPrefixBytesMax));
  Reader reader(prefix);
  const Bytes riff = reader.bytes(4);
  reader.bytes(4);  // the length of all: wrong in files that were cut or streamed, and of no use
  const Bytes wave = reader.bytes(4);
  if (!reader.ok() || as_text(riff) != "RIFF" || as_text(wave) != "WAVE")
    return Error{Errc::malformed, "not a WAV file"};

  WavFormat format;
  while (true) {
    const Bytes id = reader.bytes(4);
    const Bytes length_bytes = reader.bytes(4);
    if (!reader.ok()) return Error{Errc::truncated, "the WAV file has no sound in it"};
    const uint32_t length = little(length_bytes);
    if (as_text(id) == "data") {
      if (format.sample_rate == 0) return Error{Errc::malformed, "the WAV file has no format before its sound"};
      format.data_offset = prefix.size() - reader.remaining();
      const uint64_t there = std::max(file_bytes, format.data_offset) - format.data_offset;
      const bool unknown = length == 0 || length == std::numeric_limits<uint32_t>::max();
      format.data_bytes = unknown ? there : std::min<uint64_t>(there, length);
      format.data_bytes -= format.data_bytes % format.frame_bytes();
      return format;
    }
    const Bytes chunk = reader.bytes(length);
    if (!reader.ok()) return Error{Errc::truncated, "the WAV file has no sound in its first 64 KiB"};
    if (as_text(id) == "fmt ") {
      const auto parsed = parse_fmt(chunk);
      if (!parsed) return parsed.error();
      format = *parsed;
    }
    if (length % 2 != 0 && reader.remaining() > 0) reader.u8();  // chunks are padded to even length
  }
}

std::array<uint8_t, kWavHeaderBytes> wav_header(uint32_t sample_rate, uint64_t data_bytes) {
  constexpr uint32_t kRest = kWavHeaderBytes - 8;  // what the RIFF length counts besides the data
  const auto data = static_cast<uint32_t>(std::min<uint64_t>(data_bytes, std::numeric_limits<uint32_t>::max() - kRest));
  std::array<uint8_t, kWavHeaderBytes> out{};
  size_t at = 0;
  const auto text = [&](std::string_view name) {
    std::ranges::copy(as_bytes(name), out.begin() + static_cast<ptrdiff_t>(at));
    at += name.size();
  };
  const auto number = [&](uint32_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) out[at++] = static_cast<uint8_t>(value >> (8 * i));
  };
  text("RIFF");
  number(data + kRest, 4);
  text("WAVEfmt ");
  number(kFmtBytes, 4);
  number(kFormatPcm, 2);
  number(1, 2);  // channels
  number(sample_rate, 4);
  number(sample_rate * 2, 4);  // bytes a second
  number(2, 2);                // bytes a sample frame
  number(16, 2);               // bits a sample
  text("data");
  number(data, 4);
  return out;
}

}  // namespace farline::host
