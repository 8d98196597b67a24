// Keys of a telephone's keypad, pressed in a call (docs/PROTOCOL.md section 5.4): a media payload of eight bytes,
// however many keys are in it. The keys are those of RFC 4733 section 3.2, events 0 to 15.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace farline::wire {

inline constexpr uint8_t kKeyPayload = 0xd2;
inline constexpr size_t kKeyPayloadBytes = 8;
inline constexpr size_t kKeysMax = 8;  // in one payload
inline constexpr std::string_view kKeypad = "0123456789*#ABCD";

struct KeyPayload {
  uint8_t heard = 0;   // how many keys of the receiver's have come, modulo 256
  uint8_t first = 0;   // how many of the sender's came before these, modulo 256
  std::string keys{};  // of kKeypad, at most kKeysMax
  friend bool operator==(const KeyPayload&, const KeyPayload&) = default;
};

inline bool is_key_payload(Bytes payload) {
  return !payload.empty() && payload[0] == kKeyPayload;
}
std::array<uint8_t, kKeyPayloadBytes> encode_keys(const KeyPayload& payload);
Result<KeyPayload> decode_keys(Bytes payload);

}  // namespace farline::wire
