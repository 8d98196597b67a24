#include "wire/voice_payload.h"

#include <algorithm>

namespace farline::wire {
namespace {

constexpr uint8_t kFlagSpurtStart = 8;
constexpr uint8_t kFlagReport = 4;
constexpr uint8_t kFlagsKnown = kFlagSpurtStart | kFlagReport;

std::optional<VoiceCodec> codec_from_id(unsigned id) {
  constexpr std::array kCodecs = {VoiceCodec::codec2_700c, VoiceCodec::codec2_1200, VoiceCodec::codec2_1600,
                                  VoiceCodec::codec2_2400, VoiceCodec::codec2_3200, VoiceCodec::opus_nb,
                                  VoiceCodec::opus_wb};
  for (const VoiceCodec codec : kCodecs)
    if (static_cast<unsigned>(codec) == id) return codec;
  return std::nullopt;
}

// Copies `count` bits into zeros.
struct BitPosition {
  size_t from;
  size_t to;
};
void copy_bits(Bytes from, MutableBytes to, BitPosition at, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const size_t source = at.from + i;
    const size_t target = at.to + i;
    const unsigned bit = from[source / 8] >> (7 - source % 8) & 1U;
    to[target / 8] = static_cast<uint8_t>(to[target / 8] | bit << (7 - target % 8));
  }
}

// RFC 6716 section 3.2.1; 0 ends the frames.
size_t read_opus_length(Reader& reader) {
  const size_t first = reader.u8();
  return first < 252 ? first : first + 4 * size_t{reader.u8()};
}

Result<void> split_codec2(VoicePayload& payload) {
  const Codec2Frame frame = codec2_frame(payload.header.codec);
  const size_t bits = payload.frames.size() * 8;
  const size_t count = bits / frame.bits;
  if (count == 0) return Error{Errc::truncated, "voice payload without a frame"};
  if (count * frame.units > kVoiceBundleUnitsMax) return Error{Errc::limit, "too much speech in one packet"};
  const size_t padding = bits - count * frame.bits;
  if (padding >= 8) return Error{Errc::malformed, "voice payload is not a whole number of frames"};
  if ((payload.frames.back() & ((1U << padding) - 1)) != 0) return Error{Errc::malformed, "padding is not zero"};
  payload.frame_count = static_cast<uint8_t>(count);
  payload.frame_units = frame.units;
  return {};
}

Result<void> split_opus(VoicePayload& payload) {
  Reader reader(payload.frames);
  const uint8_t toc = reader.u8();
  if (!reader.ok()) return Error{Errc::truncated, "voice payload without a frame"};
  if ((toc & 7) != 0) return Error{Errc::unsupported, "Opus frames are mono, one by one"};
  const unsigned units = opus_frame_units(toc);
  if (units == 0) return Error{Errc::unsupported, "Opus frames last a multiple of 20 ms"};
  unsigned count = 0;
  while (reader.remaining() > 0) {
    const size_t length = read_opus_length(reader);
    if (length == 0) break;
    reader.bytes(length);
    if (!reader.ok()) return Error{Errc::truncated, "Opus frame ends too early"};
    if (++count * units > kVoiceBundleUnitsMax) return Error{Errc::limit, "too much speech in one packet"};
  }
  if (!std::ranges::all_of(reader.rest(), [](uint8_t byte) { return byte == 0; }))
    return Error{Errc::malformed, "padding is not zero"};
  if (count == 0) return Error{Errc::truncated, "voice payload without a frame"};
  payload.frame_count = static_cast<uint8_t>(count);
  payload.frame_units = static_cast<uint8_t>(units);
  return {};
}

void write_codec2_frames(VoiceCodec codec, std::span<const Bytes> frames, Writer& writer) {
  const size_t bits = codec2_frame(codec).bits;
  const MutableBytes space = writer.space((frames.size() * bits + 7) / 8);
  std::ranges::fill(space, uint8_t{0});
  for (size_t i = 0; i < frames.size(); ++i) {
    INVARIANT(frames[i].size() * 8 >= bits);
    copy_bits(frames[i], space, {0, i * bits}, bits);
  }
}

void write_opus_frames(std::span<const Bytes> frames, Writer& writer) {
  const uint8_t toc = frames[0][0];
  writer.u8(toc);
  for (const Bytes frame : frames) {
    INVARIANT(frame.size() > 1 && frame.size() <= kVoiceFrameBytesMax && frame[0] == toc);
    const size_t length = frame.size() - 1;
    const size_t first = length < 252 ? length : 252 + length % 4;
    writer.u8(static_cast<uint8_t>(first));
    if (length >= 252) writer.u8(static_cast<uint8_t>((length - first) / 4));
    writer.bytes(frame.subspan(1));
  }
}

}  // namespace

