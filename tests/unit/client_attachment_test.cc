#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::EventKind;

namespace {

policy::RootPolicy listing(std::vector<policy::Supernode> nodes, uint32_t serial = 1) {
  policy::RootPolicy root;
  root.organisation = {"Relief"};
  root.serial = serial;
  root.from = {19'000};
  root.until = {20'500};
  root.rules.supernodes = std::move(nodes);
  return root;
}

const ByteVector& newest_initiation(const ClientWorld& w) {
  const auto newest = std::ranges::find_if(w.datagrams.rbegin(), w.datagrams.rend(), [](const ByteVector& d) {
    return wire::packet_type(d) == wire::PacketType::handshake_initiation;
  });
  INVARIANT(newest != w.datagrams.rend());
  return *newest;
}

// A device at `node`, which a policy lists with two others.
struct ThreeNodes : ClientWorld {
  ThreeNodes() : b(add_place("b:1")), c(add_place("c:1")) {
    const std::vector<policy::Supernode> listed{
        {node.keys.public_key, kPlace, {}}, {b.node.keys.public_key, b.name, {}}, {c.node.keys.public_key, c.name, {}}};
    attach();
    INVARIANT(client.import_policy(now, sign(listing(listed))).has_value());
    settle();
    INVARIANT(client.is_attached() && node.handshakes == 1);
  }
  unsigned handshakes_elsewhere() const { return b.node.handshakes + c.node.handshakes; }
  OtherPlace& b;
  OtherPlace& c;
};

}  // namespace

TEST_CASE("attaching takes one round trip and is confirmed by the first packet") {
  ClientWorld w;
  w.attach();
  CHECK(w.client.is_attached());
  CHECK_EQ(w.node.handshakes, 1);
  CHECK_EQ(w.node.questions, 1);
}

TEST_CASE("a node that asks for the certificate again and again is not asked at full speed") {
  ClientWorld w;
  w.node.response.status = wire::AttachStatus::certificate_wanted;
  w.attach();
  CHECK_LE(w.node.handshakes, 2);
  w.wait(5min);
  CHECK_LE(w.node.handshakes, 20);
  w.node.response.status = wire::AttachStatus::attached;
  w.wait(2min);
  CHECK(w.client.is_attached());
}

TEST_CASE("a client that comes back after a loss takes its time within the node's spread") {
  ClientWorld w;
  w.node.response.spread_seconds = 100;
  w.attach();
  w.say(wire::Detach{wire::DetachReason::shutting_down});
  CHECK_FALSE(w.client.is_attached());
  CHECK_EQ(w.node.handshakes, 1);  // not all clients at the same moment
  w.wait(100s);
  CHECK(w.client.is_attached());
  CHECK_EQ(w.node.handshakes, 2);
}

TEST_CASE("a short sleep is followed by a question, a long one by a new session") {
  ClientWorld w;
  w.attach();
  const unsigned questions = w.node.questions;
  w.sleep(wire::kKeepaliveEvery + 60s);
  CHECK_EQ(w.node.questions, questions + 1);
  CHECK_EQ(w.node.handshakes, 1);
  w.sleep(wire::kKeepaliveEvery + wire::kSessionIdleMax + 1s);
  w.wait(10s);
  CHECK_EQ(w.node.handshakes, 2);
  CHECK(w.client.is_attached());
}

TEST_CASE("being asked to check again and again does not hide that the node is gone") {
  ClientWorld w;
  w.attach();
  w.node.is_silent = true;
  for (int i = 0; i < 60 && w.count(EventKind::detached) == 0; ++i) {
    w.client.network_changed(w.now);
    w.wait(2s);
  }
  CHECK_EQ(w.count(EventKind::detached), 1);
}

TEST_CASE("the node's next key is taken beside the session, and its certificate is not asked for again") {
  ClientWorld w;
  w.attach();
  const FakeAsymmetric asymmetric;
  FakeNode next(7, asymmetric);
  const crypto::PublicKey old_key = std::exchange(w.node.keys, std::move(next.keys)).public_key;
  w.datagrams.clear();
  REQUIRE(w.client.import_policy(w.now, w.sign(listing({{w.node.keys.public_key, w.kPlace, {}}}))).has_value());
  CHECK(w.client.is_attached());
  w.settle();
  CHECK_EQ(w.node.handshakes, 2);
  CHECK_EQ(w.count(EventKind::detached), 0);
  CHECK_EQ(newest_initiation(w).size(), 140);  // by hash
  const auto known = [&](const crypto::PublicKey& key) {
    const SaveRecord* last = nullptr;
    for (const SaveRecord& r : w.saved)
      if (r.kind == static_cast<uint8_t>(client::RecordKind::node_knows_us) && equal(r.key, key)) last = &r;
    return last != nullptr && !last->value.empty();
  };
  CHECK(known(w.node.keys.public_key));
  CHECK_FALSE(known(old_key));
}

TEST_CASE("a client whose node dies is at another one within seconds, and stays there after a restart") {
  ThreeNodes w;
  w.node.is_silent = true;
  w.client.network_changed(w.now);  // asks
  w.wait(20s);
  CHECK(w.client.is_attached());
  CHECK_EQ(w.handshakes_elsewhere(), 1);
  CHECK_EQ(w.client.home().place, w.client.node().place);
  CHECK(w.client.home().place != w.kPlace);
}

TEST_CASE("silent nodes are passed one after the other, and a name that is not known is as good as silent") {
  ThreeNodes w;
  w.node.is_silent = true;
  w.b.name = "renamed:1";  // nobody knows the old name
  w.client.network_changed(w.now);
  w.wait(30s);
  CHECK(w.client.is_attached());
  CHECK_EQ(w.client.node().place, "c:1");
}

TEST_CASE("a listed key that is none is passed like a silent node, it does not end the tries at the others") {
  ClientWorld w;
  w.attach();
  auto& broken = w.add_place("broken:1");
  const std::vector<policy::Supernode> listed{{w.node.keys.public_key, w.kPlace, {}}, {{}, broken.name, {}}};
  REQUIRE(w.client.import_policy(w.now, w.sign(listing(listed))).has_value());
  w.settle();
  w.node.is_silent = true;
  w.client.network_changed(w.now);
  w.wait(2min);
  CHECK_FALSE(w.client.is_attached());
  CHECK_GT(w.look_ups, 0);  // its turn came
  CHECK_EQ(broken.node.handshakes, 0);
  w.node.is_silent = false;
  w.wait(2min);
  CHECK(w.client.is_attached());
  CHECK_EQ(w.count(EventKind::refused), 0);
}

TEST_CASE("a list with a wrong key leaves the way to the node that is known, until a right one comes through it") {
  ClientWorld w;
  w.attach();
  crypto::PublicKey wrong = w.node.keys.public_key;
  wrong[0] ^= 1;
  REQUIRE(w.client.import_policy(w.now, w.sign(listing({{wrong, w.kPlace, {}}}))).has_value());
  w.wait(1min);
  CHECK(w.client.is_attached());  // still
  w.node.is_silent = true;
  w.client.network_changed(w.now);
  w.wait(5min);
  CHECK_FALSE(w.client.is_attached());
  w.node.is_silent = false;
  w.wait(2min);
  CHECK(w.client.is_attached());
  CHECK(w.client.node().static_key == w.node.keys.public_key);
  const auto right = w.sign(listing({{w.node.keys.public_key, w.kPlace, {}}}, 2));
  REQUIRE(w.client.import_policy(w.now, right).has_value());
  w.wait(1min);
  CHECK(w.client.is_attached());
  CHECK(w.client.home().static_key == w.node.keys.public_key);
}

TEST_CASE("a node that shuts down is left for another, within its spread") {
  ThreeNodes w;
  w.say(wire::Detach{wire::DetachReason::shutting_down});
  w.wait(1s);
  CHECK(w.client.is_attached());
  CHECK_EQ(w.node.handshakes, 1);
  CHECK_EQ(w.handshakes_elsewhere(), 1);
}

TEST_CASE("when nobody answers it is our own network: few tries, and back within a minute of its return") {
  ThreeNodes w;
  w.node.is_silent = w.b.node.is_silent = w.c.node.is_silent = true;
  w.client.network_changed(w.now);
  w.wait(1min);
  w.datagrams.clear();
  w.wait(10min);
  CHECK_LE(w.datagrams.size(), 40);
  w.node.is_silent = w.b.node.is_silent = w.c.node.is_silent = false;
  w.wait(80s);
  CHECK(w.client.is_attached());
}

namespace {

// What somebody who sees the newest handshake can say in the name of the node.
ByteVector forged_busy(const ClientWorld& w, const FakeNode& node, uint8_t seconds) {
  const auto frame = wire::decode_initiation(newest_initiation(w));
  INVARIANT(frame.has_value());
  SeededRng rng(9);
  ByteVector out(wire::kDatagramBytesMax);
  Writer writer(out);
  wire::encode_busy(session::make_busy(rng, node.keys.public_key, *frame, seconds), writer);
  out.resize(writer.size());
  return out;
}

}  // namespace

TEST_CASE("who is told busy, and hears nothing else, is elsewhere when the time that was told is over") {
  ThreeNodes w;
  w.say(wire::Detach{wire::DetachReason::shutting_down});
  w.b.node.is_silent = w.c.node.is_silent = true;
  w.wait(0s);
  const bool at_b = w.client.node().place == "b:1";
  auto& there = at_b ? w.b : w.c;
  auto& other = at_b ? w.c : w.b;
  w.client.handle_datagram(w.now, there.address, forged_busy(w, there.node, 120));
  other.node.is_silent = false;
  w.wait(119s);
  CHECK_FALSE(w.client.is_attached());
  w.wait(1s);
  CHECK(w.client.is_attached());
  CHECK_EQ(w.client.node().place, other.name);
}

TEST_CASE("the node's own answer counts, whoever said before that it is busy") {
  ThreeNodes w;
  w.say(wire::Detach{wire::DetachReason::shutting_down});
  w.b.node.is_silent = w.c.node.is_silent = true;
  w.wait(0s);
  const ByteVector question = newest_initiation(w);
  auto& there = w.client.node().place == "b:1" ? w.b : w.c;
  w.client.handle_datagram(w.now, there.address, forged_busy(w, there.node, 120));
  there.node.is_silent = false;
  there.node.handle(w.now, question);
  w.settle();
  CHECK(w.client.is_attached());
}

TEST_CASE("busy said in the name of every node, faster than any of them can answer, keeps nobody away") {
  // A round trip to the nodes; the forger stands beside the client.
  for (const Duration late : {Duration{100ms}, Duration{1s}, Duration{2900ms}}) {
    ThreeNodes w;
    w.say(wire::Detach{wire::DetachReason::shutting_down});
    w.node.is_silent = w.b.node.is_silent = w.c.node.is_silent = true;
    w.wait(0s);
    const ByteVector question = newest_initiation(w);
    auto& there = w.client.node().place == "b:1" ? w.b : w.c;
    w.client.handle_datagram(w.now, there.address, forged_busy(w, there.node, 1));  // and be sent on in a moment
    w.wait(late);
    CHECK_FALSE(w.client.is_attached());
    there.node.is_silent = false;
    there.node.handle(w.now, question);
    w.settle();
    CHECK(w.client.is_attached());
  }
}

TEST_CASE("a busy stops nobody who is attached") {
  ThreeNodes w;
  w.client.handle_datagram(w.now, Address::v4(192, 0, 2, 1, 4747), forged_busy(w, w.node, 120));
  w.wait(10min);
  CHECK(w.client.is_attached());
  CHECK_EQ(w.count(EventKind::detached), 0);
}
