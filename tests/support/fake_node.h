// A supernode that does only what a test tells it to: it completes handshakes, keeps what the client said, and sends
// any control message. And the far device of a call, with keys of its own. Both can misbehave; neither keeps timers.
#pragma once

#include <deque>
#include <optional>

#include "session/call_keys.h"
#include "session/handshake_mac.h"
#include "session/transport.h"
#include "support/seeded_rng.h"
#include "wire/call.h"
#include "wire/certificate.h"
#include "wire/handshake.h"

namespace farline::testing {

class FakeNode {
 public:
  FakeNode(uint64_t seed, const crypto::Asymmetric& asymmetric)
      : rng_(seed), asymmetric_(asymmetric), keys(asymmetric.generate_key_pair(rng_)) {}
  FakeNode(uint64_t seed, const crypto::Asymmetric& asymmetric, crypto::KeyPair own)
      : rng_(seed), asymmetric_(asymmetric), keys(std::move(own)) {}

  // Takes one datagram of the client; answers to handshakes and keepalives are in `out`, control messages in `heard`.
  void handle(Time now, Bytes datagram) {
    using enum wire::PacketType;
    const auto type = wire::packet_type(datagram);
    if (is_silent || !type) return;
    if (*type == handshake_initiation || *type == handshake_initiation_cookie) answer_handshake(now, datagram);
    if (*type == control_short || *type == control_long) take_record(datagram);
    if (*type == keepalive_wanted) answer_keepalive(datagram);
    if (*type == keepalive) ++keepalives;
  }

  // A record that says anything.
  void send_raw(Time now, Bytes message) {
    ByteVector& datagram = out.emplace_back(wire::kDatagramBytesMax);
    Writer sealed(datagram);
    transport->seal(now, false, message, sealed);
    datagram.resize(sealed.size());
  }
  void send(Time now, const wire::ControlMessage& message) {
    std::array<uint8_t, wire::kControlMessageMax> plain{};
    Writer writer(plain);
    wire::encode_control(message, writer);
    send_raw(now, writer.written());
  }

  // The oldest message of type T that was not taken yet; the others stay.
  template <typename T>
  std::optional<T> take() {
    for (auto it = heard.begin(); it != heard.end(); ++it) {
      const auto* message = std::get_if<T>(&it->message);
      if (message == nullptr) continue;
      taken_ = std::move(*it);  // spans of the message point into it
      heard.erase(it);
      return std::get<T>(taken_.message);
    }
    return std::nullopt;
  }

 private:
  struct Heard {
    ByteVector bytes;
    wire::ControlMessage message;
  };

  void answer_handshake(Time now, Bytes datagram) {
    const auto frame = wire::decode_initiation(datagram);
    INVARIANT(frame);
    if (frame->mac1 != session::mac1(keys.public_key, frame->before_mac1)) return;  // it tries another node
    crypto::Handshake noise({.pattern = crypto::kNoiseIk,
                             .role = crypto::NoiseRole::responder,
                             .asymmetric = asymmetric_,
                             .rng = rng_,
                             .prologue = as_bytes("farline 1 attach"),
                             .local_static = &keys});
    std::array<uint8_t, wire::kInitiationPayloadMax> plain{};
    INVARIANT(noise.read_message(frame->noise, plain).has_value());
    ++handshakes;
    client_key = noise.remote_static().value();
    std::array<uint8_t, wire::kResponsePayloadMax> buffer{};
    Writer payload_writer(buffer);
    wire::encode_response_payload(response, payload_writer);
    const Bytes payload = payload_writer.written();
    ByteVector& datagram_out = out.emplace_back(7 + wire::kNoiseIk2Overhead + payload.size());
    Writer writer(datagram_out);
    writer.u8(static_cast<uint8_t>(wire::PacketType::handshake_response));
    writer.u24(7);
    writer.u24(frame->sender);
    INVARIANT(noise.write_message(payload, writer.space(wire::kNoiseIk2Overhead + payload.size())).has_value());
    handshake_hash = noise.handshake_hash();
    if (response.status == wire::AttachStatus::attached || response.status == wire::AttachStatus::enrolment_open)
      transport.emplace(session::Side::node, noise.split(), frame->sender, now);
  }

  void take_record(Bytes datagram) {
    std::array<uint8_t, 1280> plain{};
    session::OpenError error{};
    const auto opened = transport ? transport->open(datagram, plain, error) : std::nullopt;
    if (!opened) return;
    Heard& next = heard.emplace_back(Heard{to_vector(*opened), {}});
    const auto message = wire::decode_control(next.bytes, wire::ControlFrom::client);
    INVARIANT(message.has_value());
    next.message = *message;
  }

