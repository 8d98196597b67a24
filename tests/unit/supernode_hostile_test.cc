#include <doctest/doctest.h>

#include "support/supernode_world.h"

using namespace farline;
using namespace farline::testing;

namespace {

const Address kElsewhere = Address::v4(203, 0, 113, 66, 6666);
const ByteVector kNoise(57, 0x11);

uint64_t dropped(const supernode::Counters& c) {
  return c.malformed + c.unauthentic + c.replayed + c.unknown_session + c.refused + c.rate_limited + c.node_full +
         c.relay_no_channel + c.relay_wrong_address + c.relay_not_answered + c.relay_over_quota + c.relay_not_attached;
}

// Everything that a change of state would show in.
struct Footprint {
  supernode::Status status;
  uint64_t attached;
  uint64_t moves;
  uint64_t enrolled;
  uint64_t calls;
  uint64_t saves;
};
Footprint footprint(const SupernodeWorld& world) {
  const auto& c = world.node->counters();
  return {world.node->status(), c.attached, c.path_moves, c.enrolled, c.calls, world.saves};
}
void check_same(const Footprint& a, const Footprint& b) {
  CHECK_EQ(a.status.attached, b.status.attached);
  CHECK_EQ(a.status.pending, b.status.pending);
  CHECK_EQ(a.status.legs, b.status.legs);
  CHECK_EQ(a.status.devices, b.status.devices);
  CHECK_EQ(a.status.invitations, b.status.invitations);
  CHECK_EQ(a.attached, b.attached);
  CHECK_EQ(a.moves, b.moves);
  CHECK_EQ(a.enrolled, b.enrolled);
  CHECK_EQ(a.calls, b.calls);
  CHECK_EQ(a.saves, b.saves);
}

// Delivers a bad datagram: it is counted as dropped and nothing, or nothing longer, comes back.
void check_dropped(SupernodeWorld& world, const Address& from, Bytes datagram) {
  const uint64_t before = dropped(world.node->counters());
  world.sent.clear();
  world.deliver(from, datagram);
  CHECK_EQ(dropped(world.node->counters()), before + 1);
  size_t answered = 0;
  for (const Transmit& out : world.sent) answered += out.datagram.size;
  CHECK_LE(answered, datagram.size());
  world.sent.clear();
  world.now += 20ms;  // keeps handshakes below the rate at which cookies are asked for
}

// Two devices in a call, and one good packet of each kind, each made but not delivered.
struct Scene {
  SupernodeWorld world;
  std::unique_ptr<MiniClient> ann = world.member("Ann");
  std::unique_ptr<MiniClient> bob = world.member("Bob");
  std::unique_ptr<MiniClient> late = world.new_client();
  wire::Token token = world.invite();
  wire::Channel at_ann = 0;
  wire::Channel at_bob = 0;

  Scene() {
    world.send(*ann, wire::Invite{.callee = bob->id(), .call = 1, .rate_kbps = 3, .known_devices = 1, .noise = kNoise});
    at_bob = world.take<wire::Incoming>(*bob)->channel;
    world.send(*bob, wire::RingingFromCallee{.channel = at_bob, .noise = kNoise});
    at_ann = world.take<wire::RingingToCaller>(*ann)->channel;
    world.send(*ann, wire::SealedSignal{.kind = wire::SealedKind::confirm, .channel = at_ann, .sealed = kNoise});
    world.send(*bob, wire::SealedSignal{.kind = wire::SealedKind::answer, .channel = at_bob, .sealed = kNoise});
    world.sent.clear();
  }

  std::vector<ByteVector> good_packets() {
    const Time now = world.now;
    return {ann->attach_by_hash(),
            bob->attach_with_certificate(),
            late->enrol_with(token),
            ann->record(now, wire::Lookup{.request = 1, .name = "bob"}),
            ann->record(now, wire::HangupAck{at_ann}, true),
            ann->keepalive(false),
            ann->keepalive(true)};
  }
};

}  // namespace

