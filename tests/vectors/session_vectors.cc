// Section 1 of docs/PROTOCOL.md: handshake, cookie, control records, keepalives.
#include <optional>
#include <tuple>

#include "crypto/noise.h"
#include "session/handshake_mac.h"
#include "session/transport.h"
#include "support/seeded_rng.h"
#include "vector_file.h"
#include "wire/control.h"
#include "wire/handshake.h"

namespace farline::vectors {
namespace {

using namespace wire;

constexpr SessionIndex kClientIndex = 0x010203;
constexpr SessionIndex kNodeIndex = 0xa0b0c0;
const crypto::Asymmetric& real = crypto::real_asymmetric();

// A client and a node in one handshake. The ephemeral secrets are the first 32 bytes of their random sources.
class Attach {
 public:
  explicit Attach(uint64_t seed) : client_rng_(seed + 1), node_rng_(seed + 2) {
    testing::SeededRng rng(seed);
    client_ = real.generate_key_pair(rng);
    node_ = real.generate_key_pair(rng);
    token_ = rng.array<16>();
    client_ephemeral_ = testing::SeededRng(seed + 1).array<32>();
    node_ephemeral_ = testing::SeededRng(seed + 2).array<32>();
    initiator_.emplace(config(crypto::NoiseRole::initiator));
    responder_.emplace(config(crypto::NoiseRole::responder));
  }

  ByteVector initiation(const InitiationPayload& payload, const std::optional<Cookie>& cookie = {}) {
    std::array<uint8_t, kInitiationPayloadMax> plain{};
    Writer plain_out(plain);
    encode_initiation_payload(payload, plain_out);
    payload_ = to_vector(plain_out.written());
    std::array<uint8_t, kDatagramBytesMax> buffer{};
    Writer out(buffer);
    out.u8(cookie ? 0x04 : 0x01);
    out.u24(kClientIndex);
    INVARIANT(initiator_->write_message(payload_, out.space(payload_.size() + kNoiseIk1Overhead)).has_value());
    out.bytes(session::mac1(node_.public_key, out.written()));
    if (cookie) out.bytes(session::mac2(*cookie, out.written()));
    return to_vector(out.written());
  }
  ByteVector response(Bytes initiation, const ResponsePayload& payload) {
    std::array<uint8_t, kInitiationPayloadMax> unused{};
    INVARIANT(responder_->read_message(decode_initiation(initiation)->noise, unused).has_value());
    std::array<uint8_t, kResponsePayloadMax> plain{};
    Writer plain_out(plain);
    encode_response_payload(payload, plain_out);
    std::array<uint8_t, kDatagramBytesMax> buffer{};
    Writer out(buffer);
    out.u8(0x02);
    out.u24(kNodeIndex);
    out.u24(kClientIndex);
    INVARIANT(
        responder_->write_message(plain_out.written(), out.space(plain_out.size() + kNoiseIk2Overhead)).has_value());
    INVARIANT(initiator_->read_message(decode_response(out.written())->noise, plain).has_value());
    return to_vector(out.written());
  }
  void add_keys(VectorFile& out) const {
    out.hex("client_secret", client_.secret.bytes()).hex("node_secret", node_.secret.bytes());
    out.hex("client_ephemeral_secret", client_ephemeral_).hex("node_ephemeral_secret", node_ephemeral_);
    out.hex("client_public", client_.public_key).hex("node_public", node_.public_key);
  }

  const crypto::KeyPair& node() const { return node_; }
  const crypto::KeyPair& client() const { return client_; }
  const Token& token() const { return token_; }
  Bytes payload() const { return payload_; }
  crypto::Handshake& initiator() { return *initiator_; }
  crypto::Handshake& responder() { return *responder_; }

 private:
  crypto::NoiseConfig config(crypto::NoiseRole role) {
    const bool initiates = role == crypto::NoiseRole::initiator;
    return {.pattern = crypto::kNoiseIk,
            .role = role,
            .asymmetric = real,
            .rng = initiates ? client_rng_ : node_rng_,
            .prologue = as_bytes("farline 1 attach"),
            .local_static = initiates ? &client_ : &node_,
            .remote_static = initiates ? &node_.public_key : nullptr};
  }

