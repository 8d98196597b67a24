// The WAV container (RIFF; Microsoft "Multiple channel audio data and WAVE files", 2001): header in, header out, from
// bytes only. Reads PCM of 16 bit, mono or stereo; everything else is refused with words that say how to convert.
#pragma once

#include <array>

#include "base/bytes.h"

namespace farline::host {

// fmt and the start of data must lie within the first bytes of a file; what other programs put before them is short.
inline constexpr size_t kWavPrefixBytesMax = 64 * 1024;

struct WavFormat {
  uint32_t sample_rate = 0;  // 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000
  uint16_t channels = 0;     // 1 or 2
  uint64_t data_offset = 0;
  uint64_t data_bytes = 0;  // whole sample frames; what the header says, cut to what the file has

  size_t frame_bytes() const { return size_t{2} * channels; }
};

// `prefix` is the file's first kWavPrefixBytesMax bytes, or all of it; `file_bytes` its whole length. A data length of
// 0 or 0xffffffff (a program that was killed, or wrote to a pipe) means up to the end.
Result<WavFormat> parse_wav(Bytes prefix, uint64_t file_bytes);

inline constexpr size_t kWavHeaderBytes = 44;

// For 16-bit mono. A length beyond what RIFF can say is written as its maximum.
std::array<uint8_t, kWavHeaderBytes> wav_header(uint32_t sample_rate, uint64_t data_bytes);

}  // namespace farline::host
