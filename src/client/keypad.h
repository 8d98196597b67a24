// Both ends' keys in a connected call (wire/call_key.h): ours are said until the other end has heard them, in order and
// each once; theirs are answered when they come.
//
// Timer: none of its own: poll() is called with each frame of sound, and says the same again at most each `every`.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "wire/call_key.h"

namespace farline::client {

class Keypad {
 public:
  static constexpr size_t kWaitingMax = 64;  // keys not heard yet: well below half of what `heard` can count

  // False: no such key, or too many wait.
  bool press(char key) {
    if (wire::kKeypad.find(key) == wire::kKeypad.npos || waiting_.size() == kWaitingMax) return false;
    waiting_ += key;
    said_.reset();
    return true;
  }
  std::optional<wire::KeyPayload> poll(Time now, Duration every) {
    const bool asks = !waiting_.empty() && (!said_ || now - *said_ >= every);
    if (!asks && !owes_answer_) return std::nullopt;
    if (asks) said_ = now;
    owes_answer_ = false;
    return wire::KeyPayload{.heard = heard_, .first = first_, .keys = waiting_.substr(0, wire::kKeysMax)};
  }
  // The keys that are new, in order.
  std::string handle(const wire::KeyPayload& payload) {
    const auto taken = static_cast<uint8_t>(payload.heard - first_);
    if (taken > 0 && taken <= waiting_.size()) {  // else it overtook a newer one
      waiting_.erase(0, taken);
      first_ = payload.heard;
      said_.reset();
    }
    if (payload.keys.empty()) return {};
    owes_answer_ = true;
    const auto known = static_cast<uint8_t>(heard_ - payload.first);
    if (known > payload.keys.size()) return {};
    heard_ = static_cast<uint8_t>(payload.first + payload.keys.size());
    return payload.keys.substr(known);
  }

 private:
  std::string waiting_;  // ours, not heard there yet
  uint8_t first_ = 0;    // how many were before them
  uint8_t heard_ = 0;    // of theirs
  bool owes_answer_ = false;
  std::optional<Time> said_;
};

}  // namespace farline::client