TEST_CASE("every packet truncated at every length is dropped and counted") {
  Scene scene;
  for (const ByteVector& packet : scene.good_packets()) {
    const Footprint before = footprint(scene.world);
    for (size_t size = 0; size < packet.size(); ++size)
      check_dropped(scene.world, scene.ann->address, Bytes(packet).first(size));
    check_same(before, footprint(scene.world));
    ByteVector longer = packet;
    longer.push_back(0);
    check_dropped(scene.world, scene.ann->address, longer);
    check_same(before, footprint(scene.world));
  }
}

TEST_CASE("every packet with any bit flipped is dropped and counted") {
  Scene scene;
  for (const ByteVector& packet : scene.good_packets()) {
    const Footprint before = footprint(scene.world);
    for (size_t bit = 0; bit < packet.size() * 8; ++bit) {
      ByteVector flipped = packet;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
      // A keepalive with the lowest bit of its type flipped is the other kind: the tag covers the type, so still bad.
      check_dropped(scene.world, scene.ann->address, flipped);
    }
    check_same(before, footprint(scene.world));
  }
  // The packets themselves were good.
  Scene fresh;
  const uint64_t bad = dropped(fresh.world.node->counters());
  for (const ByteVector& packet : fresh.good_packets()) fresh.world.deliver(fresh.ann->address, packet);
  CHECK_EQ(dropped(fresh.world.node->counters()), bad);
}

TEST_CASE("every packet replayed, from its own and from another address, changes nothing") {
  Scene scene;
  const auto packets = scene.good_packets();
  for (const ByteVector& packet : packets) {
    scene.world.deliver(scene.ann->address, packet);
    scene.world.now += 20ms;
  }
  scene.world.advance(wire::kResponseCache + wire::kSweepEvery);
  scene.world.deliver(scene.ann->address, scene.ann->keepalive());
  const Footprint before = footprint(scene.world);
  for (const Address& from : {scene.ann->address, kElsewhere})
    for (const ByteVector& packet : packets)
      for (int i = 0; i < 3; ++i) {
        const auto type = wire::packet_type(packet);
        // Its token is still good and nobody has enrolled with it: it may be asked again, and costs a pending session.
        if (type == wire::PacketType::handshake_initiation && equal(packet, packets[2])) continue;
        check_dropped(scene.world, from, packet);
      }
  check_same(before, footprint(scene.world));
}

TEST_CASE("after a restart old packets open nothing") {
  Scene scene;
  const auto packets = scene.good_packets();
  for (const ByteVector& packet : packets) scene.world.deliver(scene.ann->address, packet);
  scene.world.start();
  const Footprint before = footprint(scene.world);
  for (const ByteVector& packet : packets) {
    if (equal(packet, packets[2])) continue;
    check_dropped(scene.world, scene.ann->address, packet);
    check_dropped(scene.world, kElsewhere, packet);
  }
  check_same(before, footprint(scene.world));
}

TEST_CASE("packets only a node sends, and types nobody sends, are dropped") {
  Scene scene;
  for (int type = 0; type < 256; ++type) {
    const auto known = wire::packet_type(std::array{static_cast<uint8_t>(type)});
    if (known && *known != wire::PacketType::handshake_response && *known != wire::PacketType::cookie_reply &&
        *known != wire::PacketType::keepalive_answer)
      continue;
    ByteVector packet(69, 0x5a);
    packet[0] = static_cast<uint8_t>(type);
    check_dropped(scene.world, scene.ann->address, packet);
    check_dropped(scene.world, kElsewhere, packet);
  }
  ByteVector longest(wire::kDatagramBytesMax + 1, 0);
  longest[0] = static_cast<uint8_t>(wire::PacketType::media);
  longest[1] = static_cast<uint8_t>(scene.at_ann >> 8);
  longest[2] = static_cast<uint8_t>(scene.at_ann);
  check_dropped(scene.world, scene.ann->address, longest);
  longest.pop_back();
  scene.world.deliver(scene.ann->address, longest);
  CHECK_EQ(scene.world.node->counters().relayed_packets, 1);
}

