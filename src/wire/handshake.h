// What the Noise IK messages between a client and its node carry, and the bytes around them (docs/PROTOCOL.md 1.1 to
// 1.3). The MACs themselves are made in session/handshake_mac.h.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "base/bytes.h"
#include "base/time.h"
#include "wire/ids.h"
#include "wire/limits.h"
#include "wire/packet.h"
#include "wire/path.h"
#include "wire/policy.h"

namespace farline::wire {

inline constexpr size_t kNoiseIk1Overhead = 96;  // e, s + tag, payload tag
inline constexpr size_t kNoiseIk2Overhead = 48;  // e, payload tag

using Token = std::array<uint8_t, 16>;
using Cookie = std::array<uint8_t, kCookieBytes>;

// --- Initiation ------------------------------------------------------------------------------------------------------
struct InitiationFrame {
  bool has_cookie = false;
  SessionIndex sender = 0;
  Bytes noise{};
  std::array<uint8_t, kMac1Bytes> mac1{};
  std::array<uint8_t, kMac1Bytes> mac2{};
  Bytes before_mac1{};  // what each MAC covers
  Bytes before_mac2{};
};
Result<InitiationFrame> decode_initiation(Bytes datagram);

struct AttachRequest {
  CertificateHash certificate_hash{};
  uint64_t counter = 0;
  PolicyVersion policy{};
  BuildClaim build{};
  uint16_t capabilities = 0;
  Bytes certificate{};  // empty: by hash
};
struct EnrolRequest {
  Token token{};
  uint64_t counter = 0;
};
using InitiationPayload = std::variant<AttachRequest, EnrolRequest>;
void encode_initiation_payload(const InitiationPayload& payload, Writer& out);
Result<InitiationPayload> decode_initiation_payload(Bytes payload);
inline constexpr size_t kInitiationPayloadMax = 32 + kCertificateBytesMax;

// --- Response --------------------------------------------------------------------------------------------------------
enum class AttachStatus : uint8_t {
  attached = 0,
  certificate_wanted = 1,
  enrolment_open = 2,
  revoked = 3,
  certificate_refused = 4,
  full = 5,
  enrolment_closed = 6,
};
struct ResponseFrame {
  SessionIndex sender = 0;
  SessionIndex receiver = 0;
  Bytes noise{};
};
Result<ResponseFrame> decode_response(Bytes datagram);
inline constexpr uint16_t kNodeHasCertificate = 2;  // capability: another one for this device than it brought
inline constexpr uint16_t kNodeHasMail = 4;         // capability: messages wait for this device
inline constexpr uint16_t kNodeWantsBuildHash = 1;  // capability: the node's policy has rules about executables
inline constexpr uint16_t kNodeWantsPresence = 8;   // capability: other nodes are to find this device here
struct ResponsePayload {
  AttachStatus status = AttachStatus::attached;
  WallTime time{};
  PolicyVersion policy{};
  uint16_t spread_seconds = 0;
  uint16_t capabilities = 0;
  Address address{};  // where the node sees the client
};
inline constexpr size_t kResponsePayloadMin = 18 + 7;  // with an IPv4 address
inline constexpr size_t kResponsePayloadMax = 18 + kAddressBytesMax;
void encode_response_payload(const ResponsePayload& payload, Writer& out);
Result<ResponsePayload> decode_response_payload(Bytes payload);

// --- Cookie reply ----------------------------------------------------------------------------------------------------
// What a node answers before any Diffie-Hellman: `Plain` bytes and a tag.
template <size_t Plain>
struct SealedAnswer {
  SessionIndex receiver = 0;
  std::array<uint8_t, 12> nonce{};
  std::array<uint8_t, Plain + 16> sealed{};
};
using CookieReplyFrame = SealedAnswer<kCookieBytes>;
inline constexpr size_t kCookieReplyBytes = 48;
void encode_cookie_reply(const CookieReplyFrame& frame, Writer& out);
Result<CookieReplyFrame> decode_cookie_reply(Bytes datagram);

// --- Busy ------------------------------------------------------------------------------------------------------------
using BusyFrame = SealedAnswer<1>;  // after how many seconds to try again
inline constexpr size_t kBusyBytes = 33;
void encode_busy(const BusyFrame& frame, Writer& out);
Result<BusyFrame> decode_busy(Bytes datagram);

}  // namespace farline::wire
