// Both ends' notes about a connected call (wire/call_note.h): ours is said until the other end has heard it, theirs is
// answered when it changes.
//
// Timer: none of its own: poll() is called with each frame of sound, and gives a payload at most each `every`.
#pragma once

#include <optional>

#include "base/time.h"
#include "wire/call_note.h"

namespace farline::client {

class CallNotes {
 public:
  void set_own(const wire::CallNote& note) {
    own_ = note;
    said_.reset();
  }
  const wire::CallNote& theirs() const { return theirs_; }

  std::optional<wire::NotePayload> poll(Time now, Duration every) {
    const bool asks = heard_ != own_ && (!said_ || now - *said_ >= every);
    if (!asks && !owes_answer_) return std::nullopt;
    if (asks) said_ = now;
    owes_answer_ = false;
    return wire::NotePayload{.own = own_, .heard = theirs_, .asks = heard_ != own_};
  }
  void handle(const wire::NotePayload& note) {
    heard_ = note.heard;
    theirs_ = note.own;
    owes_answer_ = note.asks;
  }

 private:
  wire::CallNote own_{};
  wire::CallNote theirs_{};
  wire::CallNote heard_{};  // of ours, as they say
  bool owes_answer_ = false;
  std::optional<Time> said_;
};

}  // namespace farline::client
