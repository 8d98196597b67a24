// Several nodes, one directory: finding people, calling them and going on when nodes, the bus or half of it are away.
#include <doctest/doctest.h>

#include "support/nodes_world.h"

namespace farline::testing {
namespace {

using Member = NodesWorld::Member;
using enum wire::LookupSource;

const ByteVector kNoise(57, 0x11);

bool finds(NodesWorld& world, const Member& from, std::string_view name, wire::LookupSource source) {
  const auto result = world.look_up(from, name);
  return result.status == wire::LookupStatus::found && result.device_count == 1 && result.devices[0].attached &&
         result.devices[0].source == source;
}

struct Channels {
  wire::Channel caller = 0;
  wire::Channel callee = 0;
};

std::optional<Channels> set_up(NodesWorld& world, const Member& caller, const Member& callee, wire::CallNumber call) {
  const wire::Invite invite{
      .callee = callee.client->id(), .call = call, .rate_kbps = 10, .known_devices = 1, .noise = kNoise};
  world.send(caller, invite);
  world.run(1s);
  const auto incoming = world.take<wire::Incoming>(callee);
  if (!incoming || incoming->caller != caller.client->id()) return std::nullopt;
  world.send(callee, wire::RingingFromCallee{.channel = incoming->channel, .noise = kNoise});
  const Channels channels{.caller = 0, .callee = incoming->channel};
  world.run(1s);
  const auto ringing = world.take<wire::RingingToCaller>(caller);
  if (!ringing || ringing->call != call) return std::nullopt;
  const wire::Channel from = ringing->channel;
  world.send(caller, wire::SealedSignal{.kind = wire::SealedKind::confirm, .channel = from, .sealed = kNoise});
  world.run(1s);
  const auto confirm = world.take<wire::SealedSignal>(callee);
  if (!confirm || confirm->channel != channels.callee) return std::nullopt;
  world.send(callee,
             wire::SealedSignal{.kind = wire::SealedKind::answer, .channel = channels.callee, .sealed = kNoise});
  world.run(1s);
  const auto answer = world.take<wire::SealedSignal>(caller);
  if (!answer || answer->kind != wire::SealedKind::answer || answer->channel != from) return std::nullopt;
  return Channels{from, channels.callee};
}

bool speaks(NodesWorld& world, const Member& from, wire::Channel by, const Member& to, wire::Channel at) {
  world.deliver(from, MiniClient::media(by, 42, 0x5a));
  world.run(100ms);
  const auto heard = world.take_media(to);
  return heard && equal(heard->bytes(), MiniClient::media(at, 42, 0x5a));
}

TEST_CASE("a person at another node is found, called and heard, and says good-bye") {
  NodesWorld world(3);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 2);
  CHECK(finds(world, ann, "bob", other_node));
  CHECK(finds(world, ann, "ann", own_node));

  const auto channels = set_up(world, ann, bob, 7);
  REQUIRE(channels);
  CHECK(speaks(world, ann, channels->caller, bob, channels->callee));
  CHECK(speaks(world, bob, channels->callee, ann, channels->caller));
  CHECK(world.nodes[1].core->counters().relayed_packets == 0);
  CHECK(world.nodes[1].core->status().legs == 0);

