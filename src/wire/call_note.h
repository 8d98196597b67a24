// What one end of a call says about the call itself (docs/PROTOCOL.md section 5.3): a media payload of two bytes.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/result.h"

namespace farline::wire {

inline constexpr uint8_t kNotePayload = 0xd1;

struct CallNote {
  bool holds = false;    // the sender neither speaks nor hears
  bool records = false;  // the sender keeps the sound of the call
  friend bool operator==(const CallNote&, const CallNote&) = default;
};
struct NotePayload {
  CallNote own{};
  CallNote heard{};   // what the other end said last
  bool asks = false;  // to be told that this was heard
  friend bool operator==(const NotePayload&, const NotePayload&) = default;
};

inline bool is_note_payload(Bytes payload) {
  return !payload.empty() && payload[0] == kNotePayload;
}
std::array<uint8_t, 2> encode_note(const NotePayload& note);
Result<NotePayload> decode_note(Bytes payload);

}  // namespace farline::wire
