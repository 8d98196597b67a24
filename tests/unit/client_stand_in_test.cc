// Who stands in for a supernode that nobody reaches (docs/PROTOCOL.md 1.9), as the core of a device sees it.
#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::EventKind;

namespace {

constexpr size_t kColleague = 0;  // of places

// A device whose supernode is silent, and a colleague's that would stand in.
struct Site : ClientWorld {
  Site() {
    add_place("of no list");
    certificate = certify("Ben", colleague().node.keys.public_key);
    node.is_silent = true;
    has_dns = false;
    attach();
    INVARIANT(!client.is_attached());
  }
  OtherPlace& colleague() { return places[kColleague]; }
  bool stands_in(Bytes who) {
    const bool is_taken = client.found_stand_in(now, colleague().address, who);
    settle();
    return is_taken;
  }
  bool is_served() const { return client.is_attached() && client.is_at_stand_in(); }
  ByteVector certificate;
};

}  // namespace

TEST_CASE("a colleague's device serves while no supernode answers") {
  Site w;
  REQUIRE(w.stands_in(w.certificate));
  CHECK(w.is_served());
  CHECK_EQ(w.colleague().node.handshakes, 1);
  CHECK_EQ(w.client.node_keys(), std::vector{w.node.keys.public_key});
  w.wait(10min);
  CHECK(w.is_served());
}

TEST_CASE("nobody stands in but a device of this organisation that may") {
  Site w;
  ClientWorld others(77);
  const crypto::PublicKey key = w.colleague().node.keys.public_key;
  CHECK_FALSE(w.stands_in(others.certify("Ben", key)));
  CHECK_FALSE(w.stands_in(w.other_node().certificate));
  CHECK_FALSE(w.stands_in({}));
  ByteVector forged = w.certificate;
  forged.back() ^= 1;
  CHECK_FALSE(w.stands_in(forged));
  policy::RootPolicy root;
  root.organisation = {"Relief"};
  root.serial = 1;
  root.from = {19'000};
  root.until = {20'500};
  root.rules.revoked = {wire::device_id_of(key)};
  REQUIRE(w.client.import_policy(w.now, w.sign(root)));
  CHECK_FALSE(w.stands_in(w.certificate));
  CHECK_EQ(w.colleague().node.handshakes, 0);
}

TEST_CASE("whoever has the certificate of a device but not its key serves nobody") {
  Site w;
  w.certificate = w.certify("Ben", w.own_key());
  CHECK(w.stands_in(w.certificate));
  CHECK_FALSE(w.is_served());
  CHECK_EQ(w.colleague().node.handshakes, 0);
}

TEST_CASE("with a session at a supernode nobody is asked to stand in") {
  Site w;
  w.node.is_silent = false;
  w.has_dns = true;
  w.wait(2min);
  REQUIRE(w.client.is_attached());
  w.stands_in(w.certificate);
  CHECK_FALSE(w.client.is_at_stand_in());
  CHECK_EQ(w.colleague().node.handshakes, 0);
}

TEST_CASE("what only a supernode may say does not stop a device when a stand-in says it") {
  for (const auto status : {wire::AttachStatus::revoked, wire::AttachStatus::certificate_refused,
                            wire::AttachStatus::enrolment_closed, wire::AttachStatus::full}) {
    Site w;
    w.colleague().node.response.status = status;
    w.stands_in(w.certificate);
    CHECK_FALSE(w.client.is_attached());
    w.node.is_silent = false;
    w.has_dns = true;
    w.wait(5min);
    CHECK(w.client.is_attached());
    CHECK_EQ(w.count(EventKind::refused), 0);
  }
  for (const auto reason : {wire::DetachReason::revoked, wire::DetachReason::replaced, wire::DetachReason::leaving}) {
    Site w;
    w.stands_in(w.certificate);
    w.colleague().node.send(w.now, wire::Detach{reason});
    w.settle();
    CHECK_FALSE(w.client.is_attached());
    w.node.is_silent = false;
    w.has_dns = true;
    w.wait(5min);
    CHECK(w.client.is_attached());
    CHECK_FALSE(w.client.is_at_stand_in());
    CHECK_EQ(w.count(EventKind::refused), 0);
  }
}

TEST_CASE("a look for the supernode ends there, or soon at the stand-in again") {
  Site w;
  w.stands_in(w.certificate);
  REQUIRE(w.is_served());
  w.client.leave_stand_in(w.now);
  w.settle();
  CHECK_FALSE(w.client.is_attached());
  w.wait(10s);
  CHECK(w.is_served());
  w.node.is_silent = false;
  w.client.leave_stand_in(w.now);
  w.settle();
  CHECK(w.client.is_attached());
  CHECK_FALSE(w.client.is_at_stand_in());
}

TEST_CASE("the clock of a stand-in is not believed, and it is forgotten with the program") {
  Site w;
  w.colleague().node.response.time = {ClientWorld::kWall.seconds + 400 * 86'400};
  w.stands_in(w.certificate);
  REQUIRE(w.is_served());
  CHECK(w.stands_in(w.certify("Ben", w.colleague().node.keys.public_key, 86'400)));  // good for a day by ours
  for (const SaveRecord& record : w.saved) CHECK_NE(record.kind, static_cast<uint8_t>(client::RecordKind::node));
}