  world.send(bob, wire::SealedSignal{.kind = wire::SealedKind::hangup, .channel = channels->callee, .sealed = kNoise});
  world.run(1s);
  const auto hangup = world.take<wire::SealedSignal>(ann);
  REQUIRE(hangup);
  CHECK(hangup->kind == wire::SealedKind::hangup);
  world.send(ann, wire::HangupAck{channels->caller});
  world.run(1s);
  CHECK(world.take<wire::HangupAck>(bob)->channel == channels->callee);
  world.run(1min);
  CHECK(world.nodes[0].core->status().legs == 0);
  CHECK(world.nodes[2].core->status().legs == 0);
}

TEST_CASE("a good-bye while the bus is away is said when it is back, until it is heard") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 1);
  const auto channels = set_up(world, ann, bob, 7);
  REQUIRE(channels);
  const wire::SealedSignal hangup{.kind = wire::SealedKind::hangup, .channel = channels->caller, .sealed = kNoise};
  world.set_bus(false);
  world.send(ann, hangup);
  world.run(2min);
  CHECK_FALSE(world.take<wire::SealedSignal>(bob));
  world.set_bus(true);
  world.run(15s);
  const auto heard = world.take<wire::SealedSignal>(bob);
  REQUIRE(heard);
  CHECK(heard->kind == wire::SealedKind::hangup);
  CHECK(heard->channel == channels->callee);
  CHECK(equal(heard->sealed, kNoise));
  SUBCASE("and acknowledged") {
    world.send(bob, wire::HangupAck{channels->callee});
  }
  SUBCASE("or the device has forgotten the call") {
    world.send(bob, wire::ChannelUnknown{channels->callee});
  }
  SUBCASE("or its node has") {
    world.kill(1);
    world.run(2min);
    world.start(1);
    world.run(15s);
    CHECK(world.nodes[0].core->status().legs == 0);
    return;
  }
  world.run(15s);
  (void)world.take<wire::SealedSignal>(bob);
  world.run(1min);
  CHECK_FALSE(world.take<wire::SealedSignal>(bob));
  CHECK(world.nodes[0].core->status().legs == 0);
  CHECK(world.nodes[1].core->status().legs == 0);
}

TEST_CASE("an invitation needs no look-up before, and brings the caller's certificate") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 1);
  REQUIRE(set_up(world, ann, bob, 7));
  world.send(bob, wire::CertificateWanted{.by = wire::CertificateBy::device_id, .id = ann.client->id().bytes});
  const auto reply = world.take<wire::CertificateReply>(bob);
  REQUIRE(reply);
  CHECK(equal(reply->certificate, ann.client->certificate));
}

TEST_CASE("a caller that gives up is told on; a callee that is away is said to be") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 1);
  const wire::Invite invite{.callee = bob.client->id(), .call = 7, .rate_kbps = 3, .known_devices = 1, .noise = kNoise};
  world.send(ann, invite);
  world.run(1s);
  const auto incoming = world.take<wire::Incoming>(bob);
  REQUIRE(incoming);
  world.send(ann, wire::Cancel{7});
  world.run(1s);
  CHECK(world.take<wire::Cancelled>(bob)->channel == incoming->channel);

  world.send(bob, wire::Detach{wire::DetachReason::leaving});
  wire::Invite again = invite;
  again.call = 8;
  world.send(ann, again);
  world.run(1s);
  const auto failed = world.take<wire::CallFailed>(ann);
  REQUIRE(failed);
  CHECK(failed->call == 8);
  CHECK(failed->reason == wire::CallFailure::not_attached);
}

TEST_CASE("nobody answers for a name that nobody has, within a second") {
  NodesWorld world(3);
  const Member ann = world.member("Ann", 0);
  CHECK(world.look_up(ann, "nobody").status == wire::LookupStatus::no_such_name);
  world.kill(1);
  CHECK(world.look_up(ann, "nobody").status == wire::LookupStatus::no_such_name);
  world.loss_percent = 50;
  for (int i = 0; i < 20; ++i) CHECK(world.look_up(ann, "nobody").status == wire::LookupStatus::no_such_name);
}

TEST_CASE("without the bus what was known is said to be stale, and a node serves its own") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member cid = world.member("Cid", 0);
  const Member bob = world.member("Bob", 1);
  CHECK(finds(world, ann, "bob", other_node));
  world.set_bus(false);
  CHECK(finds(world, ann, "bob", stale));
  CHECK(finds(world, ann, "cid", own_node));
  REQUIRE(set_up(world, ann, cid, 7));
  world.set_bus(true);
  world.run(1s);
  CHECK(finds(world, ann, "bob", other_node));
}

TEST_CASE("a device that moves is found where it went, and its former node lets it go") {
  NodesWorld world(3);
  const Member ann = world.member("Ann", 0);
  Member bob = world.member("Bob", 1);
  CHECK(finds(world, ann, "bob", other_node));
  REQUIRE(world.attach(bob, 2));
  world.run(1s);
  CHECK(world.nodes[1].core->status().attached == 0);
  REQUIRE(set_up(world, ann, bob, 7));
  // Back again, with a higher sequence.
  REQUIRE(world.attach(bob, 1));
  world.run(1s);
  CHECK(world.nodes[2].core->status().attached == 0);
  REQUIRE(set_up(world, ann, bob, 8));
}

