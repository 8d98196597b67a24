#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::EventKind;

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
  w.client.set_node(w.now, {Address::v4(192, 0, 2, 1, 4747), w.node.keys.public_key});
  CHECK(w.client.is_attached());
  w.settle();
  CHECK_EQ(w.node.handshakes, 2);
  CHECK_EQ(w.count(EventKind::detached), 0);
  CHECK_EQ(w.datagrams.front().size(), 140);  // by hash
  const auto known = [&](const crypto::PublicKey& key) {
    const SaveRecord* last = nullptr;
    for (const SaveRecord& r : w.saved)
      if (r.kind == static_cast<uint8_t>(client::RecordKind::node_knows_us) && equal(r.key, key)) last = &r;
    return last != nullptr && !last->value.empty();
  };
  CHECK(known(w.node.keys.public_key));
  CHECK_FALSE(known(old_key));
}
