// Control messages between a client and its node, one a record (docs/PROTOCOL.md section 2). Each message is a struct;
// decode_control refuses everything that is not exactly one of them. Byte spans in a decoded message point into the
// bytes it was decoded from.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "wire/ids.h"
#include "wire/limits.h"
#include "wire/mail.h"
#include "wire/policy.h"

namespace farline::wire {

using PathNonce = std::array<uint8_t, 8>;
using CallNumber = uint32_t;
using Channel = uint16_t;

enum class DetachReason : uint8_t { leaving = 0, replaced = 1, shutting_down = 2, revoked = 3 };
enum class LookupStatus : uint8_t { found = 0, no_such_name = 1 };
// Who says so: the client's own node, another node just now, or what was heard of another one earlier.
enum class LookupSource : uint8_t { own_node = 0, other_node = 1, stale = 2 };
enum class CertificateBy : uint8_t { device_id = 0, certificate_hash = 1 };
enum class EnrolStatus : uint8_t {
  done = 0,
  name_not_allowed = 1,
  name_taken = 2,
  invitation_over = 3,
  signature_wrong = 4,
  store_full = 5,  // the node cannot keep anything now
};
enum class CallFailure : uint8_t {
  no_such_device = 0,
  not_attached = 1,
  too_many_calls = 2,
  not_allowed = 3,
  over = 4,
  by_policy = 5,
};

struct PathChallenge {
  PathNonce nonce{};
};
struct PathResponse {
  PathNonce nonce{};
};
// Where the node sees the client.
struct OwnAddress {
  Address address{};
};
struct Detach {
  DetachReason reason = DetachReason::leaving;
};
struct Lookup {
  uint8_t request = 0;
  std::string_view name{};  // only its size is checked here; wire/name.h does the rest
};
struct LookupDevice {
  bool attached = false;
  Bytes certificate{};
  LookupSource source = LookupSource::own_node;
};
struct LookupResult {
  uint8_t request = 0;  // 0: unasked, the callee has devices the caller did not invite
  LookupStatus status = LookupStatus::found;
  std::array<LookupDevice, kDevicesPerPersonMax> devices{};
  size_t device_count = 0;
};
struct CertificateWanted {
  CertificateBy by = CertificateBy::device_id;
  std::array<uint8_t, 8> id{};
};
struct CertificateReply {
  CertificateBy by = CertificateBy::device_id;
  std::array<uint8_t, 8> id{};
  Bytes certificate{};  // empty: not known
};
struct Enrol {
  std::string_view name{};
  crypto::SigningPublicKey signing_key{};
  crypto::Signature signature{};
};
struct Enrolled {
  EnrolStatus status = EnrolStatus::done;
  crypto::SigningPublicKey root_key{};
  std::array<Bytes, kCertificateChainMax> certificates{};  // issuers first, the device's own last
  size_t certificate_count = 0;
};
struct Invite {
  DeviceId callee{};
  CallNumber call = 0;
  uint8_t rate_kbps = 0;
  uint8_t known_devices = 0;
  Bytes noise{};
};
struct Incoming {
  DeviceId caller{};
  CallNumber call = 0;
  Channel channel = 0;
  uint8_t rate_kbps = 0;
  Bytes noise{};
};
struct RingingFromCallee {
  Channel channel = 0;
  Bytes noise{};
};
struct RingingToCaller {
  CallNumber call = 0;
  Channel channel = 0;
  Bytes noise{};
};
// CONFIRM, ANSWER and HANGUP: sealed between the devices, opaque to the node.
enum class SealedKind : uint8_t { confirm = 0x23, answer = 0x24, hangup = 0x25 };
struct SealedSignal {
  SealedKind kind = SealedKind::confirm;
  Channel channel = 0;
  Bytes sealed{};
};
struct HangupAck {
  Channel channel = 0;
};
struct Cancel {
  CallNumber call = 0;
};
struct Cancelled {
  Channel channel = 0;
};
struct CallFailed {
  CallNumber call = 0;
  CallFailure reason = CallFailure::no_such_device;
  uint8_t rule = 0;  // by_policy: policy::Rule,
  WallTime until{};  // and when the answer changes; 0: not known
};
struct ChannelUnknown {
  Channel channel = 0;
};
// A running call ends by policy in so many seconds; 0: it is over.
struct CallClosing {
  Channel channel = 0;
  uint8_t rule = 0;  // policy::Rule
  uint16_t seconds = 0;
};

// First half of the SHA-256 of the client's executable.
struct BuildHash {
  std::array<uint8_t, 16> hash{};
};
struct PassWanted {};
// Signed by the device: it is attached to this node (wire/backbone.h, presence_bytes).
struct Presence {
  crypto::Signature signature{};
};
// It has not come, or was lost.
struct PresenceWanted {};
// What the link between client and node carries: bytes of no meaning, and when they came.
struct LinkProbe {
  uint8_t number = 0;
  uint16_t wanted = 0;  // bytes of the answer; never more than the question has
  uint16_t zeros = 0;   // behind it; at least kLinkProbeZerosMin, which is what an answer needs more
};
struct LinkAnswer {
  uint8_t number = 0;
  uint32_t arrived_ms = 0;  // the question, on the node's clock, modulo 2^32
  uint16_t zeros = 0;
};
inline constexpr uint16_t kLinkProbeZerosMin = 2;
inline constexpr uint16_t kLinkZerosMax = 512;
inline constexpr size_t kLinkProbeBytes = 4;  // without zeros
inline constexpr size_t kLinkAnswerBytes = 6;
struct Pass {
  Bytes pass{};  // wire/pass.h
};
// One report, signed by the device (docs/PROTOCOL.md section 10).
struct Audit {
  Bytes report{};
};
struct AuditAck {
  uint32_t number = 0;
};
// A fresh certificate, please; ENROLLED answers.
struct Renew {};
enum class GlassStatus : uint8_t { open = 0, unknown_or_used = 1 };
struct BreakGlass {
  std::array<uint8_t, 10> code{};
};
struct GlassAnswer {
  GlassStatus status = GlassStatus::open;
  WallTime until{};
};

// RINGING has one type number and two shapes: the sender's side decides which is meant.
enum class ControlFrom : uint8_t { client, node };

using ControlMessage =
    std::variant<PathChallenge, PathResponse, OwnAddress, Detach, Lookup, LookupResult, CertificateWanted,
                 CertificateReply, Enrol, Enrolled, Invite, Incoming, RingingFromCallee, RingingToCaller, SealedSignal,
                 HangupAck, Cancel, Cancelled, CallFailed, ChannelUnknown, CallClosing, PolicyNews, PolicyWanted,
                 PolicyPart, BuildHash, PassWanted, Pass, Audit, AuditAck, Renew, BreakGlass, GlassAnswer, LinkProbe,
                 LinkAnswer, MailPut, MailStored, MailRefused, Mail, MailTaken, Presence, PresenceWanted>;

// Writes type and fields; the caller's buffer holds at least kControlMessageMax bytes.
void encode_control(const ControlMessage& message, Writer& out);
// Messages that `from` may not send are refused.
Result<ControlMessage> decode_control(Bytes bytes, ControlFrom from);

// What fits a datagram under a long header and a tag.
inline constexpr size_t kControlMessageMax = kDatagramBytesMax - 12 - 16;

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace farline::wire