  void answer_keepalive(Bytes datagram) {
    session::OpenError error{};
    if (!transport || !transport->open_keepalive(datagram, error)) return;
    ++questions;
    ByteVector& answer = out.emplace_back(wire::kKeepaliveBytes);
    Writer writer(answer);
    transport->seal_keepalive(wire::PacketType::keepalive_answer, writer);
  }

  SeededRng rng_;
  const crypto::Asymmetric& asymmetric_;
  Heard taken_;

 public:
  crypto::KeyPair keys;
  wire::ResponsePayload response{.address = Address::v4(198, 51, 100, 7, 40'000)};  // how handshakes are answered
  bool is_silent = false;
  std::optional<session::Transport> transport;
  crypto::Hash handshake_hash{};
  crypto::PublicKey client_key{};
  std::deque<ByteVector> out;  // datagrams for the client
  std::deque<Heard> heard;
  unsigned handshakes = 0;
  unsigned keepalives = 0;  // without a question
  unsigned questions = 0;   // keepalives that wanted an answer
};

// The far device, as callee or caller of one call.
class FakePeer {
 public:
  FakePeer(uint64_t seed, const crypto::Asymmetric& asymmetric)
      : rng_(seed), asymmetric_(asymmetric), static_keys(asymmetric.generate_key_pair(rng_)) {}

  wire::DeviceId id() const { return wire::device_id_of(static_keys.public_key); }

  // Callee: message 2 for an invitation of the device with this key.
  ByteVector ringing(const wire::Invite& invite, const crypto::PublicKey& caller, wire::RingStatus status = {}) {
    crypto::Handshake noise =
        session::call_handshake(session::CallSide::callee, {invite.call, wire::device_id_of(caller), id()},
                                {asymmetric_, rng_, static_keys, caller});
    std::array<uint8_t, wire::kInvitePayloadBytesMax> plain{};
    const auto size = noise.read_message(invite.noise, plain);
    INVARIANT(size.has_value());
    invited = wire::decode_invite_payload(Bytes(plain).first(*size)).value();
    std::array<uint8_t, wire::kRingingPayloadBytes> payload{};
    Writer writer(payload);
    wire::encode_ringing_payload({.status = status, .capabilities = capabilities, .policy = policy}, writer);
    ByteVector out(payload.size() + wire::kNoiseKk2Overhead);
    INVARIANT(noise.write_message(payload, out).has_value());
    keys.emplace(session::make_call_keys(session::CallSide::callee, noise.split()));
    return out;
  }
  // Caller: message 1 for the device with this key; take_ringing reads message 2.
  ByteVector invitation(wire::CallNumber call, const crypto::PublicKey& callee, uint32_t counter,
                        wire::CallNumber continues = 0) {
    noise_.emplace(session::call_handshake(session::CallSide::caller, {call, id(), wire::device_id_of(callee)},
                                           {asymmetric_, rng_, static_keys, callee}));
    std::array<uint8_t, wire::kInvitePayloadBytesMax> buffer{};
    Writer writer(buffer);
    wire::encode_invite_payload({.counter = counter, .policy = policy, .continues = continues}, writer);
    const Bytes payload = writer.written();
    ByteVector out(payload.size() + wire::kNoiseKk1Overhead);
    INVARIANT(noise_->write_message(payload, out).has_value());
    return out;
  }
  std::optional<wire::RingStatus> take_ringing(Bytes noise) {
    std::array<uint8_t, wire::kRingingPayloadBytes> plain{};
    if (!noise_->read_message(noise, plain)) return std::nullopt;
    keys.emplace(session::make_call_keys(session::CallSide::caller, noise_->split()));
    return wire::decode_ringing_payload(plain).value().status;
  }
  ByteVector confirm() { return keys->signals.seal(wire::SealedKind::confirm, {}); }

  ByteVector answer() {
    std::array<uint8_t, wire::kAnswerPayloadBytes> payload{};
    Writer writer(payload);
    wire::encode_answer_payload({}, writer);
    return keys->signals.seal(wire::SealedKind::answer, payload);
  }
  ByteVector hangup(wire::HangupReason reason) {
    std::array<uint8_t, wire::kHangupPayloadBytes> payload{};
    Writer writer(payload);
    wire::encode_hangup_payload(reason, writer);
    return keys->signals.seal(wire::SealedKind::hangup, payload);
  }

 private:
  SeededRng rng_;
  const crypto::Asymmetric& asymmetric_;
  std::optional<crypto::Handshake> noise_;

 public:
  crypto::KeyPair static_keys;
  ByteVector certificate;
  uint16_t capabilities = 0;      // that it tells
  wire::PolicyVersion policy{};   // too
  wire::InvitePayload invited{};  // the last one that ringing() read
  std::optional<session::CallKeys> keys;
};

}  // namespace farline::testing
