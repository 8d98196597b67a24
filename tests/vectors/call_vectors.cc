// Sections 3 and 4 of docs/PROTOCOL.md: the handshake between two devices, sealed signals, media.
#include <span>
#include <tuple>

#include "session/call_keys.h"
#include "support/seeded_rng.h"
#include "vector_file.h"
#include "wire/call.h"
#include "wire/call_key.h"
#include "wire/certificate.h"
#include "wire/packet.h"
#include "wire/pass.h"
#include "wire/path.h"

namespace farline::vectors {
namespace {

using namespace wire;
using session::CallSide;

constexpr uint64_t kSeed = 140;
const crypto::Asymmetric& real = crypto::real_asymmetric();

template <typename Encode, typename Payload>
ByteVector encoded(Encode encode, const Payload& payload) {
  std::array<uint8_t, kPathMessageBytesMax> buffer{};
  Writer w(buffer);
  encode(payload, w);
  return to_vector(w.written());
}

struct Side {
  crypto::KeyPair keys;
  testing::SeededRng rng;
  std::array<uint8_t, 32> ephemeral;
};
Side make_side(testing::SeededRng& rng, uint64_t seed) {
  return {real.generate_key_pair(rng), testing::SeededRng(seed), testing::SeededRng(seed).array<32>()};
}

ByteVector write(crypto::Handshake& from, crypto::Handshake& to, Bytes payload) {
  ByteVector message(payload.size() + from.next_overhead());
  INVARIANT(from.write_message(payload, message).has_value());
  ByteVector plain(payload.size());
  INVARIANT(to.read_message(message, plain).has_value() && equal(plain, payload));
  return message;
}

void add_signals(VectorFile& out, session::CallKeys& from, session::CallKeys& to, std::string_view side) {
  const ByteVector answer = encoded(encode_answer_payload, AnswerPayload{2400, kStreamVoice});
  const ByteVector hangup = encoded(encode_hangup_payload, HangupReason::declined);
  for (const auto& [name, kind, payload] :
       {std::tuple{"CONFIRM", SealedKind::confirm, ByteVector{}}, std::tuple{"ANSWER", SealedKind::answer, answer},
        std::tuple{"HANGUP", SealedKind::hangup, hangup}}) {
    const ByteVector sealed = from.signals.seal(kind, payload);
    INVARIANT(to.signals.open(kind, sealed) == payload);
    out.add("call signal", name).text("from", side).hex("sealed", sealed).hex("payload", payload);
  }
}

void add_media(VectorFile& out, session::CallKeys& from, session::CallKeys& to, std::string_view side) {
  testing::SeededRng rng(kSeed + 9);
  for (uint64_t counter = 0; counter < 300; ++counter) {
    const ByteVector payload = to_vector(rng.array<27>());
    std::array<uint8_t, 64> buffer{};
    Writer datagram(buffer);
    encode_media_header({0x3344}, datagram);
    from.media.seal(payload, datagram);
    Bytes sframe;
    INVARIANT(decode_media_header(datagram.written(), sframe)->channel == 0x3344);
    std::array<uint8_t, 64> plain{};
    session::MediaSeal::Failure failure{};
    INVARIANT(to.media.open(sframe, plain, failure).has_value());
    if (counter > 1 && counter != 7 && counter != 8 && counter != 256) continue;  // where the header grows
    out.add("media", "voice or anything else").text("from", side).number("channel", 0x3344).number("ctr", counter);
    out.hex("datagram", datagram.written()).hex("payload", payload);
  }
}

void add_keys(VectorFile& out) {
  for (const KeyPayload& payload :
       {KeyPayload{.heard = 3, .first = 254, .keys = "12#"}, KeyPayload{.heard = 255, .first = 7, .keys = ""},
        KeyPayload{.heard = 0, .first = 0, .keys = "0*9ABCD8"}}) {
    out.add("keypad", "keys pressed in a call").number("heard", payload.heard).number("first", payload.first);
    out.text("keys", payload.keys).hex("payload", encode_keys(payload));
  }
}

// Of the caller's device, by an issuer of its own.
ByteVector add_pass(VectorFile& out, const DeviceId& device) {
  testing::SeededRng rng(kSeed + 3);
  const crypto::SigningKeyPair issuer_key = real.generate_signing_key_pair(rng);
  const CertificateHash issuer{rng.array<8>()};
  const WallTime expires{1'800'000'000};
  const ByteVector pass = sign_pass({device, expires}, issuer, issuer_key, real);
  out.add("pass", "of the caller").hex("encoded", pass).hex("issuer", issuer.bytes);
  out.hex("issuer_key", issuer_key.public_key).hex("device", device.bytes).number("expires", expires.seconds);
  return pass;
}

void add_path_messages(VectorFile& out, session::CallKeys& from, session::CallKeys& to, std::string_view side,
                       Bytes pass) {
  const Address seen = Address::v4(198, 51, 100, 7, 40000);
  const Address own{{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, 5004};
  const std::tuple<std::string_view, uint16_t, PathMessage> messages[] = {
      {"addresses, through the relay", 0x3344, {.has_addresses = true, .addresses = {seen, own}, .address_count = 2}},
      {"no address, and a question", 0x3344, {.question = 200, .has_addresses = true}},
      {"answer with an address",
       0x3344,
       {.answer = 200, .has_addresses = true, .addresses = {seen}, .address_count = 1}},
      {"question, directly", kDirectChannel, {.question = 0}},
      {"answer and question", kDirectChannel, {.question = 7, .answer = 0}},
      {"answer", kDirectChannel, {.answer = 7}},
      {"an address, with a pass",
       0x3344,
       {.has_addresses = true, .addresses = {seen}, .address_count = 1, .pass = pass}},
  };
  for (const auto& [about, channel, message] : messages) {
    const ByteVector payload = encoded(encode_path_message, message);
    std::array<uint8_t, 256> buffer{};
    Writer datagram(buffer);
    encode_media_header({channel}, datagram);
    const uint64_t counter = from.path.seal(payload, datagram);
    std::array<uint8_t, 256> plain{};
    session::MediaSeal::Failure failure{};
    INVARIANT(to.path.open(datagram.written().subspan(kMediaHeader), plain, failure).has_value());
    out.add("path message", about).text("from", side).number("channel", channel).number("ctr", counter);
    out.hex("datagram", datagram.written()).hex("payload", payload);
    if (message.question) out.number("question", *message.question);
    if (message.answer) out.number("answer", *message.answer);
    if (!message.pass.empty()) out.hex("pass", message.pass);
    if (!message.has_addresses) continue;
    std::vector<ByteVector> addresses;
    for (const Address& address : std::span(message.addresses).first(message.address_count)) {
      const Bytes ip = address.ip;
      addresses.push_back(to_vector(address.is_v4() ? ip.last(4) : ip));
      addresses.back().push_back(static_cast<uint8_t>(address.port >> 8));
      addresses.back().push_back(static_cast<uint8_t>(address.port));
    }
    out.hexes("addresses", addresses);
  }
}

}  // namespace

VectorFile call_vectors() {
  VectorFile out("calls");
  testing::SeededRng rng(kSeed);
  Side caller = make_side(rng, kSeed + 1);
  Side callee = make_side(rng, kSeed + 2);
  const session::CallBinding binding{0x01020304, device_id_of(caller.keys.public_key),
                                     device_id_of(callee.keys.public_key)};
  auto initiator = call_handshake(CallSide::caller, binding, {real, caller.rng, caller.keys, callee.keys.public_key});
  auto responder = call_handshake(CallSide::callee, binding, {real, callee.rng, callee.keys, caller.keys.public_key});
  const ByteVector invite =
      encoded(encode_invite_payload, InvitePayload{77, 0x0102, 2400, kStreamVoice, 2650, {1, 12}});
  const ByteVector ringing =
      encoded(encode_ringing_payload, RingingPayload{RingStatus::ringing, 0x0304, 9600, kStreamVoice, 40, {2, 3}});
  const ByteVector message1 = write(initiator, responder, invite);
  const ByteVector message2 = write(responder, initiator, ringing);
  const crypto::Hash hash = initiator.handshake_hash();
  crypto::TransportKeys caller_keys = initiator.split();

  out.add("call", "INVITE and RINGING; the signals and media below belong to this call");
  out.hex("caller_secret", caller.keys.secret.bytes()).hex("callee_secret", callee.keys.secret.bytes());
  out.hex("caller_ephemeral_secret", caller.ephemeral).hex("callee_ephemeral_secret", callee.ephemeral);
  out.hex("caller_device", binding.caller.bytes)
      .hex("callee_device", binding.callee.bytes)
      .number("call", binding.call);
  out.hex("message1", message1)
      .number("counter", 77)
      .number("caller_capabilities", 0x0102)
      .number("caller_receive", 120)
      .number("caller_round_trip", 27)
      .number("caller_policy", uint64_t{1} << 32 | 12);
  out.hex("message2", message2).number("status", 0).number("callee_capabilities", 0x0304);
  out.number("callee_receive", 480).number("callee_round_trip", 1).number("callee_policy", uint64_t{2} << 32 | 3);
  out.number("streams", kStreamVoice).hex("handshake_hash", hash);
  out.hex("caller_to_callee", caller_keys.send.bytes()).hex("callee_to_caller", caller_keys.receive.bytes());
  out.hex("exporter", caller_keys.exporter.bytes());

  session::CallKeys at_caller = make_call_keys(CallSide::caller, std::move(caller_keys));
  session::CallKeys at_callee = make_call_keys(CallSide::callee, responder.split());
  add_signals(out, at_caller, at_callee, "caller");
  add_signals(out, at_callee, at_caller, "callee");
  add_media(out, at_caller, at_callee, "caller");
  add_media(out, at_callee, at_caller, "callee");
  add_keys(out);
  const ByteVector pass = add_pass(out, binding.caller);
  add_path_messages(out, at_caller, at_callee, "caller", pass);
  add_path_messages(out, at_callee, at_caller, "callee", pass);
  return out;
}

}  // namespace farline::vectors