TEST_CASE("a hundred thousand forged initiations leave nothing and get nothing") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  SeededRng rng(3);
  const ByteVector good = ann->attach_by_hash();
  const Footprint before = footprint(world);
  const uint64_t unauthentic = world.node->counters().unauthentic;
  const uint64_t handshakes = world.node->counters().handshakes;
  ByteVector forged(good.size());
  for (uint32_t i = 0; i < 100'000; ++i) {
    rng.fill(forged);
    forged[0] = 0x01;
    if (i % 2 == 0) std::copy(good.begin(), good.end() - 1, forged.begin());  // all but the last byte of mac1
    forged.back() = static_cast<uint8_t>(good.back() + 1 + i % 250);
    const auto from =
        Address::v4(static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i), 9, 9);
    world.node->handle_datagram(world.now, from, forged);
    Transmit out;
    REQUIRE_FALSE(world.node->poll_transmit(out));
  }
  CHECK_EQ(world.node->counters().unauthentic - unauthentic, 100'000);
  CHECK_EQ(world.node->counters().handshakes, handshakes);
  check_same(before, footprint(world));
  CHECK(world.attach(*ann));
}

TEST_CASE("who knows the node's key but has no certificate gets less than it sends, and no state") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto eve = world.new_client();
  const Footprint before = footprint(world);
  const auto check_small = [&](const ByteVector& question) {
    world.sent.clear();
    world.deliver(kElsewhere, question);
    world.now += 20ms;
    size_t answered = 0;
    for (const Transmit& out : world.sent) answered += out.datagram.size + 28U;
    CHECK_LT(answered, question.size() + 28);
  };
  eve->certificate = ann->certificate;
  check_small(eve->attach_by_hash());
  check_small(eve->attach_with_certificate());
  eve->certificate = ByteVector(400, 0xd2);
  check_small(eve->attach_by_hash());
  check_small(eve->attach_with_certificate());
  check_small(eve->enrol_with({1, 2, 3}));
  world.advance(1min);
  check_same(before, footprint(world));
}

TEST_CASE("random bytes under a good mac1 and random payloads under a good handshake are dropped") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  SeededRng rng(5);
  const Footprint before = footprint(world);
  for (size_t size = 0; size < 500; size += 7) {
    ByteVector packet(4 + 96 + size);
    rng.fill(packet);
    packet[0] = 0x01;
    const crypto::PublicKey node = world.node_key();
    const auto mac = session::mac1(node, packet);
    packet.insert(packet.end(), mac.begin(), mac.end());
    check_dropped(world, ann->address, packet);
    ByteVector payload(size);
    rng.fill(payload);
    check_dropped(world, ann->address, ann->initiation_with_payload(payload));
  }
  check_same(before, footprint(world));
}

TEST_CASE("authentic nonsense: random control messages of an enrolled device break nothing") {
  Scene scene;
  SeededRng rng(11);
  for (int i = 0; i < 20'000; ++i) {
    ByteVector message(1 + rng.below(80));
    rng.fill(message);
    message[0] = static_cast<uint8_t>(rng.below(0x30));
    if (message.size() > 2 && rng.below(2) == 0) {  // on a real channel
      message[1] = static_cast<uint8_t>(scene.at_ann >> 8);
      message[2] = static_cast<uint8_t>(scene.at_ann);
    }
    if (message[0] == 0x03) continue;  // DETACH
    scene.world.sent.clear();
    scene.world.deliver(*scene.ann, scene.ann->raw_record(scene.world.now, message, rng.below(2) == 0));
    for (const Transmit& out : scene.world.sent) CHECK_LE(out.datagram.size, wire::kDatagramBytesMax);
    scene.world.now += 20ms;
  }
  CHECK_EQ(scene.world.node->status().attached, 2);
  CHECK_LE(scene.world.node->status().legs, 1);
  CHECK(scene.world.attach(*scene.ann));
}

TEST_CASE("what two devices say to each other is bounded in size") {
  Scene scene;
  const ByteVector big(1100, 1);
  const uint64_t malformed = scene.world.node->counters().malformed;
  scene.world.send(*scene.ann, wire::SealedSignal{.channel = scene.at_ann, .sealed = big});
  scene.world.send(*scene.bob, wire::RingingFromCallee{.channel = scene.at_bob, .noise = big});
  scene.world.send(*scene.ann, wire::Invite{.callee = scene.bob->id(), .call = 2, .noise = big});
  CHECK(scene.world.sent.empty());
  CHECK_EQ(scene.world.node->counters().malformed, malformed + 3);
}