TEST_CASE("a device that did not say where it is, is asked, and found then") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  Member bob = world.member("Bob", 0);
  REQUIRE(world.attach(bob, 1, true));
  const auto greeting = world.last_greeting;
  CHECK((greeting.capabilities & wire::kNodeWantsPresence) != 0);
  world.run(5s);
  world.deliver(bob, bob.client->keepalive());
  world.run(10s);
  REQUIRE(world.take<wire::PresenceWanted>(bob));
  world.send(bob, bob.client->presence(greeting));
  world.run(1s);
  CHECK(world.nodes[0].core->status().attached == 1);  // Ann; Bob has gone
  CHECK(finds(world, ann, "bob", other_node));
}

TEST_CASE("nodes of a bus that was cut see the same within a minute") {
  NodesWorld world(4);
  std::deque<Member> people;
  std::map<wire::DeviceId, std::string> names;
  for (size_t i = 0; i < 8; ++i) {
    const std::string name = "person" + std::to_string(i);
    people.push_back(world.member(name, i % 4));
    names[people.back().client->id()] = name;
  }
  world.nodes[2].side = world.nodes[3].side = 1;
  world.run(20s);
  // While it is cut, half of them move to a node on the other side.
  for (size_t i = 0; i < 8; i += 2) REQUIRE(world.attach(people[i], (i + 2) % 4));
  world.run(5min);
  for (const Member& person : people) world.deliver(person, person.client->keepalive());
  for (NodesWorld::Node& node : world.nodes) node.side = 0;
  world.run(40s);
  for (const Member& person : people) world.deliver(person, person.client->keepalive());
  for (const Member& from : people)
    for (const Member& to : people) {
      CAPTURE(from.at);
      CAPTURE(to.at);
      CHECK(finds(world, from, names.at(to.client->id()), from.at == to.at ? own_node : other_node));
    }
  CHECK(set_up(world, people[0], people[1], 100));
}

TEST_CASE("a node that restarts is spoken with again, and old frames are not taken") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  Member bob = world.member("Bob", 1);
  CHECK(finds(world, ann, "bob", other_node));
  world.kill(1);
  world.run(2s);
  world.start(1);
  world.run(2s);
  REQUIRE(world.attach(bob, 1));
  world.run(1s);
  REQUIRE(set_up(world, ann, bob, 7));
}

TEST_CASE("a stranger on the bus changes nothing: frames are repeated, damaged and made up") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 1);
  const auto channels = set_up(world, ann, bob, 7);
  REQUIRE(channels);
  std::vector<ByteVector> seen;
  world.deliver(ann, MiniClient::media(channels->caller));
  for (const auto& frame : world.frames) seen.push_back(frame.bytes);
  REQUIRE(!seen.empty());
  world.run(1s);
  REQUIRE(world.take_media(bob));
  const uint64_t relayed = world.nodes[1].core->counters().relayed_packets;
  const uint64_t refused = world.nodes[1].core->counters().backbone_refused;
  for (const ByteVector& frame : seen)
    for (size_t bit = 0; bit <= frame.size(); ++bit) {
      ByteVector bad = frame;
      if (bit < frame.size()) bad[bit] ^= 1;  // the last one is whole: a replay
      world.turn(1, [&](supernode::Supernode& core) { core.handle_backbone(world.now, bad); });
    }
  CHECK(world.nodes[1].core->counters().relayed_packets == relayed);
  CHECK(world.nodes[1].core->counters().backbone_refused >= refused + seen.size());
  CHECK(speaks(world, ann, channels->caller, bob, channels->callee));
}

TEST_CASE("a node of another organisation is not spoken with") {
  NodesWorld world(2);
  NodesWorld strangers(1);
  ByteVector hello;
  strangers.nodes[0].core->set_backbone(strangers.now, false);
  strangers.nodes[0].core->set_backbone(strangers.now, true);
  for (supernode::BackboneSend out; strangers.nodes[0].core->poll_backbone(out);) hello = out.frame;
  REQUIRE(!hello.empty());
  // The toy makes the same keys from the same seed; another root is another organisation.
  hello[60] ^= 1;
  world.turn(0, [&](supernode::Supernode& core) { core.handle_backbone(world.now, hello); });
  CHECK(world.nodes[0].core->other_nodes(world.now) == 1);
}

}  // namespace
}  // namespace farline::testing
