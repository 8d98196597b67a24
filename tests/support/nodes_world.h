// Several supernodes of one organisation on a bus of function calls: frames take their time, may be lost, and the bus
// may be cut in two or be away. Virtual time; everything but the bus and the network is the real core.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "supernode/supernode.h"
#include "support/fake_asymmetric.h"
#include "support/memory_mail.h"
#include "support/mini_client.h"
#include "support/supernode_world.h"

namespace farline::testing {

class NodesWorld {
 public:
  static constexpr uint64_t kWall = 1'800'000'000;

  struct Node {
    crypto::KeyPair keys;
    crypto::SigningKeyPair issuer;
    ByteVector certificate;
    std::unique_ptr<supernode::Supernode> core;
    std::map<std::pair<uint8_t, ByteVector>, ByteVector> saved;
    MemoryMail mail;
    std::deque<Transmit> sent;
    unsigned side = 0;  // of a bus that is cut
    bool is_on = true;
  };
  struct Frame {
    Time at;
    size_t from = 0;
    size_t to = 0;
    ByteVector bytes;
  };

  explicit NodesWorld(size_t count) : root(asymmetric.generate_signing_key_pair(rng)) {
    for (size_t i = 0; i < count; ++i) {
      Node& node = nodes.emplace_back();
      node.keys = asymmetric.generate_key_pair(rng);
      node.issuer = asymmetric.generate_signing_key_pair(rng);
      node.certificate = wire::encode_and_sign(
          {.role = wire::Role::issuer,
           .name = "node " + std::to_string(i),
           .static_key = {},
           .signing_key = node.issuer.public_key,
           .issued = {kWall - 1000},
           .expires = {kWall + 1000 * 24 * 3600},
           .issuer = wire::key_id_of(root.public_key),
           .limits = {.site = {}, .roles = wire::role_bit(wire::Role::device), .validity_days = 366}},
          root, asymmetric);
    }
    for (size_t i = 0; i < count; ++i) start(i);
    run(1s);
  }

  // A process over what was saved; also after a crash.
  void start(size_t which) {
    Node& node = nodes[which];
    node.is_on = true;
    node.core = std::make_unique<supernode::Supernode>(
        supernode::Config{.keys = {node.keys.copy(), node.issuer.copy(), node.certificate, root.public_key, {}},
                          .has_backbone = true},
        supernode::Environment{rng, asymmetric, log, &node.mail});
    for (const auto& [key, value] : node.saved) node.core->load({key.first, key.second, value});
    node.mail.read([&](const SaveRecord& record) { node.core->load(record); });
    node.core->set_wall_time(now, wall());
    if (bus_up) turn(which, [&](supernode::Supernode& core) { core.set_backbone(now, true); });
  }
  void kill(size_t which) {
    nodes[which].is_on = false;
    nodes[which].core.reset();
  }
  void set_bus(bool is_up) {
    bus_up = is_up;
    if (!is_up) frames.clear();
    for (size_t i = 0; i < nodes.size(); ++i)
      if (nodes[i].is_on) turn(i, [&](supernode::Supernode& core) { core.set_backbone(now, is_up); });
  }

  void turn(size_t which, const std::function<void(supernode::Supernode&)>& mutation) {
    Node& node = nodes[which];
    mutation(*node.core);
    for (SaveRecord record; node.core->poll_save(record);) {
      if (record.value.empty())
        node.saved.erase({record.kind, record.key});
      else
        node.saved[{record.kind, record.key}] = record.value;
    }
    for (Transmit out; node.core->poll_transmit(out);) node.sent.push_back(out);
    for (supernode::BackboneSend out; node.core->poll_backbone(out);) carry(which, out);
  }

  // Virtual time, with everything that falls due.
  void run(Duration by) {
    const Time until = now + by;
    for (;;) {
      std::optional<Time> next;
      for (const Node& node : nodes)
        if (const auto due = node.is_on ? node.core->next_timeout() : std::nullopt)
          next = std::min(*due, next.value_or(*due));
      for (const Frame& frame : frames) next = std::min(frame.at, next.value_or(frame.at));
      if (!next || *next > until) break;
      now = std::max(now, *next);
      for (size_t i = 0; i < nodes.size(); ++i) {
        const auto due = nodes[i].is_on ? nodes[i].core->next_timeout() : std::nullopt;
        if (due && *due <= now) turn(i, [&](supernode::Supernode& core) { core.handle_timeout(now); });
      }
      deliver_frames();
    }
    now = until;
  }

