// The least that can talk to a supernode, and that can also misbehave: it makes the bytes of every packet a client may
// send and reads what comes back, keeps no timers and repeats nothing. Tests change, replay and misdirect those bytes.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "session/handshake_mac.h"
#include "session/transport.h"
#include "support/seeded_rng.h"
#include "wire/backbone.h"
#include "wire/certificate.h"
#include "wire/control.h"
#include "wire/handshake.h"

namespace farline::testing {

class MiniClient {
 public:
  MiniClient(uint64_t seed, const crypto::Asymmetric& asymmetric, const crypto::PublicKey& node)
      : rng_(seed),
        asymmetric_(asymmetric),
        node_(node),
        keys(asymmetric.generate_key_pair(rng_)),
        signing_keys(asymmetric.generate_signing_key_pair(rng_)),
        address(Address::v4(10, static_cast<uint8_t>(seed >> 16), static_cast<uint8_t>(seed >> 8),
                            static_cast<uint8_t>(seed), 4000)) {}

  wire::DeviceId id() const { return wire::device_id_of(keys.public_key); }

  // From the next handshake on.
  void move_to(const crypto::PublicKey& node) {
    node_ = node;
    cookie_.reset();
  }
  // That it is attached to its node, by the session that `greeting` opened.
  wire::Presence presence(const wire::ResponsePayload& greeting) const {
    const wire::PresenceTerms terms{counter, {greeting.time.seconds + wire::kPresenceSeconds}};
    return {asymmetric_.sign(signing_keys, wire::presence_bytes(node_, terms))};
  }

  // --- Handshake -----------------------------------------------------------------------------------------------------
  ByteVector initiation_with_payload(Bytes payload) {
    noise_.emplace(crypto::NoiseConfig{.pattern = crypto::kNoiseIk,
                                       .role = crypto::NoiseRole::initiator,
                                       .asymmetric = asymmetric_,
                                       .rng = rng_,
                                       .prologue = as_bytes("farline 1 attach"),
                                       .local_static = &keys,
                                       .remote_static = &node_});
    index_ = static_cast<wire::SessionIndex>(1 + rng_.below(wire::kSessionIndexMax));
    message_.resize(payload.size() + wire::kNoiseIk1Overhead);
    INVARIANT(noise_->write_message(payload, message_).has_value());
    return frame();
  }
  ByteVector initiation(const wire::InitiationPayload& payload) {
    std::array<uint8_t, wire::kInitiationPayloadMax + 64> plain{};
    Writer writer(plain);
    wire::encode_initiation_payload(payload, writer);
    return initiation_with_payload(writer.written());
  }
  ByteVector attach_by_hash() {
    return initiation(wire::AttachRequest{.certificate_hash = wire::certificate_hash_of(certificate),
                                          .counter = ++counter,
                                          .policy = policy,
                                          .build = build,
                                          .certificate = {}});
  }
  ByteVector attach_with_certificate() {
    return initiation(wire::AttachRequest{.certificate_hash = wire::certificate_hash_of(certificate),
                                          .counter = ++counter,
                                          .policy = policy,
                                          .build = build,
                                          .certificate = certificate});
  }
  ByteVector enrol_with(const wire::Token& token) { return initiation(wire::EnrolRequest{token, ++counter}); }
  // The last initiation again, now with the cookie that `reply` carries.
  ByteVector with_cookie(Bytes reply) {
    const auto decoded = wire::decode_cookie_reply(reply);
    INVARIANT(decoded.has_value());
    cookie_ = session::open_cookie_reply(*decoded, node_, mac1_);
    INVARIANT(cookie_.has_value());
    return frame();
  }
  // What "busy" says.
  std::optional<uint8_t> retry_after(Bytes busy) const {
    const auto decoded = wire::decode_busy(busy);
    return decoded ? session::open_busy(*decoded, node_, mac1_) : std::nullopt;
  }
  // Makes the session when the response opens one.
  std::optional<wire::ResponsePayload> take_response(Time now, Bytes response) {
    const auto decoded = wire::decode_response(response);
    if (!decoded || decoded->receiver != index_) return std::nullopt;
    std::array<uint8_t, wire::kResponsePayloadMax> plain{};
    const auto size = noise_->read_message(decoded->noise, plain);
    if (!size) return std::nullopt;
    const auto payload = wire::decode_response_payload(Bytes(plain).first(*size));
    if (!payload) return std::nullopt;
    if (payload->status == wire::AttachStatus::attached || payload->status == wire::AttachStatus::enrolment_open) {
      handshake_hash_ = noise_->handshake_hash();
      transport.emplace(session::Side::client, noise_->split(), decoded->sender, now);
    }
    return *payload;
  }

