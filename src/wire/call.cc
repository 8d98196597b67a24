#include "wire/call.h"

namespace farline::wire {
namespace {

constexpr uint32_t kRoundTripUnit = 100;
constexpr uint32_t kReceiveUnit = 20;  // up to 1.3 Mbit/s; fine enough not to cost a thin link its rung

// Rounded down, so that nobody is promised more than was said; a small limit stays a limit.
void put_receive_max(uint32_t bps, Writer& out) {
  const uint32_t units = bps == 0 ? 0 : std::clamp<uint32_t>(bps / kReceiveUnit, 1, 0xffff);
  out.u16(static_cast<uint16_t>(units));
}

uint32_t receive_max(Reader& r) { return r.u16() * kReceiveUnit; }

void put_round_trip(uint32_t ms, Writer& out) {
  out.u8(static_cast<uint8_t>(std::min<uint32_t>((ms + kRoundTripUnit - 1) / kRoundTripUnit, 255)));
}

uint32_t round_trip(Reader& r) { return r.u8() * kRoundTripUnit; }

}  // namespace

void encode_invite_payload(const InvitePayload& payload, Writer& out) {
  out.u32(payload.counter);
  out.u16(payload.capabilities);
  put_receive_max(payload.receive_max_bps, out);
  out.u8(payload.streams);
  put_round_trip(payload.round_trip_ms, out);
  put_version(payload.policy, out);
  if (payload.continues != 0) out.u32(payload.continues);
}

Result<InvitePayload> decode_invite_payload(Bytes bytes) {
  Reader r(bytes);
  InvitePayload p;
  p.counter = r.u32();
  p.capabilities = r.u16();
  p.receive_max_bps = receive_max(r);
  p.streams = r.u8();
  p.round_trip_ms = round_trip(r);
  p.policy = read_version(r);
  if (r.remaining() > 0) {
    p.continues = r.u32();
    if (p.continues == 0) r.fail();
  }
  if (auto end = r.finish(); !end) return end.error();
  return p;
}

void encode_ringing_payload(const RingingPayload& payload, Writer& out) {
  out.u8(static_cast<uint8_t>(payload.status));
  out.u16(payload.capabilities);
  put_receive_max(payload.receive_max_bps, out);
  out.u8(payload.streams);
  put_round_trip(payload.round_trip_ms, out);
  put_version(payload.policy, out);
}

Result<RingingPayload> decode_ringing_payload(Bytes bytes) {
  Reader r(bytes);
  RingingPayload p;
  const uint8_t status = r.u8();
  p.status = static_cast<RingStatus>(status);
  p.capabilities = r.u16();
  p.receive_max_bps = receive_max(r);
  p.streams = r.u8();
  p.round_trip_ms = round_trip(r);
  p.policy = read_version(r);
  if (auto end = r.finish(); !end) return end.error();
  if (status > static_cast<uint8_t>(RingStatus::declined)) return Error{Errc::unsupported, "unknown ringing status"};
  return p;
}

void encode_answer_payload(const AnswerPayload& payload, Writer& out) {
  put_receive_max(payload.receive_max_bps, out);
  out.u8(payload.streams);
}

Result<AnswerPayload> decode_answer_payload(Bytes bytes) {
  Reader r(bytes);
  AnswerPayload p;
  p.receive_max_bps = receive_max(r);
  p.streams = r.u8();
  if (auto end = r.finish(); !end) return end.error();
  return p;
}

void encode_hangup_payload(HangupReason reason, Writer& out) { out.u8(static_cast<uint8_t>(reason)); }

Result<HangupReason> decode_hangup_payload(Bytes bytes) {
  Reader r(bytes);
  const uint8_t reason = r.u8();
  if (auto end = r.finish(); !end) return end.error();
  if (reason > static_cast<uint8_t>(HangupReason::policy)) return Error{Errc::unsupported, "unknown hang-up reason"};
  return static_cast<HangupReason>(reason);
}

}  // namespace farline::wire
