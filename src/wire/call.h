// What two devices say to each other inside a call's signalling, sealed end to end (docs/PROTOCOL.md section 3).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "wire/policy.h"

namespace farline::wire {

inline constexpr size_t kNoiseKk1Overhead = 48;  // e, payload tag
inline constexpr size_t kNoiseKk2Overhead = 48;

inline constexpr uint8_t kStreamVoice = 1;
inline constexpr uint16_t kCapabilityDirect = 1;  // path messages (wire/path.h); the call may leave the relay
inline constexpr uint16_t kCapabilityGlass = 2;   // break-glass is open on this device
inline constexpr uint16_t kCapabilityNotes = 4;   // notes about the call (wire/call_note.h)
inline constexpr uint16_t kCapabilityKeys = 8;    // keys of a keypad (wire/call_key.h)
inline constexpr uint8_t kStreamData = 2;
inline constexpr uint8_t kStreamsKnown = kStreamVoice | kStreamData;

struct InvitePayload {
  uint32_t counter = 0;
  uint16_t capabilities = 0;
  uint32_t receive_max_bps = 0;  // 0: no limit known; on the wire in units of 20 bit/s, rounded down
  uint8_t streams = kStreamsKnown;
  uint32_t round_trip_ms = 0;  // of the sender to its node, 0: not known; on the wire in units of 100 ms, rounded up
  PolicyVersion policy{};
  uint32_t continues = 0;  // the number of the running call that this goes on with; 0, and not sent: a new one
};
inline constexpr size_t kInvitePayloadBytes = 18;
inline constexpr size_t kInvitePayloadBytesMax = kInvitePayloadBytes + 4;

enum class RingStatus : uint8_t { ringing = 0, busy = 1, declined = 2 };
struct RingingPayload {
  RingStatus status = RingStatus::ringing;
  uint16_t capabilities = 0;
  uint32_t receive_max_bps = 0;
  uint8_t streams = kStreamsKnown;
  uint32_t round_trip_ms = 0;
  PolicyVersion policy{};
};
inline constexpr size_t kRingingPayloadBytes = 15;

struct AnswerPayload {
  uint32_t receive_max_bps = 0;
  uint8_t streams = kStreamsKnown;
};
inline constexpr size_t kAnswerPayloadBytes = 3;

enum class HangupReason : uint8_t {
  ended = 0,
  declined = 1,
  no_answer = 2,
  answered_elsewhere = 3,
  failed = 4,
  policy = 5
};
inline constexpr size_t kHangupPayloadBytes = 1;

void encode_invite_payload(const InvitePayload& payload, Writer& out);
Result<InvitePayload> decode_invite_payload(Bytes bytes);
void encode_ringing_payload(const RingingPayload& payload, Writer& out);
Result<RingingPayload> decode_ringing_payload(Bytes bytes);
void encode_answer_payload(const AnswerPayload& payload, Writer& out);
Result<AnswerPayload> decode_answer_payload(Bytes bytes);
void encode_hangup_payload(HangupReason reason, Writer& out);
Result<HangupReason> decode_hangup_payload(Bytes bytes);

}  // namespace farline::wire
