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