  testing::SeededRng client_rng_;
  testing::SeededRng node_rng_;
  crypto::KeyPair client_;
  crypto::KeyPair node_;
  Token token_{};
  std::array<uint8_t, 32> client_ephemeral_{};
  std::array<uint8_t, 32> node_ephemeral_{};
  ByteVector payload_;
  std::optional<crypto::Handshake> initiator_;
  std::optional<crypto::Handshake> responder_;
};

// The handshake as far as it goes, and what its transport keys are.
void add_handshake(VectorFile& out, std::string_view about, Attach& attach, const InitiationPayload& payload) {
  const ByteVector initiation = attach.initiation(payload);
  const bool is_enrolment = std::holds_alternative<EnrolRequest>(payload);
  const ResponsePayload answer{is_enrolment ? AttachStatus::enrolment_open : AttachStatus::attached,
                               {1'800'000'000},
                               {1, 17},
                               30,
                               0x0102,
                               is_enrolment ? Address{{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, 5004}
                                            : Address::v4(198, 51, 100, 7, 40000)};
  const ByteVector response = attach.response(initiation, answer);
  out.add("handshake", about);
  attach.add_keys(out);
  out.hex("initiation", initiation).hex("initiation_payload", attach.payload()).number("client_index", kClientIndex);
  if (const auto* request = std::get_if<AttachRequest>(&payload)) {
    out.hex("certificate_hash", request->certificate_hash.bytes).number("counter", request->counter);
    out.number("policy_generation", request->policy.generation).number("policy_serial", request->policy.serial);
    out.number("platform", request->build.platform).number("version", request->build.version);
    out.number("capabilities", request->capabilities);
    out.hex("certificate", request->certificate);
  } else {
    const auto& enrol = std::get<EnrolRequest>(payload);
    out.hex("token", enrol.token).number("counter", enrol.counter);
  }
  out.hex("response", response).number("node_index", kNodeIndex);
  out.number("status", static_cast<uint64_t>(answer.status)).number("time", answer.time.seconds);
  out.number("node_generation", answer.policy.generation).number("node_serial", answer.policy.serial);
  out.number("spread", answer.spread_seconds);
  out.number("node_capabilities", answer.capabilities).address(answer.address);
  out.hex("handshake_hash", attach.initiator().handshake_hash());
  const crypto::TransportKeys keys = attach.initiator().split();
  out.hex("client_to_node", keys.send.bytes()).hex("node_to_client", keys.receive.bytes());
  out.hex("exporter", keys.exporter.bytes());
}

}  // namespace

VectorFile handshake_vectors() {
  VectorFile out("handshakes");
  testing::SeededRng rng(80);
  ByteVector certificate(193);
  rng.fill(certificate);
  AttachRequest request{{rng.array<8>()}, 0x0102030405060708, {1, 16}, {2, 0x00100c05}, 0x8001, {}};
  Attach by_hash(81);
  add_handshake(out, "attach by certificate hash", by_hash, request);
  request.certificate = certificate;
  Attach with_certificate(84);
  add_handshake(out, "attach with certificate", with_certificate, request);
  Attach enrol(87);
  add_handshake(out, "enrol", enrol, EnrolRequest{enrol.token(), 1});

  request.certificate = {};
  Attach asked(90);
  const ByteVector question = asked.initiation(request);
  session::CookieIssuer issuer(rng);
  const Address from = Address::v4(192, 0, 2, 33, 40000);
  const auto reply = issuer.reply(Time{}, asked.node().public_key, decode_initiation(question).value(), from);
  const Cookie cookie =
      session::open_cookie_reply(reply, asked.node().public_key, decode_initiation(question)->mac1).value();
  std::array<uint8_t, kCookieReplyBytes> reply_bytes{};
  Writer reply_out(reply_bytes);
  encode_cookie_reply(reply, reply_out);
  const ByteVector again = Attach(90).initiation(request, cookie);
  INVARIANT(issuer.accepts(Time{}, decode_initiation(again).value(), from));
  out.add("cookie", "under load: question, cookie reply, question with cookie");
  asked.add_keys(out);
  out.hex("initiation", question)
      .hex("initiation_payload", asked.payload())
      .hex("cookie_reply", reply_bytes)
      .hex("cookie", cookie)
      .hex("initiation_with_cookie", again);
  std::array<uint8_t, kBusyBytes> busy_bytes{};
  Writer busy_out(busy_bytes);
  encode_busy(session::make_busy(rng, asked.node().public_key, decode_initiation(question).value(), 77), busy_out);
  out.add("busy", "too much to do: come back after 77 s");
  asked.add_keys(out);
  out.hex("initiation", question).hex("busy", busy_bytes).number("seconds", 77);
  return out;
}

VectorFile session_vectors() {
  VectorFile out("sessions");
  Attach attach(101);
  const ByteVector initiation = attach.initiation(AttachRequest{});
  attach.response(initiation, {});
  crypto::TransportKeys client_keys = attach.initiator().split();
  const auto add = [&](std::string_view kind, std::string_view about, std::string_view from) -> VectorFile& {
    return out.add(kind, about).text("from", from);
  };
  const ByteVector keys[] = {to_vector(client_keys.send.bytes()), to_vector(client_keys.receive.bytes()),
                             to_vector(client_keys.exporter.bytes())};
  session::Transport client(session::Side::client, std::move(client_keys), kNodeIndex, Time{});
  session::Transport node(session::Side::node, attach.responder().split(), kClientIndex, Time{});

  std::array<uint8_t, kControlMessageMax> message_buffer{};
  Writer message(message_buffer);
  encode_control(Lookup{7, "bob"}, message);
  const auto add_record = [&](std::string_view about, bool from_client, bool is_long, Time now) {
    std::array<uint8_t, kDatagramBytesMax> buffer{};
    Writer datagram(buffer);
    (from_client ? client : node).seal(now, is_long, message.written(), datagram);
    session::OpenError error{};
    std::array<uint8_t, kDatagramBytesMax> plain{};
    INVARIANT((from_client ? node : client).open(datagram.written(), plain, error).has_value());
    add("control record", about, from_client ? "client" : "node").hex("key", keys[from_client ? 0 : 1]);
    out.hex("datagram", datagram.written()).hex("message", message.written());
  };
  add_record("short header", true, false, Time{});
  add_record("short header, the next counter", true, false, Time{});
  add_record("long header", true, true, Time{});
  add_record("short header", false, false, Time{});
  add_record("after 10 minutes: key phase 1, REKEY once", true, false, Time{11min});
  add_record("key phase 1, long header", true, true, Time{11min});
  add_record("after 10 minutes more: key phase 0, REKEY twice", true, false, Time{22min});

  for (const auto& [about, type, from_client] : {std::tuple{"keepalive", PacketType::keepalive, true},
                                                 std::tuple{"answer wanted", PacketType::keepalive_wanted, true},
                                                 std::tuple{"answer", PacketType::keepalive_answer, false}}) {
    std::array<uint8_t, kKeepaliveBytes> buffer{};
    Writer datagram(buffer);
    (from_client ? client : node).seal_keepalive(type, datagram);
    add("keepalive", about, from_client ? "client" : "node")
        .hex("exporter", keys[2])
        .hex("datagram", datagram.written());
    out.number("receiver_index", from_client ? kNodeIndex : kClientIndex);
  }
  for (const uint8_t silence : {uint8_t{0}, uint8_t{23}}) {
    std::array<uint8_t, kPatienceQuestionBytes> buffer{};
    Writer datagram(buffer);
    client.seal_keepalive(PacketType::patience_question, datagram, std::array<uint8_t, 1>{silence});
    add("keepalive", "patience question", "client").hex("exporter", keys[2]).hex("datagram", datagram.written());
    out.number("receiver_index", kNodeIndex).number("silence", silence);
  }
  std::array<uint8_t, kKeepaliveBytes> buffer{};
  Writer answer(buffer);
  node.seal_keepalive(PacketType::patience_answer, answer);
  add("keepalive", "patience answer", "node").hex("exporter", keys[2]).hex("datagram", answer.written());
  out.number("receiver_index", kClientIndex);
  return out;
}

}  // namespace farline::vectors
