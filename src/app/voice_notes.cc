#include "app/voice_notes.h"

#include "host/wav_writer.h"

namespace farline::app {
namespace {

constexpr Duration kSpeakerDrain = 300ms;  // what a sound card still has when the last frame was given to it
const Error kInterrupted{Errc::denied, "interrupted"};

// The microphone's frames until there are enough, or no more come.
class NoteTaker final : public host::AudioHandler {
 public:
  NoteTaker(host::Loop& loop, voice::NoteRecorder& recorder, size_t units_max)
      : loop_(loop), recorder_(recorder), units_max_(units_max) {}
  void handle_capture(Time, host::FrameIn frame) override {
    if (recorder_.units() < units_max_ && recorder_.add(frame)) return;
    loop_.stop();
  }
  void take_playout(Time, host::FrameOut frame) override { std::ranges::fill(frame, int16_t{0}); }
  void capture_ended(Time) override { loop_.stop(); }

 private:
  host::Loop& loop_;
  voice::NoteRecorder& recorder_;
  size_t units_max_;
};

class NoteReader final : public host::AudioHandler {
 public:
  NoteReader(host::Timer& end, voice::NotePlayer& player) : end_(end), player_(player) {}
  void handle_capture(Time, host::FrameIn) override {}
  void take_playout(Time, host::FrameOut frame) override {
    if (!player_.next(frame) && !std::exchange(is_over_, true)) end_.start(kSpeakerDrain);
  }
  void capture_ended(Time) override {}

 private:
  host::Timer& end_;
  voice::NotePlayer& player_;
  bool is_over_ = false;
};

}  // namespace

std::string note_text(const voice::Note& note) {
  return to_hex(std::array{static_cast<uint8_t>(note.codec)}) + to_hex(note.bytes);
}

Result<voice::Note> note_in(std::string_view text) {
  auto bytes = from_hex(text);
  if (!bytes) return bytes.error();
  if (bytes->empty()) return Error{Errc::truncated, "no voice note"};
  const uint8_t codec = bytes->front();
  bytes->erase(bytes->begin());
  if (const auto shape = voice::parse_note(codec, *bytes); !shape) return shape.error();
  return voice::Note{.codec = static_cast<wire::VoiceCodec>(codec), .bytes = std::move(*bytes)};
}

Result<chat::EntryId> send_note(chat::Chat& chat, const chat::Now& now, const chat::GroupId& group,
                                const voice::Note& note) {
  const auto codec = static_cast<uint8_t>(note.codec);
  const auto shape = voice::parse_note(codec, note.bytes);
  if (!shape) return shape.error();
  return chat.send_voice_note(now, group, {.bytes = note.bytes, .tenths = shape->tenths(), .codec = codec});
}

Result<voice::Note> note_of(const chat::Chat& chat, const chat::VoiceNote& body) {
  voice::Note note{.codec = static_cast<wire::VoiceCodec>(body.codec), .bytes = {}};
  const auto done = chat.read_file(body.content, [&](Bytes bytes) -> Result<void> {
    note.bytes.insert(note.bytes.end(), bytes.begin(), bytes.end());
    return {};
  });
  if (!done) return done.error();
  if (const auto shape = voice::parse_note(body.codec, note.bytes); !shape) return shape.error();
  return note;
}

Result<voice::Note> note_of_wav(const std::string& path, uint32_t bps) {
  const auto codecs = voice::real_codecs();
  voice::NoteRecorder recorder(*codecs, bps);
  const auto read = host::read_wav(path, [&](host::FrameIn frame) { return recorder.add(frame); });
  if (!read) return read.error();
  if (recorder.units() == 0) return Error{Errc::malformed, "there is no sound in this file"};
  return recorder.finish();
}

Result<void> write_wav(voice::Note note, const std::string& path) {
  const auto codecs = voice::real_codecs();
  auto player = voice::NotePlayer::open(*codecs, std::move(note));
  if (!player) return player.error();
  const auto file = host::WavWriter::open(path);
  if (!file) return file.error();
  std::array<int16_t, voice::kUnitSamples> unit;
  while (player->next(unit))
    if (!(*file)->write(unit)) return Error{Errc::io, "the disk takes no more"};
  return {};
}

Result<voice::Note> record_note(const host::AudioSourceSpec& source, uint32_t bps, Duration most) {
  const auto codecs = voice::real_codecs();
  voice::NoteRecorder recorder(*codecs, bps);
  host::Loop loop;
  NoteTaker taker(loop, recorder, static_cast<size_t>(most / std::chrono::milliseconds(wire::kVoiceUnitMs)));
  bool is_interrupted = false;
  const host::Signals signals(loop, [&](host::Signal) {
    is_interrupted = true;
    loop.stop();
  });
  const auto engine = host::AudioEngine::open(
      loop, {.source = source, .sink = {.kind = host::AudioSinkSpec::Kind::null, .name = {}}}, taker);
  if (!engine) return engine.error();
  loop.run();
  if (is_interrupted) return kInterrupted;
  if ((*engine)->has_lost_capture()) return Error{Errc::io, "the microphone went away"};
  if (recorder.units() == 0) return Error{Errc::io, "the microphone gave no sound"};
  return recorder.finish();
}

Result<void> play_note(voice::Note note, const host::AudioSinkSpec& sink) {
  const auto codecs = voice::real_codecs();
  auto player = voice::NotePlayer::open(*codecs, std::move(note));
  if (!player) return player.error();
  host::Loop loop;
  host::Timer end(loop, [&] { loop.stop(); });
  NoteReader reader(end, *player);
  bool is_interrupted = false;
  const host::Signals signals(loop, [&](host::Signal) {
    is_interrupted = true;
    loop.stop();
  });
  const auto engine = host::AudioEngine::open(
      loop, {.source = {.kind = host::AudioSourceSpec::Kind::silence, .name = {}}, .sink = sink}, reader);
  if (!engine) return engine.error();
  loop.run();
  return is_interrupted ? Result<void>(kInterrupted) : Result<void>();
}

}  // namespace farline::app
