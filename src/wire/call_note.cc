#include "wire/call_note.h"

namespace farline::wire {
namespace {

constexpr uint8_t kHolds = 1;
constexpr uint8_t kRecords = 2;
constexpr unsigned kHeardShift = 4;
constexpr uint8_t kAsks = 0x80;
constexpr uint8_t kKnown = (kHolds | kRecords) | (kHolds | kRecords) << kHeardShift | kAsks;

unsigned bits(const CallNote& note) {
  return (note.holds ? kHolds : 0U) | (note.records ? kRecords : 0U);
}
CallNote note_of(unsigned bits) {
  return {.holds = (bits & kHolds) != 0, .records = (bits & kRecords) != 0};
}

}  // namespace

std::array<uint8_t, 2> encode_note(const NotePayload& note) {
  const unsigned asks = note.asks ? kAsks : 0U;
  return {kNotePayload, static_cast<uint8_t>(bits(note.own) | bits(note.heard) << kHeardShift | asks)};
}

Result<NotePayload> decode_note(Bytes payload) {
  if (payload.size() != 2 || payload[0] != kNotePayload || (payload[1] & ~kKnown) != 0)
    return Error{Errc::malformed, "not a note about a call"};
  return NotePayload{.own = note_of(payload[1]),
                     .heard = note_of(unsigned{payload[1]} >> kHeardShift),
                     .asks = (payload[1] & kAsks) != 0};
}

}  // namespace farline::wire
