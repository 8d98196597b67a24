// The voice payload: what one media packet carries inside SFrame (docs/PROTOCOL.md section 5 has every bit). All it
// says about the sound is in the packet itself, so codec, packet time and redundancy may change from any packet to the
// next. Besides speech there are two kinds: silence (nobody speaks from here on; background noise this loud) and "no
// sound" (a report or a measurement; says nothing about the sound).
//
// Everything else is refused: unknown codecs, nothing to say, more than kVoiceBundleUnitsMax of sound, Opus frames that
// do not last a multiple of 20 ms, copies of speech to come, padding that is not zero. One payload has one encoding.
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
inline constexpr size_t kVoiceReportBytes = 4;
inline constexpr size_t kVoiceSilenceBytes = 1;
inline constexpr size_t kVoiceCopyHeaderBytes = 2;
inline constexpr size_t kVoiceCopyFramesMax = 25;  // one packet of 960 ms and a frame to warm up
inline constexpr unsigned kVoiceCopyBackUnitsMax = 255;
// What a datagram leaves: packet type 1, channel 2, SFrame header at its longest 17, tag 8.
inline constexpr size_t kVoicePayloadBytesMax = kDatagramBytesMax - 28;
inline constexpr size_t kOpusFrameBytesMax = 1275;  // RFC 6716 section 3.4, R2
inline constexpr size_t kVoiceFrameBytesMax = 1 + kOpusFrameBytesMax;
inline constexpr uint8_t kSilenceLevelMax = 127;  // -dBov, RFC 3389 section 3.1

constexpr bool is_opus(VoiceCodec codec) {
  return codec == VoiceCodec::opus_nb || codec == VoiceCodec::opus_wb;
}
constexpr bool may_be_copy(VoiceCodec codec) {
  return codec == VoiceCodec::codec2_700c || codec == VoiceCodec::codec2_1200;
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
// Bytes that the frames of `codec` take in a payload.
constexpr size_t codec2_bytes(VoiceCodec codec, size_t frames) {
  return (frames * codec2_frame(codec).bits + 7) / 8;
}

// What the reporter knows of the packets sent to it. Counters wrap; the times are the reporter's.
struct VoiceReport {
  uint8_t highest_counter = 0;  // low 8 bits of the highest SFrame counter received
  uint8_t held_units = 0;       // 40 ms since that packet arrived, rounded down; 63 = that or more
  uint8_t received_mod32 = 0;   // packets received so far
  uint8_t arrival_units = 0;    // when that packet arrived on the reporter's clock, 40 ms, rounded down, modulo 128
  uint8_t capacity_level = 0;   // of this direction's link, from packet pairs; 0 = not known

  friend bool operator==(const VoiceReport&, const VoiceReport&) = default;
};
inline constexpr unsigned kReportUnitMs = 40;
inline constexpr uint8_t kReportHeldMax = 63;
inline constexpr uint8_t kCapacityLevelMax = 63;  // 3.2 Mbit/s

// The 4 bytes of a report, for payloads of every kind.
VoiceReport read_report(Reader& reader);
void write_report(const VoiceReport& report, Writer& writer);

// 600 * 2^((level - 1) / 5) bit/s, rounded down, for levels from 1 on; 0 for 0.
uint32_t capacity_bps(uint8_t level);
// The highest level of no more than that; 0 below 600 bit/s.
uint8_t capacity_level(uint32_t bps);

struct VoiceHeader {
  VoiceCodec codec = VoiceCodec::codec2_1200;  // means nothing in a silence
  bool spurt_start = false;                    // speech only
  bool pair = false;                           // sent back to back behind the packet with the counter before its own
  uint16_t media_time = 0;                     // 20 ms units
  std::optional<VoiceReport> report;
  std::optional<uint8_t> silence;  // -dBov of the background; no frames then
};

// Codec2 frames of earlier speech. The first frame is there to give the decoder its state; like every other frame it is
// played only where nothing was.
struct VoiceCopy {
  VoiceCodec codec = VoiceCodec::codec2_700c;
  uint8_t units_back = 0;  // from the first frame to the payload's media time; no less than the frames last
  uint8_t frame_count = 0;
  Bytes frames;  // as on the wire

  // Like VoicePayload::frame.
  Bytes frame(size_t index, std::span<uint8_t, kVoiceFrameBytesMax> out) const;
};

// A decoded payload; points into the bytes it was decoded from. One frame comes out (and goes into encode) in the form
// its codec takes: Codec2 its bits, first bit high, padded with zeros to a byte; Opus a whole packet, TOC first.
struct VoicePayload {
  VoiceHeader header;
  std::optional<VoiceCopy> copy;
  uint8_t frame_count = 0;  // 0: silence or no sound
  uint8_t frame_units = 0;  // duration of one frame, 20 ms units
  Bytes frames;             // as on the wire

  int units() const { return frame_count * frame_units; }
  // Writes frame `index` (< frame_count) to the start of `out` and returns that part of it.
  Bytes frame(size_t index, std::span<uint8_t, kVoiceFrameBytesMax> out) const;
};

Result<VoicePayload> decode_voice_payload(Bytes payload);

// Speech to encode: frames of the header's codec, together no longer than kVoiceBundleUnitsMax; Opus frames share their
// TOC byte and are padded up to `frames_bytes_min` bytes (report and copy do not count: they may come and go). No
// frames: no sound, in a header that has a report or `pair`.
struct VoiceSpeech {
  std::span<const Bytes> frames;
  size_t frames_bytes_min = 0;
  struct Copy {
    VoiceCodec codec = VoiceCodec::codec2_700c;
    uint8_t units_back = 0;
    std::span<const Bytes> frames;  // 1 to kVoiceCopyFramesMax
  };
  std::optional<Copy> copy;
};

// Makes a payload the second of a pair: a duplicate of the packet it follows.
void mark_as_pair(MutableBytes payload);

// Writes the payload and returns its bytes.
size_t encode_voice_payload(const VoiceHeader& header, const VoiceSpeech& speech, MutableBytes out);

// Duration of the frame that a TOC byte announces, in units of 20 ms; 0 when it is not a multiple of that.
unsigned opus_frame_units(uint8_t toc);

// Bytes that one Opus frame of `frame_bytes` (without TOC) takes in a payload.
constexpr size_t opus_frame_cost(size_t frame_bytes) {
  return frame_bytes + (frame_bytes < 252 ? 1 : 2);
}

}  // namespace farline::wire
