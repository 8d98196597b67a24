// Section 5 of docs/PROTOCOL.md: voice payloads, and those of data streams.
#include <optional>
#include <tuple>

#include "support/seeded_rng.h"
#include "vector_file.h"
#include "wire/stream_payload.h"
#include "wire/voice_payload.h"

namespace farline::vectors {
namespace {

using namespace wire;

void add_report(VectorFile& out, const VoiceReport& report) {
  out.number("report_counter", report.highest_counter).number("report_held", report.held_units);
  out.number("report_received", report.received_mod32).number("report_arrival", report.arrival_units);
  out.number("report_capacity", report.capacity_level);
}

class VoiceVectors {
 public:
  struct Copy {
    VoiceCodec codec = VoiceCodec::codec2_700c;
    uint8_t units_back = 0;
    std::vector<ByteVector> frames;
  };

  void add(std::string_view about, const VoiceHeader& header, const std::vector<ByteVector>& frames,
           size_t frames_bytes_min = 0) {
    add(about, header, VoiceSpeech{.frames = {}, .frames_bytes_min = frames_bytes_min, .copy = {}}, {frames, {}});
  }
  void add(std::string_view about, const VoiceHeader& header, const std::vector<ByteVector>& frames, const Copy& copy) {
    VoiceSpeech speech{.frames = {}, .frames_bytes_min = 0, .copy = {}};
    speech.copy = {copy.codec, copy.units_back, {}};
    add(about, header, speech, {frames, copy.frames});
  }

  std::vector<ByteVector> codec2_frames(VoiceCodec codec, size_t count) {
    std::vector<ByteVector> frames;
    const unsigned bits = codec2_frame(codec).bits;
    for (size_t i = 0; i < count; ++i) {
      ByteVector frame((bits + 7) / 8);
      rng_.fill(frame);
      if (bits % 8 != 0) frame.back() &= static_cast<uint8_t>(0xff << (8 - bits % 8));
      frames.push_back(frame);
    }
    return frames;
  }
  ByteVector opus_frame(size_t bytes) {
    ByteVector frame(1 + bytes);
    rng_.fill(frame);
    frame[0] = 0x48;  // SILK wideband, 20 ms, mono, code 0 (RFC 6716 table 2)
    return frame;
  }

  VectorFile out{"voice"};

 private:
  struct Frames {
    const std::vector<ByteVector>& speech;
    const std::vector<ByteVector>& copy;
  };
  void add(std::string_view about, const VoiceHeader& header, VoiceSpeech speech, const Frames& frames) {
    const std::vector<Bytes> views(frames.speech.begin(), frames.speech.end());
    const std::vector<Bytes> copied(frames.copy.begin(), frames.copy.end());
    speech.frames = views;
    if (speech.copy) speech.copy->frames = copied;
    std::array<uint8_t, kVoicePayloadBytesMax> buffer{};
    const Bytes payload = Bytes(buffer).first(encode_voice_payload(header, speech, buffer));
    INVARIANT(decode_voice_payload(payload).has_value());
    out.add("voice payload", about).hex("payload", payload);
    out.number("codec", header.silence ? 15 : static_cast<uint64_t>(header.codec));
    out.boolean("spurt_start", header.spurt_start).boolean("pair", header.pair);
    out.number("timestamp", header.media_time);
    if (header.silence) out.number("level", *header.silence);
    if (!header.silence) out.hexes("frames", frames.speech);
    if (speech.copy) {
      out.number("copy_codec", static_cast<uint64_t>(speech.copy->codec)).number("copy_back", speech.copy->units_back);
      out.hexes("copy_frames", frames.copy);
    }
    if (!header.report) return;
    add_report(out, *header.report);
  }

