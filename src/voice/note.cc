#include "voice/note.h"

#include <algorithm>
#include <bit>

namespace farline::voice {
namespace {

constexpr size_t kBarsBytes = kNoteBars / 2;
constexpr int kQuietestBit = 11;         // of the mean square: 32 of 32768, a quiet room
constexpr size_t kOpusFramesAhead = 10;  // over which a pause pays for a vowel
constexpr size_t kFramesPerChunk = 2;    // of Codec2: always whole bytes
constexpr size_t kCodec2FrameBytesMax = 8;
constexpr size_t kTailUnitsMax = 6;  // what was late, and the rest of a frame
constexpr size_t kTailFramesMax = 4;

struct NoteRate {
  uint32_t bps;
  std::string_view opus;  // a rung's name, else the codec
  wire::VoiceCodec codec2 = wire::VoiceCodec::codec2_700c;
};
constexpr std::array<NoteRate, 8> kNoteRates = {{{700, {}, wire::VoiceCodec::codec2_700c},
                                                 {1200, {}, wire::VoiceCodec::codec2_1200},
                                                 {1600, {}, wire::VoiceCodec::codec2_1600},
                                                 {2400, {}, wire::VoiceCodec::codec2_2400},
                                                 {3200, {}, wire::VoiceCodec::codec2_3200},
                                                 {6000, "opus-6k"},
                                                 {10000, "opus-10k"},
                                                 {16000, "opus-16k"}}};

Rung rung_for_note(uint32_t bps) {
  const auto rate = std::ranges::find(kNoteRates, bps, &NoteRate::bps);
  INVARIANT(rate != kNoteRates.end());
  if (!rate->opus.empty()) return *find_rung(rate->opus);
  Rung rung = ladder().front();
  rung.codec = rate->codec2;
  rung.frame_ms = static_cast<uint8_t>(wire::codec2_frame(rate->codec2).units * wire::kVoiceUnitMs);
  return rung;
}

// RFC 6716 section 3.2.1
size_t read_frame_length(Reader& reader) {
  const size_t first = reader.u8();
  return first < 252 ? first : first + 4 * size_t{reader.u8()};
}

Result<size_t> units_of_codec2(wire::VoiceCodec codec, Bytes sound) {
  const wire::Codec2Frame frame = wire::codec2_frame(codec);
  const size_t frames = sound.size() * 8 / frame.bits;
  const size_t rest = sound.size() * 8 - frames * frame.bits;
  if (rest >= 8) return Error{Errc::malformed, "a voice note is a whole number of frames"};
  if (rest > 0 && (sound.back() & ((1U << rest) - 1)) != 0) return Error{Errc::malformed, "padding is not zero"};
  return frames * frame.units;
}

Result<size_t> units_of_opus(Bytes sound) {
  Reader reader(sound);
  const uint8_t toc = reader.u8();
  const unsigned units = wire::opus_frame_units(toc);
  if ((toc & 7) != 0 || units == 0) return Error{Errc::unsupported, "Opus frames of that kind are no voice note"};
  size_t total = 0;
  for (; reader.remaining() > 0; total += units) {
    const size_t length = read_frame_length(reader);
    if (length == 0 || length > wire::kOpusFrameBytesMax) return Error{Errc::malformed, "an Opus frame of no size"};
    reader.bytes(length);
  }
  if (!reader.ok()) return Error{Errc::truncated, "an Opus frame ends too early"};
  return total;
}

}  // namespace

uint8_t loudness_bar(std::span<const int16_t, kUnitSamples> unit) {
  uint64_t energy = 0;
  for (const int32_t sample : unit) energy += static_cast<uint64_t>(sample * sample);
  const auto bits = static_cast<int>(std::bit_width(energy / unit.size()));
  return static_cast<uint8_t>(std::clamp(bits - kQuietestBit, 0, int{kNoteBarMax}));
}

Result<NoteShape> parse_note(uint8_t codec, Bytes bytes) {
  constexpr std::array kCodecs = {wire::VoiceCodec::codec2_700c, wire::VoiceCodec::codec2_1200,
                                  wire::VoiceCodec::codec2_1600, wire::VoiceCodec::codec2_2400,
                                  wire::VoiceCodec::codec2_3200, wire::VoiceCodec::opus_nb,
                                  wire::VoiceCodec::opus_wb};
  const auto known = static_cast<wire::VoiceCodec>(codec);
  if (std::ranges::find(kCodecs, known) == kCodecs.end())
    return Error{Errc::unsupported, "a voice note of a newer version"};
  if (bytes.size() > wire::kVoiceNoteBytesMax) return Error{Errc::limit, "the voice note is too long"};
  Reader reader(bytes);
  NoteShape shape;
  for (size_t i = 0; i < kNoteBars; i += 2) {
    const uint8_t both = reader.u8();
    shape.bars[i] = both >> 4;
    shape.bars[i + 1] = both & 15;
  }
  const Bytes sound = reader.rest();
  if (sound.empty()) return Error{Errc::truncated, "a voice note without a sound"};
  const auto units = wire::is_opus(known) ? units_of_opus(sound) : units_of_codec2(known, sound);
  if (!units) return units.error();
  if (*units == 0) return Error{Errc::truncated, "a voice note without a sound"};
  if (*units > kNoteUnitsMax) return Error{Errc::limit, "the voice note is too long"};
  shape.units = *units;
  return shape;
}

std::span<const uint32_t> note_rates() {
  static constexpr auto kRates = [] {
    std::array<uint32_t, kNoteRates.size()> rates{};
    for (size_t i = 0; i < rates.size(); ++i) rates[i] = kNoteRates[i].bps;
    return rates;
  }();
  return kRates;
}

// --- Recording
// --------------------------------------------------------------------------------------------------------
NoteRecorder::NoteRecorder(CodecFactory& codecs, uint32_t bps)
    : rung_(rung_for_note(bps)),
      encoder_(codecs.encoder(rung_)),
      encoder_delay_(codecs.decoder(rung_.codec)->delay()),
      input_({.noise_suppression = true, .gain_control = true}) {}

bool NoteRecorder::add(std::span<const int16_t, kUnitSamples> unit) {
  // This frame, and what finish() still writes.
  const size_t frame_bytes = wire::is_opus(rung_.codec) ? 1 + wire::kVoiceFrameBytesMax : kCodec2FrameBytesMax;
  if (units() + kTailUnitsMax >= kNoteUnitsMax) return false;
  if (kBarsBytes + sound_.size() + kTailFramesMax * frame_bytes > wire::kVoiceNoteBytesMax) return false;
  std::array<int16_t, kUnitSamples> cleaned;
  std::ranges::copy(unit, cleaned.begin());
  (void)input_.capture(cleaned);
  bars_.push_back(loudness_bar(cleaned));
  push(cleaned);
  return true;
}

void NoteRecorder::push(std::span<const int16_t, kUnitSamples> unit) {
  frame_.insert(frame_.end(), unit.begin(), unit.end());
  if (frame_.size() >= rung_.frame_ms * kSampleRate / 1000) encode_frame();
}

void NoteRecorder::encode_frame() {
  std::array<uint8_t, wire::kVoiceFrameBytesMax> out;
  const size_t bytes_even = rung_.codec_bps * rung_.frame_ms / 8000 + 2;  // with TOC and length
  const size_t bytes =
      encoder_->encode(frame_, {.bytes_left = kOpusFramesAhead * bytes_even, .frames_left = kOpusFramesAhead}, out);
  append(Bytes(out).first(bytes));
  frame_.clear();
}

void NoteRecorder::append(Bytes frame) {
  if (wire::is_opus(rung_.codec)) {
    if (sound_.empty()) sound_.push_back(frame[0]);
    const Bytes body = frame.subspan(1);
    const size_t first = body.size() < 252 ? body.size() : 252 + body.size() % 4;
    sound_.push_back(static_cast<uint8_t>(first));
    if (first >= 252) sound_.push_back(static_cast<uint8_t>((body.size() - first) / 4));
    sound_.insert(sound_.end(), body.begin(), body.end());
    return;
  }
  const size_t bits = wire::codec2_frame(rung_.codec).bits;
  sound_.resize((bits_ + bits + 7) / 8);
  for (size_t i = 0; i < bits; ++i, ++bits_) {
    const unsigned bit = frame[i / 8] >> (7 - i % 8) & 1U;
    sound_[bits_ / 8] = static_cast<uint8_t>(sound_[bits_ / 8] | bit << (7 - bits_ % 8));
  }
}

// The last of it is still in the codec and in the noise suppressor.
Note NoteRecorder::finish() {
  std::array<int16_t, kUnitSamples> unit{};
  (void)input_.capture(unit);
  if (units() > 0) push(unit);
  const std::array<int16_t, kUnitSamples> silence{};
  for (size_t late = 0; units() > 0 && (late < encoder_delay_ || !frame_.empty()); late += kUnitSamples) push(silence);
  Note note{.codec = rung_.codec, .bytes = ByteVector(kBarsBytes)};
  for (size_t i = 0; i < kNoteBars && units() > 0; ++i) {
    const auto first = bars_.begin() + static_cast<std::ptrdiff_t>(i * units() / kNoteBars);
    const auto last = bars_.begin() + static_cast<std::ptrdiff_t>((i + 1) * units() / kNoteBars);
    const uint8_t bar = first == last ? *first : *std::max_element(first, last);
    note.bytes[i / 2] = static_cast<uint8_t>(note.bytes[i / 2] | bar << (i % 2 == 0 ? 4 : 0));
  }
  note.bytes.insert(note.bytes.end(), sound_.begin(), sound_.end());
  INVARIANT(note.bytes.size() <= wire::kVoiceNoteBytesMax);
  return note;
}

// --- Playing
// ----------------------------------------------------------------------------------------------------------
Result<NotePlayer> NotePlayer::open(CodecFactory& codecs, Note note) {
  const auto shape = parse_note(static_cast<uint8_t>(note.codec), note.bytes);
  if (!shape) return shape.error();
  return NotePlayer(codecs, std::move(note), *shape);
}

NotePlayer::NotePlayer(CodecFactory& codecs, Note note, const NoteShape& shape)
    : note_(std::move(note)), shape_(shape), decoder_(codecs.decoder(note_.codec)), at_(kBarsBytes + 1) {}

bool NotePlayer::next(std::span<int16_t, kUnitSamples> out) {
  if (played_ == shape_.units) {
    std::ranges::fill(out, int16_t{0});
    return false;
  }
  if (pcm_left_ == 0) decode_frame();
  std::copy_n(pcm_.begin() + static_cast<std::ptrdiff_t>(pcm_size_ - pcm_left_), kUnitSamples, out.begin());
  pcm_left_ -= kUnitSamples;
  ++played_;
  return true;
}

void NotePlayer::decode_frame() {
  const Bytes sound = Bytes(note_.bytes).subspan(kBarsBytes);
  std::array<uint8_t, wire::kVoiceFrameBytesMax> buffer;
  Bytes frame;
  if (wire::is_opus(note_.codec)) {
    Reader reader(Bytes(note_.bytes).subspan(at_));
    const Bytes body = reader.bytes(read_frame_length(reader));
    at_ = note_.bytes.size() - reader.remaining();
    buffer[0] = sound[0];
    std::ranges::copy(body, buffer.begin() + 1);
    frame = Bytes(buffer).first(1 + body.size());
    pcm_size_ = wire::opus_frame_units(sound[0]) * kUnitSamples;
  } else {
    const wire::Codec2Frame kind = wire::codec2_frame(note_.codec);
    wire::VoicePayload chunk;
    chunk.header.codec = note_.codec;
    chunk.frame_count = kFramesPerChunk;
    chunk.frames = sound.subspan(frame_ / kFramesPerChunk * kFramesPerChunk * kind.bits / 8);
    frame = chunk.frame(frame_ % kFramesPerChunk, buffer);
    pcm_size_ = kind.units * kUnitSamples;
  }
  ++frame_;
  decoder_->decode(frame, std::span(pcm_).first(pcm_size_));
  pcm_left_ = pcm_size_;
}

}  // namespace farline::voice
