#include "wire/handshake.h"

namespace farline::wire {
namespace {

enum class InitiationKind : uint8_t { attach_by_hash = 0, attach_with_certificate = 1, enrol = 2 };

constexpr size_t kInitiationOverhead = 4 + kMac1Bytes;

}  // namespace

Result<InitiationFrame> decode_initiation(Bytes datagram) {
  InitiationFrame frame;
  Reader r(datagram);
  frame.has_cookie = r.u8() == static_cast<uint8_t>(PacketType::handshake_initiation_cookie);
  frame.sender = r.u24();
  const size_t macs = frame.has_cookie ? 2 * kMac1Bytes : kMac1Bytes;
  if (datagram.size() < kInitiationOverhead + macs - kMac1Bytes + kNoiseIk1Overhead)
    return Error{Errc::truncated, "handshake initiation too short"};
  if (datagram.size() > kInitiationOverhead + kMac1Bytes + kNoiseIk1Overhead + kInitiationPayloadMax)
    return Error{Errc::limit, "handshake initiation too long"};
  frame.noise = r.bytes(r.remaining() - macs);
  frame.before_mac1 = datagram.first(datagram.size() - macs);
  frame.mac1 = r.array<kMac1Bytes>();
  if (frame.has_cookie) {
    frame.before_mac2 = datagram.first(datagram.size() - kMac1Bytes);
    frame.mac2 = r.array<kMac1Bytes>();
  }
  if (frame.sender == 0) return Error{Errc::malformed, "session index 0"};
  return frame;
}

void encode_initiation_payload(const InitiationPayload& payload, Writer& out) {
  if (const auto* enrol = std::get_if<EnrolRequest>(&payload)) {
    out.u8(static_cast<uint8_t>(InitiationKind::enrol));
    out.bytes(enrol->token);
    out.u64(enrol->counter);
    return;
  }
  const auto& attach = std::get<AttachRequest>(payload);
  const auto kind =
      attach.certificate.empty() ? InitiationKind::attach_by_hash : InitiationKind::attach_with_certificate;
  out.u8(static_cast<uint8_t>(kind));
  out.bytes(attach.certificate_hash.bytes);
  out.u64(attach.counter);
  put_version(attach.policy, out);
  out.u8(attach.build.platform);
  out.u32(attach.build.version);
  out.u16(attach.capabilities);
  out.bytes(attach.certificate);
}

Result<InitiationPayload> decode_initiation_payload(Bytes payload) {
  Reader r(payload);
  const auto kind = static_cast<InitiationKind>(r.u8());
  if (kind == InitiationKind::enrol) {
    EnrolRequest enrol;
    enrol.token = r.array<16>();
    enrol.counter = r.u64();
    if (auto end = r.finish(); !end) return end.error();
    return InitiationPayload{enrol};
  }
  if (kind != InitiationKind::attach_by_hash && kind != InitiationKind::attach_with_certificate)
    return Error{Errc::unsupported, "unknown kind of handshake initiation"};
  AttachRequest attach;
  attach.certificate_hash.bytes = r.array<8>();
  attach.counter = r.u64();
  attach.policy = read_version(r);
  attach.build.platform = r.u8();
  attach.build.version = r.u32();
  attach.capabilities = r.u16();
  if (kind == InitiationKind::attach_with_certificate) {
    if (r.remaining() == 0 || r.remaining() > kCertificateBytesMax)
      return Error{Errc::limit, "certificate in handshake initiation has a wrong size"};
    attach.certificate = r.rest();
  }
  if (auto end = r.finish(); !end) return end.error();
  return InitiationPayload{attach};
}

Result<ResponseFrame> decode_response(Bytes datagram) {
  Reader r(datagram);
  r.u8();
  ResponseFrame frame{.sender = r.u24(), .receiver = r.u24(), .noise = {}};
  frame.noise = r.rest();
  if (!r.ok() || frame.noise.size() < kNoiseIk2Overhead + kResponsePayloadMin ||
      frame.noise.size() > kNoiseIk2Overhead + kResponsePayloadMax)
    return Error{Errc::malformed, "handshake response has a wrong size"};
  if (frame.sender == 0 || frame.receiver == 0) return Error{Errc::malformed, "session index 0"};
  return frame;
}

void encode_response_payload(const ResponsePayload& payload, Writer& out) {
  out.u8(static_cast<uint8_t>(payload.status));
  put_u40_time(payload.time, out);
  put_version(payload.policy, out);
  out.u16(payload.spread_seconds);
  out.u16(payload.capabilities);
  put_address(payload.address, out);
}

Result<ResponsePayload> decode_response_payload(Bytes bytes) {
  Reader r(bytes);
  const uint8_t status = r.u8();
  ResponsePayload payload{.status = static_cast<AttachStatus>(status), .time = read_u40_time(r)};
  payload.policy = read_version(r);
  payload.spread_seconds = r.u16();
  payload.capabilities = r.u16();
  payload.address = read_address(r);
  if (auto end = r.finish(); !end) return end.error();
  if (status > static_cast<uint8_t>(AttachStatus::enrolment_closed))
    return Error{Errc::unsupported, "unknown attach status"};
  return payload;
}

namespace {

template <size_t Plain>
void write_sealed_answer(PacketType type, const SealedAnswer<Plain>& frame, Writer& out) {
  out.u8(static_cast<uint8_t>(type));
  out.u24(frame.receiver);
  out.bytes(frame.nonce);
  out.bytes(frame.sealed);
}

template <size_t Plain>
Result<SealedAnswer<Plain>> read_sealed_answer(Bytes datagram) {
  Reader r(datagram);
  r.u8();
  SealedAnswer<Plain> frame;
  frame.receiver = r.u24();
  frame.nonce = r.array<12>();
  frame.sealed = r.array<Plain + 16>();
  if (auto end = r.finish(); !end) return end.error();
  return frame;
}

}  // namespace

void encode_cookie_reply(const CookieReplyFrame& frame, Writer& out) {
  write_sealed_answer(PacketType::cookie_reply, frame, out);
}
Result<CookieReplyFrame> decode_cookie_reply(Bytes datagram) {
  return read_sealed_answer<kCookieBytes>(datagram);
}

void encode_busy(const BusyFrame& frame, Writer& out) {
  write_sealed_answer(PacketType::busy, frame, out);
}
Result<BusyFrame> decode_busy(Bytes datagram) {
  return read_sealed_answer<1>(datagram);
}

}  // namespace farline::wire
