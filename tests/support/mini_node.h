// The least that two clients can talk through, and that can also misbehave: it lets everybody attach, forwards between
// its two members, and seals any bytes as a record of the node. No timers, no limits, no memory of calls.
#pragma once

#include <deque>
#include <string_view>

#include "base/datagram.h"
#include "session/transport.h"
#include "support/seeded_rng.h"
#include "wire/certificate.h"
#include "wire/control.h"
#include "wire/handshake.h"

namespace farline::testing {

class MiniNode {
 public:
  static constexpr wire::Channel kChannel = 7;  // of the one call, on both sides

  struct Member {
    Address address;
    ByteVector certificate;
    wire::DeviceId id{};
    wire::SessionIndex index = 0;
    std::optional<session::Transport> transport{};
  };

  MiniNode(uint64_t seed, const crypto::Asymmetric& asymmetric, crypto::KeyPair keys)
      : rng_(seed), asymmetric_(asymmetric), keys_(std::move(keys)) {}

  // Both before the first datagram.
  void add_member(const Address& address, Bytes certificate, const wire::DeviceId& id) {
    members.push_back({.address = address, .certificate = to_vector(certificate), .id = id});
  }

  void handle_datagram(Time now, const Address& from, Bytes datagram) {
    const size_t who = from == members[0].address ? 0 : 1;
    const auto type = wire::packet_type(datagram);
    if (type == wire::PacketType::handshake_initiation) {
      answer_initiation(now, members[who], datagram);
    } else if (type == wire::PacketType::media) {
      transmit(members[1 - who], datagram);
    } else if (members[who].transport) {
      handle_sealed(now, who, *type, datagram);
    }
  }

  // A record of the node that says anything.
  void send_raw(Time now, Member& to, Bytes message) {
    if (!to.transport) return;
    Datagram out;
    Writer writer(out.data);
    to.transport->seal(now, false, message, writer);
    transmit(to, writer.written());
  }
  void send(Time now, Member& to, const wire::ControlMessage& message) {
    std::array<uint8_t, wire::kControlMessageMax> buffer;
    Writer writer(buffer);
    wire::encode_control(message, writer);
    send_raw(now, to, writer.written());
  }

  std::deque<Member> members;
  std::deque<Transmit> sent;

 private:
  void transmit(const Member& to, Bytes bytes) {
    sent.push_back({.to = to.address, .datagram = {}});
    sent.back().datagram.assign(bytes);
  }

  void answer_initiation(Time now, Member& member, Bytes datagram) {
    const auto frame = wire::decode_initiation(datagram);
    INVARIANT(frame);
    crypto::Handshake noise({.pattern = crypto::kNoiseIk,
                             .role = crypto::NoiseRole::responder,
                             .asymmetric = asymmetric_,
                             .rng = rng_,
                             .prologue = as_bytes("farline 1 attach"),
                             .local_static = &keys_});
    std::array<uint8_t, wire::kInitiationPayloadMax> payload{};
    INVARIANT(noise.read_message(frame->noise, payload));
    std::array<uint8_t, wire::kResponsePayloadBytes> plain{};
    Writer plain_writer(plain);
    wire::encode_response_payload({}, plain_writer);
    Datagram out;
    Writer writer(out.data);
    writer.u8(static_cast<uint8_t>(wire::PacketType::handshake_response));
    writer.u24(++last_index_);
    writer.u24(frame->sender);
    INVARIANT(noise.write_message(plain, writer.space(plain.size() + noise.next_overhead())));
    member.index = last_index_;
    member.transport.emplace(session::Side::node, noise.split(), frame->sender, now);
    transmit(member, writer.written());
  }

  void handle_sealed(Time now, size_t who, wire::PacketType type, Bytes datagram) {
    session::OpenError error{};
    session::Transport& transport = *members[who].transport;
    if (type == wire::PacketType::control_short || type == wire::PacketType::control_long) {
      const auto plain = transport.open(datagram, plaintext_, error);
      if (!plain) return;
      const auto message = wire::decode_control(*plain, wire::ControlFrom::client);
      if (message) forward(now, members[who], members[1 - who], *message);
    } else if (transport.open_keepalive(datagram, error) && type == wire::PacketType::keepalive_wanted) {
      Datagram out;
      Writer writer(out.data);
      transport.seal_keepalive(wire::PacketType::keepalive_answer, writer);
      transmit(members[who], writer.written());
    }
  }

  void forward(Time now, Member& from, Member& to, const wire::ControlMessage& message) {
    std::visit(wire::Overloaded{
                   [&](const wire::Lookup& m) {
                     wire::LookupResult result{.request = m.request, .device_count = 1};
                     result.devices[0] = {.attached = true, .certificate = to.certificate};
                     send(now, from, result);
                   },
                   [&](const wire::CertificateWanted& m) {
                     send(now, from, wire::CertificateReply{m.by, m.id, to.certificate});
                   },
                   [&](const wire::Invite& m) {
                     call_ = m.call;
                     send(now, to, wire::Incoming{from.id, m.call, kChannel, m.rate_kbps, m.noise});
                   },
                   [&](const wire::RingingFromCallee& m) {
                     send(now, to, wire::RingingToCaller{call_, kChannel, m.noise});
                   },
                   [&](const wire::SealedSignal& m) { send(now, to, m); },
                   [&](const wire::HangupAck& m) { send(now, to, m); },
                   [&](const wire::Cancel&) { send(now, to, wire::Cancelled{kChannel}); },
                   [](const auto&) {},
               },
               message);
  }

  SeededRng rng_;
  const crypto::Asymmetric& asymmetric_;
  crypto::KeyPair keys_;
  wire::SessionIndex last_index_ = 0;
  wire::CallNumber call_ = 0;
  std::array<uint8_t, 1280> plaintext_{};
};

}  // namespace farline::testing