  testing::SeededRng rng_{160};
};

constexpr VoiceReport kReport{200, 3, 12, 100, 31};
constexpr VoiceReport kGreatestReport{255, 63, 31, 127, 63};

void add_codec2(VoiceVectors& v) {
  for (const auto& [about, codec, count] : {std::tuple{"Codec2 700C", VoiceCodec::codec2_700c, 10U},
                                            std::tuple{"Codec2 700C, an odd number", VoiceCodec::codec2_700c, 11U},
                                            std::tuple{"Codec2 1200", VoiceCodec::codec2_1200, 10U},
                                            std::tuple{"Codec2 1600", VoiceCodec::codec2_1600, 10U},
                                            std::tuple{"Codec2 2400", VoiceCodec::codec2_2400, 12U},
                                            std::tuple{"Codec2 3200", VoiceCodec::codec2_3200, 12U}})
    v.add(about, {.codec = codec, .spurt_start = count == 10, .media_time = 0x1234, .report = {}, .silence = {}},
          v.codec2_frames(codec, count));
  VoiceHeader header{.codec = VoiceCodec::codec2_1200, .media_time = 0xffff, .report = kReport, .silence = {}};
  v.add("with a report", header, v.codec2_frames(header.codec, 4));
  header.report.reset();
  header.pair = true;
  v.add("second of a pair", header, v.codec2_frames(header.codec, 3));
  // Drawn in statements of their own: compilers order arguments as they like.
  const auto copy_700c = v.codec2_frames(VoiceCodec::codec2_700c, 7);
  v.add("copy of 700C", header, v.codec2_frames(header.codec, 6), {VoiceCodec::codec2_700c, 14, copy_700c});
  header.report = kGreatestReport;
  const auto copy_longest = v.codec2_frames(VoiceCodec::codec2_1200, 25);
  v.add("report, and the longest copy of 1200", header, v.codec2_frames(header.codec, 24),
        {VoiceCodec::codec2_1200, 255, copy_longest});
}

void add_opus(VoiceVectors& v) {
  VoiceHeader header{.codec = VoiceCodec::opus_wb, .spurt_start = true, .media_time = 7, .report = {}, .silence = {}};
  v.add("Opus, two frames of 20 ms", header, {v.opus_frame(40), v.opus_frame(37)});
  header.report = kGreatestReport;
  v.add("Opus, padded", header, {v.opus_frame(30), v.opus_frame(31)}, 90);
  const auto copy_1200 = v.codec2_frames(VoiceCodec::codec2_1200, 3);
  v.add("Opus with a copy", header, {v.opus_frame(30), v.opus_frame(31)}, {VoiceCodec::codec2_1200, 6, copy_1200});
  v.add("Opus, a frame of more than 251 bytes", header, {v.opus_frame(300)});
}

void add_without_frames(VoiceVectors& v) {
  VoiceHeader header{.codec = VoiceCodec::opus_nb, .media_time = 0x0102, .report = kReport, .silence = {}};
  v.add("no sound, a report", header, {});
  header.pair = true;
  v.add("no sound, a report, second of a pair", header, {});
  header.silence = 55;
  v.add("silence with a report, second of a pair", header, {});
  header.report.reset();
  header.silence.reset();
  v.add("no sound, second of a pair", header, {});
  v.add("silence", {.codec = {}, .media_time = 0, .report = {}, .silence = kSilenceLevelMax}, {});
}

void add_stream(VectorFile& out, std::string_view about, const StreamPayload& payload) {
  ByteVector bytes(kVoicePayloadBytesMax);
  bytes.resize(encode_stream_payload(payload, bytes));
  out.add("stream payload", about).hex("payload", bytes).boolean("last", payload.piece.is_last);
  if (payload.report) add_report(out, *payload.report);
  if (!payload.ack) {
    out.number("offset", payload.piece.offset).hex("bytes", payload.piece.bytes);
    return;
  }
  std::vector<ByteVector> ranges;
  for (const StreamRange& range : payload.ack->list()) {
    Writer writer(ranges.emplace_back(ByteVector(8)));
    writer.u32(range.begin);
    writer.u32(range.end);
  }
  out.number("until", payload.ack->until).hexes("ranges", ranges);
}

void add_streams(VoiceVectors& v) {
  const ByteVector bytes = v.opus_frame(20);
  StreamPayload payload{.report = {}, .ack = {}, .piece = {.offset = 0, .is_last = false, .bytes = bytes}};
  add_stream(v.out, "a piece", payload);
  payload.report = kReport;
  payload.piece = {.offset = 0xfffffff0 - 21, .is_last = true, .bytes = bytes};
  add_stream(v.out, "the last piece, with a report", payload);
  payload.piece.is_last = false;
  payload.ack = StreamAck{.until = 1000, .range_count = 0, .ranges = {}};
  add_stream(v.out, "an acknowledgement with a report", payload);
  payload.report.reset();
  payload.ack->range_count = 2;
  payload.ack->ranges = {StreamRange{1100, 1200}, StreamRange{2000, 0xffffffff}};
  add_stream(v.out, "an acknowledgement with ranges", payload);
}

}  // namespace

VectorFile voice_vectors() {
  VoiceVectors v;
  add_codec2(v);
  add_opus(v);
  add_without_frames(v);
  add_streams(v);
  for (uint8_t level = 1; level <= kCapacityLevelMax; ++level)
    v.out.add("capacity", "level").number("level", level).number("bps", capacity_bps(level));
  return std::move(v.out);
}

}  // namespace farline::vectors
