// One client core before a FakeNode, with an organisation that certifies it and the people it calls.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "client/client.h"
#include "support/fake_asymmetric.h"
#include "support/fake_node.h"
#include "support/scripted_codec.h"

namespace farline::testing {

class ClientWorld {
 public:
  static constexpr WallTime kWall{1'700'000'000};
  static constexpr const char* kPlace = "node:4747";  // of `node`

  // The same seed gives the same device and organisation again, as after a restart.
  explicit ClientWorld(uint64_t seed = 1, const policy::Build& build = {}, policy::Role role = policy::Role::staff)
      : rng_(seed),
        role_(role),
        root_(asymmetric_.generate_signing_key_pair(rng_)),
        keys_(asymmetric_.generate_key_pair(rng_)),
        node(seed + 100, asymmetric_),
        client({.identity = identity("Ada"), .node = {node_address_, node.keys.public_key, kPlace}, .build = build},
               {rng_, asymmetric_, codecs_}) {}

  const crypto::PublicKey& own_key() const { return keys_.public_key; }
  FakePeer peer(const std::string& name, uint64_t seed) {
    FakePeer out(seed, asymmetric_);
    out.certificate = certify(name, out.static_keys.public_key);
    return out;
  }
  ByteVector certify(const std::string& name, const crypto::PublicKey& key, uint64_t valid_seconds = 10'000'000,
                     policy::Role role = policy::Role::staff) {
    const wire::Certificate certificate{.role = wire::Role::device,
                                        .name = name,
                                        .static_key = key,
                                        .signing_key = root_.public_key,
                                        .issued = {kWall.seconds - 1000},
                                        .expires = {kWall.seconds + valid_seconds},
                                        .issuer = wire::key_id_of(root_.public_key),
                                        .person_role = static_cast<uint8_t>(role),
                                        .limits = {}};
    return wire::encode_and_sign(certificate, root_, asymmetric_);
  }

  // Another node of the organisation, and somebody whom it has certified.
  struct OtherNode {
    crypto::SigningKeyPair keys;
    ByteVector certificate;
  };
  OtherNode other_node() {
    OtherNode out{asymmetric_.generate_signing_key_pair(rng_), {}};
    out.certificate = wire::encode_and_sign(
        {.role = wire::Role::issuer,
         .name = "node",
         .signing_key = out.keys.public_key,
         .issued = {kWall.seconds - 2000},
         .expires = {kWall.seconds + 10'000'000},
         .issuer = wire::key_id_of(root_.public_key),
         .limits = {.site = {}, .roles = wire::role_bit(wire::Role::device), .validity_days = 366}},
        root_, asymmetric_);
    return out;
  }
  FakePeer peer_of(const OtherNode& by, const std::string& name, uint64_t seed) {
    FakePeer out = peer(name, seed);
    auto certificate = wire::parse_certificate(out.certificate).value();
    certificate.issuer = wire::certificate_hash_of(by.certificate);
    certificate.expires = {kWall.seconds + 9'000'000};
    out.certificate = wire::encode_and_sign(certificate, by.keys, asymmetric_);
    return out;
  }

  // Another supernode of the organisation, by name.
  struct OtherPlace {
    std::string name;
    Address address;
    FakeNode node;
  };
  OtherPlace& add_place(const std::string& name) {
    const auto number = static_cast<uint8_t>(10 + places.size());
    return places.emplace_back(
        OtherPlace{name, Address::v4(192, 0, 2, number, 4747), FakeNode(500 + number, asymmetric_)});
  }
  ByteVector sign(const policy::RootPolicy& root) const {
    return policy::sign_root(root, std::array{root_.copy()}, asymmetric_);
  }

  void attach() {
    client.attach(now, kWall);
    settle();
  }
  // Everything that both sides have to say arrives at once.
  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      SaveRecord record;
      while (client.poll_save(record)) saved.push_back(record);
      Transmit sent;
      while (client.poll_transmit(sent)) {
        busy = true;
        datagrams.push_back(to_vector(sent.datagram.bytes()));
        if (sent.to == node_address_) node.handle(now, sent.datagram.bytes());
        for (OtherPlace& other : places)
          if (sent.to == other.address) other.node.handle(now, sent.datagram.bytes());
      }
      client::Event event;
      while (client.poll_event(event)) events.push_back(event);
      busy |= deliver(node_address_, node);
      for (OtherPlace& other : places) busy |= deliver(other.address, other.node);
      if (client.node_to_find() != nullptr && has_dns) {
        const std::string wanted = client.node_to_find()->place;
        busy = true;
        ++look_ups;
        const auto it = std::ranges::find(places, wanted, &OtherPlace::name);
        client.found(now, wanted,
                     it != places.end() ? std::optional(it->address)
                     : wanted == kPlace ? std::optional(node_address_)
                                        : std::nullopt);
      }
    }
  }
  void say(const wire::ControlMessage& message) {
    node.send(now, message);
    settle();
  }
  // Lets time pass with every timer on the way.
  void wait(Duration duration) {
    const Time until = now + duration;
    for (auto next = client.next_timeout(); next && *next <= until; next = client.next_timeout()) {
      now = std::max(now, *next);
      client.handle_timeout(now);
      settle();
      INVARIANT(!client.next_timeout() || *client.next_timeout() > now);  // no spin
    }
    now = until;
  }
  // As after the machine slept: all timers late, at once.
  void sleep(Duration duration) {
    now += duration;
    client.handle_timeout(now);
    settle();
  }