  // --- Clients -------------------------------------------------------------------------------------------------------
  struct Member {
    std::unique_ptr<MiniClient> client;
    size_t at = 0;
  };
  // Enrolled and attached at that node.
  Member member(std::string_view name, size_t at) {
    Member out{std::make_unique<MiniClient>(++clients_, asymmetric, nodes[at].keys.public_key), at};
    wire::Token token{};
    turn(at, [&](supernode::Supernode& core) {
      token = core.invite(now, {.uses = 1, .name = std::string(name)}).value().token;
    });
    greet(out, out.client->enrol_with(token));
    send(out, out.client->enrol_request(name));
    const auto answer = take<wire::Enrolled>(out);
    INVARIANT(answer && answer->status == wire::EnrolStatus::done);
    out.client->certificate = to_vector(answer->certificates[answer->certificate_count - 1]);
    INVARIANT(attach(out, at));
    return out;
  }
  // With its certificate; tells that it is there unless `is_silent`.
  bool attach(Member& member, size_t at, bool is_silent = false) {
    member.at = at;
    member.client->move_to(nodes[at].keys.public_key);
    const auto greeting = greet(member, member.client->attach_with_certificate());
    if (!greeting || greeting->status != wire::AttachStatus::attached) return false;
    deliver(member, member.client->keepalive());
    if (!is_silent) send(member, member.client->presence(*greeting));
    last_greeting = *greeting;
    nodes[at].sent.clear();
    return true;
  }
  void deliver(const Member& from, Bytes datagram) {
    turn(from.at, [&](supernode::Supernode& core) { core.handle_datagram(now, from.client->address, datagram); });
  }
  void send(const Member& from, const wire::ControlMessage& message) {
    deliver(from, from.client->record(now, message));
  }
  // The next message of that kind for this client; others before it are dropped.
  template <typename Message>
  std::optional<Message> take(const Member& member) {
    auto& sent = nodes[member.at].sent;
    for (auto it = sent.begin(); it != sent.end();) {
      if (it->to != member.client->address) {
        ++it;
        continue;
      }
      last_ = it->datagram;
      it = sent.erase(it);
      const auto message = member.client->open(last_.bytes());
      if (!message) continue;
      if (const auto* wanted = std::get_if<Message>(&*message)) return *wanted;
    }
    return std::nullopt;
  }
  // The next media datagram for this client.
  std::optional<Datagram> take_media(const Member& member) {
    auto& sent = nodes[member.at].sent;
    const auto it = std::ranges::find_if(sent, [&](const Transmit& out) {
      return out.to == member.client->address && wire::packet_type(out.datagram.bytes()) == wire::PacketType::media;
    });
    if (it == sent.end()) return std::nullopt;
    const Datagram found = it->datagram;
    sent.erase(it);
    return found;
  }
  wire::LookupResult look_up(const Member& from, std::string_view name) {
    send(from, wire::Lookup{.request = 1, .name = name});
    run(1s);
    const auto result = take<wire::LookupResult>(from);
    INVARIANT(result.has_value());
    return *result;
  }
  WallTime wall() const { return {kWall + static_cast<uint64_t>(now.time_since_epoch() / 1s)}; }

  FakeAsymmetric asymmetric;
  SeededRng rng{7};
  SilentLog log;
  crypto::SigningKeyPair root;
  std::deque<Node> nodes;
  std::deque<Frame> frames;
  Time now = Time{} + 1h;
  Duration delay = 20ms;
  unsigned loss_percent = 0;
  bool bus_up = true;
  wire::ResponsePayload last_greeting;
  uint64_t frame_bytes = 0;

 private:
  std::optional<wire::ResponsePayload> greet(Member& member, const ByteVector& initiation) {
    run(25ms);  // two handshakes in a row are answered at once, not more
    nodes[member.at].sent.clear();
    deliver(member, initiation);
    if (nodes[member.at].sent.empty()) return std::nullopt;
    const Datagram response = nodes[member.at].sent.back().datagram;
    nodes[member.at].sent.clear();
    return member.client->take_response(now, response.bytes());
  }
  void carry(size_t from, const supernode::BackboneSend& out) {
    for (size_t to = 0; to < nodes.size(); ++to) {
      if (to == from || !bus_up || nodes[to].side != nodes[from].side) continue;
      if (out.to && wire::device_id_of(nodes[to].keys.public_key) != *out.to) continue;
      if (rng.below(100) < loss_percent) continue;
      frame_bytes += out.frame.size();
      frames.push_back({now + delay, from, to, out.frame});
    }
  }
  void deliver_frames() {
    while (!frames.empty() && frames.front().at <= now) {
      const Frame frame = std::move(frames.front());
      frames.pop_front();
      if (nodes[frame.to].is_on && nodes[frame.to].side == nodes[frame.from].side)
        turn(frame.to, [&](supernode::Supernode& core) { core.handle_backbone(now, frame.bytes); });
    }
  }

  uint64_t clients_ = 0;
  Datagram last_;
};

}  // namespace farline::testing