unsigned opus_frame_units(uint8_t toc) {
  const unsigned config = toc >> 3;
  const unsigned step = config & 3;
  if (config < 12) return step;      // SILK: 10, 20, 40, 60 ms
  if (config < 16) return step & 1;  // hybrid: 10, 20 ms
  return step == 3 ? 1 : 0;          // CELT: 2.5, 5, 10, 20 ms
}

Bytes VoicePayload::frame(size_t index, std::span<uint8_t, kVoiceFrameBytesMax> out) const {
  INVARIANT(index < frame_count);
  if (!is_opus(header.codec)) {
    const size_t bits = codec2_frame(header.codec).bits;
    const MutableBytes to = out.first((bits + 7) / 8);
    std::ranges::fill(to, uint8_t{0});
    copy_bits(frames, to, {index * bits, 0}, bits);
    return to;
  }
  Reader reader(frames);
  Writer writer(out);
  writer.u8(reader.u8());
  for (size_t i = 0; i < index; ++i) reader.bytes(read_opus_length(reader));
  writer.bytes(reader.bytes(read_opus_length(reader)));
  return writer.written();
}

Result<VoicePayload> decode_voice_payload(Bytes bytes) {
  if (bytes.size() > kVoicePayloadBytesMax) return Error{Errc::limit, "voice payload too long"};
  Reader reader(bytes);
  VoicePayload payload;
  const uint8_t first = reader.u8();
  payload.header.media_time = reader.u16();
  const auto codec = codec_from_id(first >> 4);
  if (!codec) return Error{Errc::unsupported, "unknown voice codec"};
  if ((first & 0x0f & ~kFlagsKnown) != 0) return Error{Errc::unsupported, "unknown voice flag"};
  payload.header.codec = *codec;
  payload.header.spurt_start = (first & kFlagSpurtStart) != 0;
  if ((first & kFlagReport) != 0) payload.header.report = VoiceReport{reader.u8(), reader.u8(), reader.u8()};
  if (!reader.ok()) return Error{Errc::truncated, "voice payload ends in its header"};
  payload.frames = reader.rest();
  const auto split = is_opus(*codec) ? split_opus(payload) : split_codec2(payload);
  if (!split) return split.error();
  return payload;
}

size_t encode_voice_payload(const VoiceHeader& header, std::span<const Bytes> frames, size_t frames_bytes_min,
                            MutableBytes out) {
  INVARIANT(!frames.empty());
  Writer writer(out);
  const unsigned flags = (header.spurt_start ? kFlagSpurtStart : 0U) | (header.report ? kFlagReport : 0U);
  writer.u8(static_cast<uint8_t>(static_cast<unsigned>(header.codec) << 4 | flags));
  writer.u16(header.media_time);
  if (header.report) {
    writer.u8(header.report->highest_counter);
    writer.u8(header.report->hold_units);
    writer.u8(header.report->loss_255);
  }
  const size_t start = writer.size();
  if (!is_opus(header.codec)) {
    write_codec2_frames(header.codec, frames, writer);
    return writer.size();
  }
  write_opus_frames(frames, writer);
  const size_t written = writer.size() - start;
  if (written < frames_bytes_min) std::ranges::fill(writer.space(frames_bytes_min - written), uint8_t{0});
  return writer.size();
}

}  // namespace farline::wire
