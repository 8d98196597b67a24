#include "wire/call_key.h"

#include "base/check.h"

namespace farline::wire {
namespace {

constexpr size_t kFirstKeys = 4;  // two in a byte, the first in its upper half

}  // namespace

std::array<uint8_t, kKeyPayloadBytes> encode_keys(const KeyPayload& payload) {
  INVARIANT(payload.keys.size() <= kKeysMax);
  std::array<uint8_t, kKeyPayloadBytes> out{kKeyPayload, payload.heard, payload.first,
                                            static_cast<uint8_t>(payload.keys.size())};
  for (size_t i = 0; i < payload.keys.size(); ++i) {
    const size_t code = kKeypad.find(payload.keys[i]);
    INVARIANT(code != kKeypad.npos);
    out[kFirstKeys + i / 2] |= static_cast<uint8_t>(code << (i % 2 == 0 ? 4 : 0));
  }
  return out;
}

Result<KeyPayload> decode_keys(Bytes payload) {
  const Error bad{Errc::malformed, "not keys of a keypad"};
  if (payload.size() != kKeyPayloadBytes || payload[0] != kKeyPayload || payload[3] > kKeysMax) return bad;
  KeyPayload out{.heard = payload[1], .first = payload[2]};
  for (size_t i = 0; i < kKeysMax; ++i) {
    const unsigned code = payload[kFirstKeys + i / 2] >> (i % 2 == 0 ? 4 : 0) & 15U;
    if (i < payload[3])
      out.keys += kKeypad[code];
    else if (code != 0)
      return bad;
  }
  return out;
}

}  // namespace farline::wire