  // --- Session -------------------------------------------------------------------------------------------------------
  ByteVector record(Time now, const wire::ControlMessage& message, bool long_header = false) {
    std::array<uint8_t, 1400> plain{};
    Writer writer(plain);
    wire::encode_control(message, writer);
    return raw_record(now, writer.written(), long_header);
  }
  ByteVector raw_record(Time now, Bytes message, bool long_header = false) {
    ByteVector out(message.size() + wire::kControlLongHeader + 16);
    Writer writer(out);
    transport->seal(now, long_header, message, writer);
    out.resize(writer.size());
    return out;
  }
  ByteVector keepalive(bool answer_wanted = true) {
    ByteVector out(wire::kKeepaliveBytes);
    Writer writer(out);
    transport->seal_keepalive(answer_wanted ? wire::PacketType::keepalive_wanted : wire::PacketType::keepalive, writer);
    return out;
  }
  static ByteVector media(wire::Channel channel, size_t size = 42, uint8_t fill = 0xab) {
    ByteVector out(size, fill);
    Writer writer(out);
    wire::encode_media_header({channel}, writer);
    return out;
  }
  wire::Enrol enrol_request(std::string_view name) {
    ByteVector covered = to_vector(as_bytes("farline enrol"));
    for (const Bytes part : {Bytes(handshake_hash_), as_bytes(name), Bytes(signing_keys.public_key)})
      covered.insert(covered.end(), part.begin(), part.end());
    return {.name = name, .signing_key = signing_keys.public_key, .signature = asymmetric_.sign(signing_keys, covered)};
  }
  // What a record of the node says; its spans point into this object until the next call.
  std::optional<wire::ControlMessage> open(Bytes datagram) {
    session::OpenError error{};
    const auto plain = transport ? transport->open(datagram, plaintext_, error) : std::nullopt;
    if (!plain) return std::nullopt;
    const auto message = wire::decode_control(*plain, wire::ControlFrom::node);
    if (!message) return std::nullopt;
    return *message;
  }

 private:
  SeededRng rng_;
  const crypto::Asymmetric& asymmetric_;
  crypto::PublicKey node_;
  std::optional<crypto::Handshake> noise_;
  ByteVector message_;
  wire::SessionIndex index_ = 0;
  session::Mac mac1_{};
  std::optional<wire::Cookie> cookie_;
  crypto::Hash handshake_hash_{};
  std::array<uint8_t, 1280> plaintext_{};

  ByteVector frame() {
    ByteVector out(4 + message_.size() + 2 * wire::kMac1Bytes);
    Writer writer(out);
    writer.u8(static_cast<uint8_t>(cookie_ ? wire::PacketType::handshake_initiation_cookie
                                           : wire::PacketType::handshake_initiation));
    writer.u24(index_);
    writer.bytes(message_);
    mac1_ = session::mac1(node_, writer.written());
    writer.bytes(mac1_);
    if (cookie_) writer.bytes(session::mac2(*cookie_, writer.written()));
    out.resize(writer.size());
    return out;
  }

 public:
  crypto::KeyPair keys;
  crypto::SigningKeyPair signing_keys;
  Address address;
  uint64_t counter = 0;
  wire::PolicyVersion policy;  // what it says that it holds,
  wire::BuildClaim build;      // and is
  ByteVector certificate;
  std::optional<session::Transport> transport;
};

}  // namespace farline::testing