  size_t count(client::EventKind kind) const {
    return static_cast<size_t>(std::ranges::count(events, kind, &client::Event::kind));
  }
  std::optional<client::EndReason> ended() const {
    const auto it = std::ranges::find(events, client::EventKind::ended, &client::Event::kind);
    return it == events.end() ? std::nullopt : std::optional(it->reason);
  }

  void call(std::string_view name) {
    INVARIANT(client.start_call(now, name, {}).has_value());
    settle();
  }
  // Answers the look-up under way, or tells unasked with request 0.
  void tell_devices(uint8_t request, std::initializer_list<const FakePeer*> peers) {
    wire::LookupResult result{.request = request};
    for (const FakePeer* peer : peers) result.devices[result.device_count++] = {true, peer->certificate};
    say(result);
  }
  void answer_lookup(std::initializer_list<const FakePeer*> peers) {
    const auto lookup = node.take<wire::Lookup>();
    INVARIANT(lookup.has_value());
    tell_devices(lookup->request, peers);
  }
  // The invitation to this device; it rings there on `channel`.
  void ring(FakePeer& peer, wire::Channel channel, wire::RingStatus status = {}) {
    for (auto invite = node.take<wire::Invite>(); invite; invite = node.take<wire::Invite>()) {
      if (invite->callee != peer.id()) {
        others_.push_back({*invite, to_vector(invite->noise)});
        continue;
      }
      ring(*invite, peer, channel, status);
      return;
    }
    for (auto& [invite, noise] : others_) {
      if (invite.callee != peer.id()) continue;
      invite.noise = noise;
      ring(invite, peer, channel, status);
      return;
    }
    INVARIANT(false);
  }
  // An invitation of `peer` to us.
  void invite(FakePeer& peer, wire::CallNumber call, wire::Channel channel, uint32_t counter) {
    const ByteVector noise = peer.invitation(call, own_key(), counter);
    say(wire::Incoming{peer.id(), call, channel, 0, noise});
    if (const auto wanted = node.take<wire::CertificateWanted>())
      say(wire::CertificateReply{wanted->by, wanted->id, peer.certificate});
  }
  void signal(wire::SealedKind kind, wire::Channel channel, Bytes sealed) {
    say(wire::SealedSignal{kind, channel, sealed});
  }

 private:
  bool deliver(const Address& from, FakeNode& sender) {
    const bool any = !sender.out.empty();
    while (!sender.out.empty()) {
      const ByteVector datagram = std::move(sender.out.front());
      sender.out.pop_front();
      client.handle_datagram(now, from, datagram);
    }
    return any;
  }
  struct OtherInvite {
    wire::Invite invite;
    ByteVector noise;
  };

  void ring(const wire::Invite& invite, FakePeer& peer, wire::Channel channel, wire::RingStatus status) {
    const ByteVector noise = peer.ringing(invite, own_key(), status);
    say(wire::RingingToCaller{invite.call, channel, noise});
  }
  client::Identity identity(const std::string& name) {
    return {.static_keys = keys_.copy(),
            .signing_keys = asymmetric_.generate_signing_key_pair(rng_),
            .name = name,
            .certificate = certify(name, keys_.public_key, 10'000'000, role_),
            .issuers = {},
            .root_key = root_.public_key};
  }

  SeededRng rng_;
  policy::Role role_;
  FakeAsymmetric asymmetric_;
  ScriptedCodecs codecs_;
  crypto::SigningKeyPair root_;
  crypto::KeyPair keys_;
  Address node_address_ = Address::v4(192, 0, 2, 1, 4747);
  std::vector<OtherInvite> others_;

 public:
  Time now{};
  FakeNode node;
  client::Client client;
  std::vector<client::Event> events;
  std::vector<SaveRecord> saved;
  std::vector<ByteVector> datagrams;  // of the client
  std::deque<OtherPlace> places;
  bool has_dns = true;
  unsigned look_ups = 0;
};

}  // namespace farline::testing
