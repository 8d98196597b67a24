#include "wire/voice_payload.h"

#include <algorithm>

namespace farline::wire {
namespace {

constexpr unsigned kFlagSpurtStart = 8;
constexpr unsigned kFlagReport = 4;
constexpr unsigned kFlagCopy = 2;
constexpr unsigned kFlagPair = 1;
constexpr unsigned kSilenceId = 15;
constexpr uint8_t kCopyCodec1200 = 0x80;

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

// Frame `index` of Codec2 frames that stand bit behind bit.
Bytes codec2_frame_at(VoiceCodec codec, Bytes frames, size_t index, MutableBytes out) {
  const size_t bits = codec2_frame(codec).bits;
  const MutableBytes to = out.first((bits + 7) / 8);
  std::ranges::fill(to, uint8_t{0});
  copy_bits(frames, to, {index * bits, 0}, bits);
  return to;
}

bool padding_is_zero(Bytes frames, size_t bits) {
  const size_t padding = frames.size() * 8 - bits;
  return padding < 8 && (padding == 0 || (frames.back() & ((1U << padding) - 1)) == 0);
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
  if (bits - count * frame.bits >= 8) return Error{Errc::malformed, "voice payload is not a whole number of frames"};
  if (!padding_is_zero(payload.frames, count * frame.bits)) return Error{Errc::malformed, "padding is not zero"};
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

Result<VoiceCopy> read_copy(Reader& reader) {
  const uint8_t first = reader.u8();
  VoiceCopy copy{.codec = (first & kCopyCodec1200) != 0 ? VoiceCodec::codec2_1200 : VoiceCodec::codec2_700c,
                 .units_back = reader.u8(),
                 .frame_count = static_cast<uint8_t>(first & ~kCopyCodec1200),
                 .frames = {}};
  const Codec2Frame frame = codec2_frame(copy.codec);
  copy.frames = reader.bytes(codec2_bytes(copy.codec, copy.frame_count));
  if (!reader.ok()) return Error{Errc::truncated, "copy ends too early"};
  if (copy.frame_count == 0) return Error{Errc::malformed, "copy without a frame"};
  if (copy.frame_count > kVoiceCopyFramesMax) return Error{Errc::limit, "copy too long"};
  if (copy.frame_count * frame.units > copy.units_back) return Error{Errc::malformed, "copy of speech to come"};
  if (!padding_is_zero(copy.frames, size_t{copy.frame_count} * frame.bits))
    return Error{Errc::malformed, "padding is not zero"};
  return copy;
}

Result<void> split_silence(VoicePayload& payload, Reader& reader) {
  payload.header.silence = reader.u8();
  if (payload.header.spurt_start) return Error{Errc::malformed, "silence that starts to talk"};
  if (payload.copy) return Error{Errc::malformed, "silence with a copy"};
  if (*payload.header.silence > kSilenceLevelMax) return Error{Errc::malformed, "silence of no level"};
  return reader.finish();
}

Result<void> split_speech(VoicePayload& payload, Reader& reader) {
  payload.frames = reader.rest();
  const VoiceHeader& header = payload.header;
  if (payload.frames.empty() && (header.report || header.pair)) {
    if (header.spurt_start || payload.copy) return Error{Errc::malformed, "speech flags without a frame"};
    return {};
  }
  return is_opus(header.codec) ? split_opus(payload) : split_codec2(payload);
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

VoiceReport read_report(Reader& reader) {
  VoiceReport report{.highest_counter = reader.u8()};
  const uint32_t bits = reader.u24();
  report.held_units = bits >> 18 & 63;
  report.received_mod32 = bits >> 13 & 31;
  report.arrival_units = bits >> 6 & 127;
  report.capacity_level = bits & 63;
  return report;
}

void write_report(const VoiceReport& report, Writer& writer) {
  INVARIANT(report.held_units <= kReportHeldMax && report.received_mod32 < 32);
  INVARIANT(report.arrival_units < 128 && report.capacity_level <= kCapacityLevelMax);
  writer.u8(report.highest_counter);
  writer.u24(uint32_t{report.held_units} << 18 | uint32_t{report.received_mod32} << 13 |
             uint32_t{report.arrival_units} << 6 | report.capacity_level);
}

unsigned opus_frame_units(uint8_t toc) {
  const unsigned config = toc >> 3;
  const unsigned step = config & 3;
  if (config < 12) return step;      // SILK: 10, 20, 40, 60 ms
  if (config < 16) return step & 1;  // hybrid: 10, 20 ms
  return step == 3 ? 1 : 0;          // CELT: 2.5, 5, 10, 20 ms
}

uint32_t capacity_bps(uint8_t level) {
  constexpr std::array<uint64_t, 5> kMicroBps = {600'000'000, 689'219'012, 791'704'746, 909'429'939, 1'044'660'675};
  INVARIANT(level <= kCapacityLevelMax);
  if (level == 0) return 0;
  return static_cast<uint32_t>((kMicroBps[(level - 1U) % 5] << (level - 1U) / 5) / 1'000'000);
}

uint8_t capacity_level(uint32_t bps) {
  uint8_t level = 0;
  while (level < kCapacityLevelMax && capacity_bps(static_cast<uint8_t>(level + 1)) <= bps) ++level;
  return level;
}

Bytes VoiceCopy::frame(size_t index, std::span<uint8_t, kVoiceFrameBytesMax> out) const {
  INVARIANT(index < frame_count);
  return codec2_frame_at(codec, frames, index, out);
}

Bytes VoicePayload::frame(size_t index, std::span<uint8_t, kVoiceFrameBytesMax> out) const {
  INVARIANT(index < frame_count);
  if (!is_opus(header.codec)) return codec2_frame_at(header.codec, frames, index, out);
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
  payload.header.spurt_start = (first & kFlagSpurtStart) != 0;
  payload.header.pair = (first & kFlagPair) != 0;
  const bool is_silence = first >> 4 == kSilenceId;
  const auto codec = codec_from_id(first >> 4);
  if (!codec && !is_silence) return Error{Errc::unsupported, "unknown voice codec"};
  if (codec) payload.header.codec = *codec;
  if ((first & kFlagReport) != 0) payload.header.report = read_report(reader);
  if (!reader.ok()) return Error{Errc::truncated, "voice payload ends in its header"};
  if ((first & kFlagCopy) != 0) {
    const auto copy = read_copy(reader);
    if (!copy) return copy.error();
    payload.copy = *copy;
  }
  const auto split = is_silence ? split_silence(payload, reader) : split_speech(payload, reader);
  if (!split) return split.error();
  return payload;
}

void mark_as_pair(MutableBytes payload) {
  payload[0] = static_cast<uint8_t>(payload[0] | kFlagPair);
}

size_t encode_voice_payload(const VoiceHeader& header, const VoiceSpeech& speech, MutableBytes out) {
  Writer writer(out);
  const unsigned id = header.silence ? kSilenceId : static_cast<unsigned>(header.codec);
  const unsigned flags = (header.spurt_start ? kFlagSpurtStart : 0U) | (header.report ? kFlagReport : 0U) |
                         (speech.copy ? kFlagCopy : 0U) | (header.pair ? kFlagPair : 0U);
  writer.u8(static_cast<uint8_t>(id << 4 | flags));
  writer.u16(header.media_time);
  if (header.report) write_report(*header.report, writer);
  if (header.silence || speech.frames.empty()) {
    INVARIANT(speech.frames.empty() && !speech.copy && !header.spurt_start);
    INVARIANT(header.silence || header.report || header.pair);
    if (header.silence) writer.u8(*header.silence);
    return writer.size();
  }
  if (speech.copy) {
    const VoiceSpeech::Copy& copy = *speech.copy;
    INVARIANT(may_be_copy(copy.codec) && !copy.frames.empty() && copy.frames.size() <= kVoiceCopyFramesMax);
    writer.u8(static_cast<uint8_t>((copy.codec == VoiceCodec::codec2_1200 ? kCopyCodec1200 : 0U) | copy.frames.size()));
    writer.u8(copy.units_back);
    write_codec2_frames(copy.codec, copy.frames, writer);
  }
  if (!is_opus(header.codec)) {
    write_codec2_frames(header.codec, speech.frames, writer);
    return writer.size();
  }
  const size_t start = writer.size();
  write_opus_frames(speech.frames, writer);
  const size_t written = writer.size() - start;
  if (written < speech.frames_bytes_min) std::ranges::fill(writer.space(speech.frames_bytes_min - written), uint8_t{0});
  return writer.size();
}

}  // namespace farline::wire
