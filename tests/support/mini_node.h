// The least that two clients can talk through, and that can also misbehave: it lets everybody attach, forwards between
// its two members, and seals any bytes as a record of the node. No timers, no limits, no memory of calls.
#pragma once

#include <deque>

#include "support/fake_node.h"

namespace farline::testing {

class MiniNode {
 public:
  static constexpr wire::Channel kChannel = 7;  // of the one call, on both sides

  struct Member {
    Address address;
    ByteVector certificate;
    wire::DeviceId id{};
    FakeNode node;  // its side of this member's session
  };

  MiniNode(uint64_t seed, const crypto::Asymmetric& asymmetric, crypto::KeyPair keys)
      : seed_(seed), asymmetric_(asymmetric), keys_(std::move(keys)) {}

  // Both before the first datagram.
  void add_member(const Address& address, Bytes certificate, const wire::DeviceId& id) {
    members.push_back({.address = address,
                       .certificate = to_vector(certificate),
                       .id = id,
                       .node = FakeNode(seed_++, asymmetric_, keys_.copy())});
    members.back().node.response.address = address;
  }

  void handle_datagram(Time now, const Address& from, Bytes datagram) {
    const size_t who = from == members[0].address ? 0 : 1;
    FakeNode& node = members[who].node;
    if (wire::packet_type(datagram) == wire::PacketType::media) {
      members[1 - who].node.out.push_back(to_vector(datagram));
    } else {
      node.handle(now, datagram);
    }
    for (; !node.heard.empty(); node.heard.pop_front())
      forward(now, members[who], members[1 - who], node.heard.front().message);
    collect();
  }

  // A record of the node that says anything.
  void send_raw(Time now, Member& to, Bytes message) {
    if (to.node.transport) to.node.send_raw(now, message);
    collect();
  }

  std::deque<Member> members;
  std::deque<Transmit> sent;

 private:
  void send(Time now, Member& to, const wire::ControlMessage& message) {
    if (to.node.transport) to.node.send(now, message);
  }
  void collect() {
    for (Member& member : members) {
      for (; !member.node.out.empty(); member.node.out.pop_front()) {
        sent.push_back({.to = member.address, .datagram = {}});
        sent.back().datagram.assign(member.node.out.front());
      }
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

  uint64_t seed_;
  const crypto::Asymmetric& asymmetric_;
  crypto::KeyPair keys_;
  wire::CallNumber call_ = 0;
};

}  // namespace farline::testing
