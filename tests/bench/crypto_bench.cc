// How often a second one core does the cryptography of a session and a call, with the real primitives. Each figure is
// the mean of half a second of work or more (processor time).
#include <cstdlib>

#include "base/datagram.h"
#include "bench/bench.h"
#include "session/call_keys.h"
#include "session/handshake_mac.h"
#include "session/transport.h"
#include "support/seeded_rng.h"

namespace farline {
namespace {

using crypto::Handshake;
using crypto::NoiseRole;

constexpr size_t kVoiceBytes = 65;    // a payload of codec2-1200
constexpr size_t kRecordBytes = 100;  // a typical control message

class Keys {
 public:
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  testing::SeededRng rng{1};
  crypto::KeyPair a = asymmetric.generate_key_pair(rng);
  crypto::KeyPair b = asymmetric.generate_key_pair(rng);

  Handshake handshake(const crypto::NoisePattern& pattern, NoiseRole role) {
    const bool first = role == NoiseRole::initiator;
    const bool knows = first ? pattern.responder_static_known : pattern.initiator_static_known;
    return Handshake({.pattern = pattern,
                      .role = role,
                      .asymmetric = asymmetric,
                      .rng = rng,
                      .local_static = first ? &a : &b,
                      .remote_static = knows ? (first ? &b.public_key : &a.public_key) : nullptr});
  }
  ByteVector first_message(Handshake& initiator) {
    ByteVector out(initiator.next_overhead());
    INVARIANT(initiator.write_message({}, out));
    return out;
  }
  ByteVector second_message(Handshake& responder, Bytes first) {
    INVARIANT(responder.read_message(first, {}));
    ByteVector out(responder.next_overhead());
    INVARIANT(responder.write_message({}, out));
    return out;
  }
};

template <typename Work>
void print_rate(const char* what, Work work) {
  bench::print(what, 1 / bench::cpu_seconds(work), "a second");
}

void print_handshakes() {
  bench::section("Asymmetric cryptography, a second of one core (CPU time)");
  Keys keys;
  const auto signing = keys.asymmetric.generate_signing_key_pair(keys.rng);
  const Bytes text = as_bytes("a certificate of about this many bytes");
  const crypto::Signature signature = keys.asymmetric.sign(signing, text);
  print_rate("X25519 agreement", [&] { INVARIANT(keys.asymmetric.agree(keys.a.secret, keys.b.public_key)); });
  print_rate("ECDSA P-256 signature", [&] { (void)keys.asymmetric.sign(signing, text); });
  print_rate("ECDSA P-256 verification",
             [&] { INVARIANT(keys.asymmetric.verify(signing.public_key, text, signature)); });
  print_rate("Noise IK, initiator's first message", [&] {
    Handshake initiator = keys.handshake(crypto::kNoiseIk, NoiseRole::initiator);
    (void)keys.first_message(initiator);
  });
  for (const auto* pattern : {&crypto::kNoiseIk, &crypto::kNoiseKk}) {
    Handshake initiator = keys.handshake(*pattern, NoiseRole::initiator);
    const ByteVector first = keys.first_message(initiator);
    const bool is_ik = pattern == &crypto::kNoiseIk;
    print_rate(is_ik ? "Noise IK, responder: reads and answers" : "Noise KK, responder: reads and answers", [&] {
      Handshake responder = keys.handshake(*pattern, NoiseRole::responder);
      (void)keys.second_message(responder, first);
    });
  }
}

void print_session() {
  bench::section("Records of a session, a second of one core (CPU time)");
  Keys keys;
  Handshake initiator = keys.handshake(crypto::kNoiseIk, NoiseRole::initiator);
  Handshake responder = keys.handshake(crypto::kNoiseIk, NoiseRole::responder);
  INVARIANT(initiator.read_message(keys.second_message(responder, keys.first_message(initiator)), {}));
  session::Transport client(session::Side::client, initiator.split(), 1, Time{});
  session::Transport node(session::Side::node, responder.split(), 2, Time{});
  const ByteVector message(kRecordBytes, 0x55);
  const auto seal = [&](Datagram& out) {
    Writer writer(out.data);
    client.seal(Time{}, false, message, writer);
    out.size = static_cast<uint16_t>(writer.size());
  };
  session::OpenError error{};
  std::array<uint8_t, 1280> plain;
  Datagram packet;
  print_rate("control record of 100 B, sealed and opened", [&] {
    seal(packet);
    INVARIANT(node.open(packet.bytes(), plain, error));
  });
  print_rate("forged control record refused", [&] {
    ++packet.data[1];
    ++packet.data[20];
    INVARIANT(!node.open(packet.bytes(), plain, error));
  });
  print_rate("keepalive sealed and opened", [&] {
    std::array<uint8_t, wire::kKeepaliveBytes> keepalive;
    Writer writer(keepalive);
    client.seal_keepalive(wire::PacketType::keepalive, writer);
    INVARIANT(node.open_keepalive(keepalive, error));
  });
  const ByteVector initiation(150, 1);
  print_rate("mac1 of an initiation", [&] { (void)session::mac1(keys.b.public_key, initiation); });
}

void print_media() {
  bench::section("Media of a call, a second of one core (CPU time)");
  const auto exporter = crypto::Secret<32>::copy_of(std::array<uint8_t, 32>{1});
  session::MediaSeal caller(session::CallSide::caller, exporter);
  session::MediaSeal callee(session::CallSide::callee, exporter);
  const ByteVector payload(kVoiceBytes, 0x55);
  std::array<uint8_t, 256> packet, plain;
  size_t size = 0;
  print_rate("SFrame of 65 B, sealed and opened", [&] {
    Writer writer(packet);
    caller.seal(payload, writer);
    size = writer.size();
    session::MediaSeal::Failure failure{};
    INVARIANT(callee.open(writer.written(), plain, failure));
  });
  print_rate("replayed SFrame refused", [&] {
    session::MediaSeal::Failure failure{};
    INVARIANT(!callee.open(Bytes(packet).first(size), plain, failure));
  });
}

}  // namespace
}  // namespace farline

int main() {
  INVARIANT(farline::crypto::init());
  farline::print_handshakes();
  farline::print_session();
  farline::print_media();
  return EXIT_SUCCESS;
}
