// The voice payload: what one media packet carries inside SFrame (docs/PROTOCOL.md, "Voice payload"). All it says about
// the sound is in the packet itself, so codec and packet time may change from any packet to the next.
//
//   byte 0     codec id (high 4 bits) | flags (low 4 bits: 8 = a talk spurt starts here, 4 = a report follows,
//              2 = a copy of earlier speech follows, 1 = reserved; 2 and 1 are refused by this version)
//   bytes 1-2  media time of the first frame in units of 20 ms, wraps after 65536 units (21.8 minutes)
//   [3 bytes]  report: low 8 bits of the highest SFrame counter received | time since then in units of 20 ms (255 =
//   that
//              or more) | fraction of packets lost over the last 5 s, 255 = all
//   rest       frames, back to back in time
//
// Codec2 frames: the bits of one frame after those of the other, first bit in the high bit, no padding between frames
// (a 700C frame has 28 bits), zero bits up to the next byte at the end. Their number follows from the length.
// Opus frames: one TOC byte (RFC 6716 section 3.1, mono, code 0) that holds for all frames, then for each frame its
// length as in RFC 6716 section 3.2.1 (one byte up to 251, two for 252..1275) and its bytes. A length of 0 ends the
// frames; what follows it is padding and must be zero (packets of a rung share one size, so that sizes leak no words).
//
// Everything else is refused: unknown codecs and flags, no frame, more than kVoiceBundleUnitsMax of sound, Opus frames
// that do not last a multiple of 20 ms, padding that is not zero.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/limits.h"

namespace farline::wire {

enum class VoiceCodec : uint8_t {
  codec2_700c = 0,
  codec2_1200 = 1,
  codec2_1600 = 2,
  codec2_2400 = 3,
  codec2_3200 = 4,
  opus_nb = 8,  // 8 kHz of sound samples, up to 4 kHz of sound
  opus_wb = 9,  // 16 kHz, up to 8 kHz
};

inline constexpr unsigned kVoiceUnitMs = 20;          // the unit of media time
inline constexpr unsigned kVoiceBundleUnitsMax = 48;  // 960 ms in one packet: nobody waits longer to speak
inline constexpr size_t kVoiceHeaderBytes = 3;
inline constexpr size_t kVoiceReportBytes = 3;
// What a datagram leaves: packet type 1, channel 2, SFrame header at its longest 17, tag 8.
inline constexpr size_t kVoicePayloadBytesMax = kDatagramBytesMax - 28;
inline constexpr size_t kOpusFrameBytesMax = 1275;  // RFC 6716 section 3.4, R2
inline constexpr size_t kVoiceFrameBytesMax = 1 + kOpusFrameBytesMax;

constexpr bool is_opus(VoiceCodec codec) {
  return codec == VoiceCodec::opus_nb || codec == VoiceCodec::opus_wb;
}

// Codec2: bits and duration of one frame (libcodec2 1.0.5 and 1.2). Opus: 0 bits, the TOC knows the duration.
struct Codec2Frame {
  uint8_t bits = 0;
  uint8_t units = 0;
};
constexpr Codec2Frame codec2_frame(VoiceCodec codec) {
  switch (codec) {
    case VoiceCodec::codec2_700c:
      return {28, 2};
    case VoiceCodec::codec2_1200:
      return {48, 2};
    case VoiceCodec::codec2_1600:
      return {64, 2};
    case VoiceCodec::codec2_2400:
      return {48, 1};
    case VoiceCodec::codec2_3200:
      return {64, 1};
    case VoiceCodec::opus_nb:
    case VoiceCodec::opus_wb:
      break;
  }
  return {};
}

struct VoiceReport {
  uint8_t highest_counter = 0;  // low 8 bits
  uint8_t hold_units = 0;       // 20 ms, saturates at 255
  uint8_t loss_255 = 0;         // fraction lost over the last 5 s

  friend bool operator==(const VoiceReport&, const VoiceReport&) = default;
};

struct VoiceHeader {
  VoiceCodec codec = VoiceCodec::codec2_1200;
  bool spurt_start = false;
  uint16_t media_time = 0;  // 20 ms units
  std::optional<VoiceReport> report;
};

// A decoded payload; points into the bytes it was decoded from. One frame comes out (and goes into encode) in the form
// its codec takes: Codec2 its bits, first bit high, padded with zeros to a byte; Opus a whole packet, TOC first.
struct VoicePayload {
  VoiceHeader header;
  uint8_t frame_count = 0;
  uint8_t frame_units = 0;  // duration of one frame, 20 ms units
  Bytes frames;             // as on the wire

  // Writes frame `index` (< frame_count) to the start of `out` and returns that part of it.
  Bytes frame(size_t index, std::span<uint8_t, kVoiceFrameBytesMax> out) const;
};

Result<VoicePayload> decode_voice_payload(Bytes payload);

// Writes the payload and returns its bytes. The frames are of header.codec, at least one, together no longer than
// kVoiceBundleUnitsMax; Opus frames share their TOC byte. A payload of Opus frames is padded up to that many bytes of
// frames (the report does not count: it may come and go), Codec2 frames have one size anyway.
size_t encode_voice_payload(const VoiceHeader& header, std::span<const Bytes> frames, size_t frames_bytes_min,
                            MutableBytes out);

// Duration of the frame that a TOC byte announces, in units of 20 ms; 0 when it is not a multiple of that.
unsigned opus_frame_units(uint8_t toc);

// Bytes that one Opus frame of `frame_bytes` (without TOC) takes in a payload.
constexpr size_t opus_frame_cost(size_t frame_bytes) {
  return frame_bytes + (frame_bytes < 252 ? 1 : 2);
}

}  // namespace farline::wire
