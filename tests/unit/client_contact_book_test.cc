#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::EndReason;
using client::EventKind;

TEST_CASE("a known person's new device is an event, the first one is not") {
  ClientWorld w;
  w.attach();
  FakePeer desk = w.peer("Bela", 2), pocket = w.peer("Bela", 3);
  w.call("bela");
  w.answer_lookup({&desk});
  CHECK_EQ(w.count(EventKind::new_device), 0);
  w.tell_devices(0, {&desk, &pocket});
  CHECK_EQ(w.count(EventKind::new_device), 1);
}

// The supernode can certify devices. That a known person suddenly has another one is all that would show it.
TEST_CASE("a node cannot make us forget a person so that their new device goes unnoticed") {
  ClientWorld w;
  w.attach();
  FakePeer desk = w.peer("Bela", 2), foreign = w.peer("Bela", 3);
  w.call("bela");
  w.answer_lookup({&desk});
  REQUIRE(w.node.take<wire::Invite>());
  w.client.hang_up(w.now);
  w.settle();
  w.call("bela");
  const auto invite = w.node.take<wire::Invite>();
  REQUIRE(invite);
  w.say(wire::CallFailed{invite->call, wire::CallFailure::no_such_device});
  const auto lookup = w.node.take<wire::Lookup>();
  REQUIRE(lookup);
  w.say(wire::LookupResult{.request = lookup->request, .status = wire::LookupStatus::no_such_name});
  CHECK_EQ(w.events.back().reason, EndReason::no_such_name);
  REQUIRE_EQ(w.client.contacts().size(), 1);

  w.call("bela");
  w.tell_devices(0, {&foreign});
  CHECK_EQ(w.count(EventKind::new_device), 1);
  CHECK_EQ(w.client.contacts().front().devices, 1);  // the old device is not listed any more
}

TEST_CASE("a list of devices of others changes nothing about a person") {
  ClientWorld w;
  w.attach();
  FakePeer desk = w.peer("Bela", 2), cesar = w.peer("Cesar", 4);
  w.call("bela");
  w.answer_lookup({&desk});
  w.client.hang_up(w.now);
  w.settle();
  w.call("dora");
  w.answer_lookup({&cesar});
  CHECK_EQ(w.ended(), EndReason::hung_up);
  CHECK_EQ(w.events.back().reason, EndReason::failed);
  CHECK_EQ(w.client.contacts().size(), 2);
}

TEST_CASE("the certificate of a known caller expires: it rings again only with a new one") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  bela.certificate = w.certify("Bela", bela.static_keys.public_key, 3600);
  w.invite(bela, 77, 21, 5);
  CHECK_EQ(w.count(EventKind::incoming), 1);
  w.client.hang_up(w.now);
  w.settle();
  w.wait(2h);
  w.invite(bela, 78, 22, 6);  // the node still has the old certificate only
  CHECK_EQ(w.count(EventKind::incoming), 1);
  bela.certificate = w.certify("Bela", bela.static_keys.public_key);
  w.invite(bela, 79, 23, 7);
  CHECK_EQ(w.count(EventKind::incoming), 2);
  CHECK_EQ(w.count(EventKind::new_device), 0);
  CHECK_EQ(w.client.contacts().front().devices, 1);
}

TEST_CASE("a device that is certified under another name moves there, and the name it had stays known") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2), other = w.peer("Bela", 3);
  bela.certificate = w.certify("Bela", bela.static_keys.public_key, 3600);
  w.call("bela");
  w.answer_lookup({&bela});
  w.client.hang_up(w.now);
  w.settle();
  bela.certificate = w.certify("Cesar", bela.static_keys.public_key);
  w.call("cesar");
  w.answer_lookup({&bela});
  CHECK(w.node.take<wire::Invite>());
  w.client.hang_up(w.now);
  w.settle();
  w.call("bela");
  w.answer_lookup({&other});
  CHECK_EQ(w.count(EventKind::new_device), 1);
}

TEST_CASE("who another node certified is called once the node has said who that is, and that is asked once") {
  ClientWorld w;
  w.attach();
  const auto other = w.other_node();
  FakePeer bela = w.peer_of(other, "Bela", 2), cleo = w.peer_of(other, "Cleo", 3);
  w.call("bela");
  w.answer_lookup({&bela});
  CHECK_FALSE(w.node.take<wire::Invite>());
  const auto wanted = w.node.take<wire::CertificateWanted>();
  REQUIRE(wanted);
  CHECK(wanted->by == wire::CertificateBy::certificate_hash);
  w.say(wire::CertificateReply{wanted->by, wanted->id, other.certificate});
  CHECK(w.node.take<wire::Invite>());
  w.client.hang_up(w.now);
  w.settle();

  ClientWorld again;  // as after a restart: the issuer was saved
  for (const SaveRecord& record : w.saved) again.client.load(record);
  again.attach();
  again.call("cleo");
  again.answer_lookup({&cleo});
  CHECK_FALSE(again.node.take<wire::CertificateWanted>());
  CHECK(again.node.take<wire::Invite>());
}

TEST_CASE("an issuer whom the node does not know, or makes up, calls nobody") {
  for (const bool is_made_up : {false, true}) {
    ClientWorld w, elsewhere(9);
    w.attach();
    const auto other = elsewhere.other_node();
    FakePeer bela = elsewhere.peer_of(other, "Bela", 2);
    w.call("bela");
    w.answer_lookup({&bela});
    const auto wanted = w.node.take<wire::CertificateWanted>();
    REQUIRE(wanted);
    w.say(wire::CertificateReply{wanted->by, wanted->id, is_made_up ? Bytes(other.certificate) : Bytes()});
    CHECK_FALSE(w.node.take<wire::Invite>());
    CHECK_FALSE(w.node.take<wire::CertificateWanted>());
    CHECK(w.ended().has_value());
  }
}
