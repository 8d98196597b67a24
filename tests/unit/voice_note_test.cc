// Recorded speech comes from a Debian package (asterisk-core-sounds-en-wav); where it is missing, the test that needs
// it says so and passes.
#include <doctest/doctest.h>

#include "support/prompts.h"
#include "support/seeded_rng.h"
#include "voice/note.h"

namespace farline::voice {
namespace {

using NoteUnit = std::array<int16_t, kUnitSamples>;

NoteUnit unit_of(const testing::Pcm& pcm, size_t index) {
  NoteUnit unit{};
  std::copy_n(pcm.begin() + static_cast<std::ptrdiff_t>(index * kUnitSamples), kUnitSamples, unit.begin());
  return unit;
}

Note note_of(const testing::Pcm& pcm, uint32_t bps) {
  const auto codecs = real_codecs();
  NoteRecorder recorder(*codecs, bps);
  for (size_t i = 0; i < pcm.size() / kUnitSamples; ++i) CHECK(recorder.add(unit_of(pcm, i)));
  CHECK_EQ(recorder.units(), pcm.size() / kUnitSamples);
  return recorder.finish();
}

testing::Pcm played(const Note& note) {
  const auto codecs = real_codecs();
  auto player = NotePlayer::open(*codecs, note);
  REQUIRE(player);
  testing::Pcm out;
  NoteUnit unit;
  while (player->next(unit)) out.insert(out.end(), unit.begin(), unit.end());
  CHECK_EQ(player->units_played(), player->shape().units);
  return out;
}

// Syllables: a buzz of 120 Hz that swells four times a second, quiet in its second half.
testing::Pcm buzz(size_t units) {
  testing::Pcm pcm(units * kUnitSamples);
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double t = static_cast<double>(i) / kSampleRate;
    const double swell = 0.5 + 0.5 * std::sin(2 * std::numbers::pi * 4 * t);
    const double saw = 2 * (t * 120 - std::floor(t * 120)) - 1;
    pcm[i] = static_cast<int16_t>((i < pcm.size() / 2 ? 9000 : 60) * swell * saw);
  }
  return pcm;
}

TEST_CASE("ten seconds at 700 bit/s are less than a kilobyte, at every rate what was said comes out as long") {
  const testing::Pcm speech = buzz(500);
  for (const uint32_t bps : note_rates()) {
    CAPTURE(bps);
    const Note note = note_of(speech, bps);
    const auto shape = parse_note(static_cast<uint8_t>(note.codec), note.bytes);
    REQUIRE(shape);
    CHECK_GE(shape->units, 501);  // the cleaning is a unit late
    CHECK_LE(shape->units, 506);
    CHECK_EQ(shape->tenths(), (shape->units + 4) / 5);
    if (bps == 700) CHECK_LE(note.bytes.size(), 900);
    CHECK_LE(note.bytes.size(), 12 + bps * 13 / 8 + 100);
    CHECK_GT(*std::ranges::max_element(shape->bars), 9);
    CHECK_GT(shape->bars[4], shape->bars[20]);
    CHECK_EQ(played(note).size(), shape->units * kUnitSamples);
  }
}

TEST_CASE("speech is understood in a note at every rate") {
  const auto prompts = testing::read_prompts(5);
  if (prompts.empty()) {
    MESSAGE("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
    return;
  }
  const testing::Prompt prompt{prompts[0].pcm, 0};
  for (const uint32_t bps : note_rates()) {
    CAPTURE(bps);
    const double heard = testing::estoi_of(prompt, played(note_of(prompt.pcm, bps)), 200);
    MESSAGE(bps, " bit/s: ESTOI ", heard);
    CHECK_GT(heard, bps < 6000 ? 0.5 : 0.75);
  }
}

TEST_CASE("a note is bounded in time and in bytes") {
  const auto codecs = real_codecs(0);
  const testing::Pcm speech = buzz(100);
  for (const uint32_t bps : {700U, 16000U}) {
    NoteRecorder recorder(*codecs, bps);
    size_t units = 0;
    while (units <= kNoteUnitsMax && recorder.add(unit_of(speech, units % 100))) ++units;
    CHECK_FALSE(recorder.add(unit_of(speech, 0)));
    CHECK_EQ(recorder.units(), units);
    const Note note = recorder.finish();
    CHECK(parse_note(static_cast<uint8_t>(note.codec), note.bytes));
    if (bps == 700) CHECK_GT(units, kNoteUnitsMax - 10);
    if (bps == 16000) CHECK_GT(note.bytes.size(), wire::kVoiceNoteBytesMax - 6000);
  }
  NoteRecorder nothing(*codecs, 700);
  const Note empty = nothing.finish();
  CHECK_FALSE(parse_note(static_cast<uint8_t>(empty.codec), empty.bytes));
}

TEST_CASE("the bytes are those of the document") {
  ByteVector bytes(12);
  bytes[0] = 0x9f;
  CHECK_EQ(parse_note(0, bytes).error().code, Errc::truncated);
  bytes.resize(12 + 7);  // two frames of 28 bits
  const auto shape = parse_note(0, bytes);
  REQUIRE(shape);
  CHECK_EQ(shape->units, 4);
  CHECK_EQ(shape->tenths(), 1);
  CHECK_EQ(shape->bars[0], 9);
  CHECK_EQ(shape->bars[1], 15);
  bytes.resize(12 + 4);  // one, and four bits of padding
  CHECK_EQ(parse_note(0, bytes)->units, 2);
  bytes.back() = 1;
  CHECK_EQ(parse_note(0, bytes).error().code, Errc::malformed);
  bytes.assign(12 + 6, 0);
  CHECK_EQ(parse_note(0, bytes).error().code, Errc::malformed);
  CHECK_EQ(parse_note(1, bytes)->units, 2);
  CHECK_EQ(parse_note(5, bytes).error().code, Errc::unsupported);
  CHECK_EQ(parse_note(255, bytes).error().code, Errc::unsupported);

  const ByteVector opus = {0x50, 2, 7, 7, 1, 7};  // SILK wideband, 40 ms
  bytes.resize(12);
  bytes.insert(bytes.end(), opus.begin(), opus.end());
  CHECK_EQ(parse_note(9, bytes)->units, 4);
  bytes.pop_back();
  CHECK_EQ(parse_note(9, bytes).error().code, Errc::truncated);
  bytes.back() = 0;
  CHECK_EQ(parse_note(9, bytes).error().code, Errc::malformed);
  bytes[12] = 0x51;
  CHECK_EQ(parse_note(9, bytes).error().code, Errc::unsupported);
  CHECK_EQ(parse_note(0, ByteVector(wire::kVoiceNoteBytesMax + 1)).error().code, Errc::limit);
  // A second of nothing but the shortest frames would be hours.
  ByteVector endless(13 + 20'000, 1);  // frames of one byte
  endless[12] = 0x58;
  CHECK_EQ(parse_note(9, endless).error().code, Errc::limit);
}

TEST_CASE("what another sends is played as it is, whatever it is") {
  testing::SeededRng rng(1);
  const auto codecs = real_codecs();
  size_t good = 0;
  for (int i = 0; i < 400; ++i) {
    Note note{.codec = static_cast<wire::VoiceCodec>(rng.below(10)), .bytes = ByteVector(13 + rng.below(60))};
    for (uint8_t& byte : note.bytes) byte = static_cast<uint8_t>(rng.below(256));
    auto player = NotePlayer::open(*codecs, note);
    if (!player) continue;
    ++good;
    NoteUnit unit;
    while (player->next(unit)) {
    }
    CHECK_FALSE(player->next(unit));
  }
  CHECK_GT(good, 20);
}

}  // namespace
}  // namespace farline::voice
