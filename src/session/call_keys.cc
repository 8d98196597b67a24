#include "session/call_keys.h"

#include "crypto/hash.h"

namespace farline::session {
namespace {

crypto::SFrameKey media_key(const crypto::Secret<32>& exporter, uint8_t kid) {
  crypto::Secret<16> base;
  std::array<uint8_t, 14> info{};
  Writer w(info);
  w.bytes(as_bytes("farline media"));
  w.u8(kid);
  crypto::hkdf_expand(exporter.bytes(), info, base.mutable_bytes());
  return crypto::SFrameKey(crypto::SFrameSuite::aes_128_ctr_hmac_sha256_64, kid, base.bytes());
}

constexpr uint8_t kid_of_sender(CallSide side, SealUse use) {
  return static_cast<uint8_t>(static_cast<uint8_t>(use) + (side == CallSide::caller ? 0 : 1));
}
constexpr CallSide other(CallSide side) { return side == CallSide::caller ? CallSide::callee : CallSide::caller; }

}  // namespace

crypto::Handshake call_handshake(CallSide side, const CallBinding& binding, const CallParty& party) {
  std::array<uint8_t, 64> prologue{};
  Writer w(prologue);
  w.bytes(as_bytes("farline 1 call"));
  w.u32(binding.call);
  w.bytes(binding.caller.bytes);
  w.bytes(binding.callee.bytes);
  return crypto::Handshake({
      .pattern = crypto::kNoiseKk,
      .role = side == CallSide::caller ? crypto::NoiseRole::initiator : crypto::NoiseRole::responder,
      .asymmetric = party.asymmetric,
      .rng = party.rng,
      .prologue = w.written(),
      .local_static = &party.self,
      .remote_static = &party.peer,
  });
}

SignalSeal::SignalSeal(crypto::Secret<32> send, crypto::Secret<32> receive)
    : send_(std::move(send)), receive_(std::move(receive)) {}

ByteVector SignalSeal::seal(wire::SealedKind kind, Bytes payload) {
  INVARIANT(send_counter_ < 255);
  const std::array<uint8_t, 1> associated_data{static_cast<uint8_t>(kind)};
  ByteVector out(1 + payload.size() + crypto::kTagBytes);
  out[0] = send_counter_;
  send_.seal(send_counter_, associated_data, payload, MutableBytes(out).subspan(1));
  ++send_counter_;
  return out;
}

std::optional<ByteVector> SignalSeal::open(wire::SealedKind kind, Bytes sealed) {
  if (sealed.size() < 1 + crypto::kTagBytes || sealed[0] < receive_next_) return std::nullopt;
  const std::array<uint8_t, 1> associated_data{static_cast<uint8_t>(kind)};
  ByteVector out(sealed.size() - 1 - crypto::kTagBytes);
  if (!receive_.open(sealed[0], associated_data, sealed.subspan(1), out)) return std::nullopt;
  receive_next_ = sealed[0] + 1U;
  return out;
}

MediaSeal::MediaSeal(CallSide side, SealUse use, const crypto::Secret<32>& exporter)
    : send_(media_key(exporter, kid_of_sender(side, use))),
      receive_(media_key(exporter, kid_of_sender(other(side), use))) {}

void MediaSeal::take_over(MediaSeal&& before) {
  former_ = std::move(before.receive_);
  send_counter_ = before.send_counter_;
  received_ = before.received_;
}

bool MediaSeal::is_for(Bytes sframe) const {
  Reader reader(sframe);
  const auto header = crypto::read_sframe_header(reader);
  return header && header->kid == receive_.kid();
}

uint64_t MediaSeal::seal(Bytes payload, Writer& out) {
  send_.seal(send_counter_, {}, payload, out.space(payload.size() + send_.overhead(send_counter_)));
  return send_counter_++;
}

std::optional<MediaSeal::Opened> MediaSeal::open(Bytes sframe, MutableBytes plaintext, Failure& failure) {
  Reader reader(sframe);
  const auto header = crypto::read_sframe_header(reader);
  if (!header || header->kid != receive_.kid()) {
    failure = Failure::malformed;
    return std::nullopt;
  }
  if (!received_.check(header->ctr)) {
    failure = Failure::replayed;
    return std::nullopt;
  }
  auto opened = receive_.open(sframe, {}, plaintext);
  if (!opened && former_) opened = former_->open(sframe, {}, plaintext);
  if (!opened) {
    failure = Failure::unauthentic;
    return std::nullopt;
  }
  received_.accept(header->ctr);
  return Opened{header->ctr, plaintext.first(opened->size)};
}

bool MediaSeal::is_authentic(Bytes sframe) const {
  std::array<uint8_t, wire::kDatagramBytesMax> plaintext;
  Reader reader(sframe);
  const auto header = crypto::read_sframe_header(reader);
  return header && header->kid == receive_.kid() && received_.check(header->ctr) &&
         sframe.size() <= plaintext.size() && receive_.open(sframe, {}, plaintext).has_value();
}

CallKeys make_call_keys(CallSide side, crypto::TransportKeys keys) {
  MediaSeal media(side, SealUse::media, keys.exporter);
  MediaSeal path(side, SealUse::path, keys.exporter);
  return {SignalSeal(std::move(keys.send), std::move(keys.receive)), std::move(media), std::move(path)};
}

}  // namespace farline::session
