// A voice note: speech that is said now and heard later, as the bytes that travel (docs/CHAT.md, Voice notes). No I/O:
// a recorder takes units from a microphone or a file, a player gives them to a speaker or a file.
//
// Not thread-safe; see voice/codec.h for what that means for decoders.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "voice/codec.h"
#include "voice/speech_input.h"
#include "wire/limits.h"

namespace farline::voice {

inline constexpr size_t kNoteBars = 24;  // of the waveform that is drawn
inline constexpr uint8_t kNoteBarMax = 15;
inline constexpr size_t kNoteUnitsMax = 5 * 60 * 1000 / wire::kVoiceUnitMs;  // five minutes: more is a call
inline constexpr uint32_t kNoteBpsDefault = 700;                             // goes over everything

// Loudness for a bar or a meter, 0 to kNoteBarMax, 3 dB each; speech after gain control reaches 12 to 14.
uint8_t loudness_bar(std::span<const int16_t, kUnitSamples> unit);

struct Note {
  wire::VoiceCodec codec = wire::VoiceCodec::codec2_700c;
  ByteVector bytes;  // at most wire::kVoiceNoteBytesMax
};
struct NoteShape {
  std::array<uint8_t, kNoteBars> bars{};
  size_t units = 0;  // it lasts, 20 ms each

  uint16_t tenths() const { return static_cast<uint16_t>((units * wire::kVoiceUnitMs + 99) / 100); }
};
// Errc::unsupported: a codec of a newer version; limit, truncated, malformed.
Result<NoteShape> parse_note(uint8_t codec, Bytes bytes);

// What a note can be recorded at, bit/s, lowest first: Codec2 up to 3200, then Opus.
std::span<const uint32_t> note_rates();

// Cleans the sound (noise, level) and encodes it as it comes.
class NoteRecorder {
 public:
  // REQUIRES one of note_rates(). `codecs` outlives this.
  NoteRecorder(CodecFactory& codecs, uint32_t bps);

  // False: the note is full, and the unit was not taken.
  bool add(std::span<const int16_t, kUnitSamples> unit);
  size_t units() const { return bars_.size(); }
  // Of what came last, for a meter.
  uint8_t bar() const { return bars_.empty() ? uint8_t{0} : bars_.back(); }
  // Once, and nothing after it.
  Note finish();

 private:
  void encode_frame();
  void append(Bytes frame);
  void push(std::span<const int16_t, kUnitSamples> unit);

  Rung rung_;
  std::unique_ptr<FrameEncoder> encoder_;
  size_t encoder_delay_;  // samples
  SpeechInput input_;
  std::vector<uint8_t> bars_;   // one a unit
  std::vector<int16_t> frame_;  // of the frame that is being filled
  size_t bits_ = 0;             // Codec2's, written so far
  ByteVector sound_;
};

class NotePlayer {
 public:
  // Errors: as parse_note. `codecs` outlives this.
  static Result<NotePlayer> open(CodecFactory& codecs, Note note);

  const NoteShape& shape() const { return shape_; }
  size_t units_played() const { return played_; }
  // False: it was at its end, and `out` is silence.
  bool next(std::span<int16_t, kUnitSamples> out);

 private:
  NotePlayer(CodecFactory& codecs, Note note, const NoteShape& shape);
  void decode_frame();

  Note note_;
  NoteShape shape_;
  std::unique_ptr<FrameDecoder> decoder_;
  size_t at_ = 0;     // Opus: the next frame's place in the bytes
  size_t frame_ = 0;  // the next frame's number
  std::array<int16_t, kFrameSamplesMax> pcm_{};
  size_t pcm_left_ = 0;
  size_t pcm_size_ = 0;
  size_t played_ = 0;
};

}  // namespace farline::voice