TEST_CASE("a flood of control records is cut to its limit and disturbs nobody else") {
  Scene scene;
  auto& world = scene.world;
  const uint64_t limited = world.node->counters().rate_limited;
  uint64_t answers = 0;
  for (int i = 0; i < 10'000; ++i) {  // in one second
    world.now += 100us;
    world.sent.clear();
    world.send(*scene.ann, wire::Lookup{.request = 1, .name = "bob"});
    answers += world.sent.size();
  }
  CHECK_LE(answers, wire::kRecordsBurst + wire::kRecordsPerSecondMax + 1);
  CHECK_GE(answers, wire::kRecordsBurst);
  CHECK_EQ(world.node->counters().rate_limited - limited, 10'000 - answers);
  world.sent.clear();
  CHECK(world.deliver(*scene.bob, scene.bob->keepalive()).has_value());
}

TEST_CASE("one device can send another little that it has not agreed to") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  size_t bytes = 0;
  constexpr int kSeconds = 120;
  uint32_t call = 0;
  for (int i = 0; i < kSeconds * 50; ++i) {
    world.now += 20ms;
    world.sent.clear();
    const ByteVector noise(wire::kSignalBytesMax, 1);
    if (i % 3 == 0) ++call;
    world.send(*ann, wire::Invite{.callee = bob->id(), .call = call, .rate_kbps = 255, .noise = noise});
    if (i % 3 == 1) world.send(*ann, wire::Cancel{call});
    for (const Transmit& out : world.sent)
      if (out.to == bob->address) bytes += out.datagram.size + 28U;
    if (i % 500 == 0) world.advance(0s);
  }
  CHECK_LE(bytes * 8 / kSeconds, 2400);
}

TEST_CASE("media: forged, on stolen and on unknown channels") {
  Scene scene;
  auto& world = scene.world;
  auto eve = world.member("Eve");
  const uint64_t relayed = world.node->counters().relayed_packets;
  world.sent.clear();
  for (uint32_t channel = 0; channel < 0x10000; ++channel) {  // a stranger tries them all
    const auto packet = MiniClient::media(static_cast<wire::Channel>(channel));
    world.node->handle_datagram(world.now, kElsewhere, packet);
    for (Transmit out; world.node->poll_transmit(out);) {
      CHECK_EQ(out.to == kElsewhere, true);  // the one challenge to each of the two
      CHECK_LE(out.datagram.size, packet.size());
      world.sent.push_back(out);
    }
  }
  CHECK_EQ(world.sent.size(), 2);
  world.sent.clear();
  for (const wire::Channel stolen : {scene.at_ann, scene.at_bob}) {
    world.deliver(*eve, MiniClient::media(stolen));
    world.deliver(stolen == scene.at_ann ? *scene.bob : *scene.ann, MiniClient::media(stolen));
  }
  CHECK_EQ(world.node->counters().relayed_packets, relayed);
  CHECK_EQ(world.node->counters().path_moves, 0);
}

TEST_CASE("a stolen address: spoofed records and keepalives move and say nothing") {
  Scene scene;
  auto& world = scene.world;
  const ByteVector keepalive = scene.ann->keepalive();
  world.sent.clear();
  world.deliver(kElsewhere, keepalive);  // caught on its way and sent from elsewhere
  REQUIRE_EQ(world.sent.size(), 1);      // that its address is new, in as many bytes
  CHECK_EQ(world.sent[0].datagram.size, wire::kKeepaliveBytes);
  CHECK_EQ(world.sent[0].to == kElsewhere, true);
  world.sent.clear();
  for (int i = 0; i < 10; ++i) check_dropped(world, kElsewhere, keepalive);
  CHECK_EQ(world.node->counters().path_moves, 0);
  world.deliver(*scene.bob, MiniClient::media(scene.at_bob));
  REQUIRE_EQ(world.sent.size(), 1);
  CHECK_EQ(world.sent[0].to == scene.ann->address, true);
}
