// Mail for people at other nodes: it is on a node's disk before the sender is told, it goes on when it can, and no way
// of losing nodes, frames or the bus loses or repeats a message.
#include <doctest/doctest.h>

#include "support/nodes_world.h"

namespace farline::testing {
namespace {

using Member = NodesWorld::Member;

ByteVector text_of(uint8_t what, size_t size = 70) {
  return ByteVector(size, what);
}

void put(NodesWorld& world, const Member& from, const Member& to, const ByteVector& sealed, uint8_t number = 1,
         bool keep = true) {
  world.send(from, wire::MailPut{number, keep, to.client->id().bytes, sealed});
}

bool is_stored(NodesWorld& world, const Member& from, uint8_t number = 1) {
  const auto stored = world.take<wire::MailStored>(from);
  return stored && stored->numbers.size() == 1 && stored->numbers[0] == number;
}

// Asks for all that waits, as a client does, and says of the newest MAIL that it has it.
std::set<ByteVector> collect(NodesWorld& world, const Member& by) {
  std::set<ByteVector> out;
  uint8_t number = 0;
  for (bool is_more = true; is_more;) {
    world.send(by, wire::MailTaken{number, 1160});
    world.run(100ms);
    is_more = false;
    while (const auto mail = world.take<wire::Mail>(by)) {
      number = mail->number;
      wire::MailItems items(mail->items);
      is_more = mail->left > 0;
      for (; const auto item = items.next(); is_more = true) out.insert(to_vector(item->sealed));
    }
  }
  return out;
}

size_t mail_at(const NodesWorld& world, size_t node) {
  return world.nodes[node].core->status().mail;
}

TEST_CASE("a message for somebody at another node is there at once, and forgotten when taken") {
  NodesWorld world(3);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 2);
  put(world, ann, bob, text_of('x'));
  world.run(2s);
  CHECK(is_stored(world, ann));
  const auto mail = world.take<wire::Mail>(bob);
  REQUIRE(mail);
  wire::MailItems items(mail->items);
  const auto item = items.next();
  REQUIRE(item);
  CHECK(item->sender == ann.client->id());
  CHECK(equal(item->sealed, text_of('x')));
  CHECK(mail_at(world, 0) == 0);
  CHECK(mail_at(world, 2) == 1);
  CHECK(mail_at(world, 1) == 0);
  world.send(bob, wire::MailTaken{mail->number, 0});
  world.run(1s);
  CHECK(mail_at(world, 2) == 0);
  CHECK(world.nodes[0].core->counters().mail_moved == 1);
  // Said again, because the answer was lost: it is none.
  put(world, ann, bob, text_of('x'), 2);
  world.run(3s);
  CHECK(is_stored(world, ann, 2));
  CHECK_FALSE(world.take<wire::Mail>(bob));
  CHECK(mail_at(world, 0) + mail_at(world, 2) == 0);
}

TEST_CASE("what nobody shall keep goes to another node as well, or is said not to have gone") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 1);
  (void)world.look_up(ann, "bob");
  put(world, ann, bob, text_of('l'), 1, false);
  world.run(1s);
  CHECK(is_stored(world, ann));
  const auto mail = world.take<wire::Mail>(bob);
  REQUIRE(mail);
  CHECK(mail->number == 0);
  CHECK(mail_at(world, 1) == 0);
  world.send(bob, wire::Detach{wire::DetachReason::leaving});
  world.kill(1);
  world.run(20s);
  world.deliver(ann, ann.client->keepalive());
  put(world, ann, bob, text_of('l'), 2, false);
  world.run(1s);
  const auto refused = world.take<wire::MailRefused>(ann);
  REQUIRE(refused);
  CHECK(refused->reason == wire::MailRefusal::absent);
}

TEST_CASE("mail for who is away waits at home, and follows to where the device comes") {
  NodesWorld world(3);
  const Member ann = world.member("Ann", 0);
  Member bob = world.member("Bob", 1);
  world.send(bob, wire::Detach{wire::DetachReason::leaving});
  for (uint8_t i = 0; i < 20; ++i) {
    put(world, ann, bob, text_of(i, 900), i);
    world.run(1s);
    CHECK(is_stored(world, ann, i));
  }
  CHECK(mail_at(world, 0) == 0);
  CHECK(mail_at(world, 1) == 20);
  SUBCASE("at home") {
    REQUIRE(world.attach(bob, 1));
    CHECK((world.last_greeting.capabilities & wire::kNodeHasMail) != 0);
  }
  SUBCASE("at a third node") {
    REQUIRE(world.attach(bob, 2));
  }
  SUBCASE("where the sender is") {
    REQUIRE(world.attach(bob, 0));
  }
  world.run(5s);
  CHECK(mail_at(world, bob.at) == 20);
  CHECK(collect(world, bob).size() == 20);
  world.run(5s);
  for (size_t i = 0; i < 3; ++i) CHECK(mail_at(world, i) == 0);
}

TEST_CASE("while the way is closed mail waits where it was given, also over a crash, and then goes on") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  Member bob = world.member("Bob", 1);
  (void)world.look_up(ann, "bob");
  SUBCASE("the bus is away") {
    world.set_bus(false);
  }
  SUBCASE("the bus holds everything back") {
    world.loss_percent = 100;
  }
  SUBCASE("the other node is dead") {
    world.kill(1);
  }
  for (uint8_t i = 0; i < 5; ++i) {
    put(world, ann, bob, text_of(i), i);
    world.run(1s);
    CHECK(is_stored(world, ann, i));
  }
  world.run(25s);
  CHECK(mail_at(world, 0) == 5);
  const bool is_dead = !world.nodes[1].is_on;
  world.kill(0);
  world.start(0);
  CHECK(mail_at(world, 0) == 5);
  if (is_dead) world.start(1);
  world.loss_percent = 0;
  if (!world.bus_up) world.set_bus(true);
  REQUIRE(world.attach(bob, 1));
  world.run(40s);
  CHECK(mail_at(world, 0) == 0);
  CHECK(collect(world, bob).size() == 5);
}

TEST_CASE("a recipient that no node knows is told from one that cannot be asked for") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 1);
  const Member nobody{std::make_unique<MiniClient>(77, world.asymmetric, world.nodes[0].keys.public_key), 0};
  put(world, ann, nobody, text_of('x'));
  world.run(1s);
  const auto refused = world.take<wire::MailRefused>(ann);
  REQUIRE(refused);
  CHECK(refused->reason == wire::MailRefusal::no_such_device);
  world.set_bus(false);
  put(world, ann, bob, text_of('y'), 2);
  world.run(1s);
  const auto busy = world.take<wire::MailRefused>(ann);
  REQUIRE(busy);
  CHECK(busy->reason == wire::MailRefusal::busy);
  CHECK(busy->again_s > 0);
}

TEST_CASE("a node that cannot write takes no mail of others, and theirs stays where it is") {
  NodesWorld world(2);
  const Member ann = world.member("Ann", 0);
  const Member bob = world.member("Bob", 1);
  world.nodes[1].mail.is_full = true;
  put(world, ann, bob, text_of('x'));
  world.run(10s);
  CHECK(is_stored(world, ann));
  CHECK(mail_at(world, 0) == 1);
  world.nodes[1].mail.is_full = false;
  world.run(90s);
  CHECK(mail_at(world, 0) == 0);
  CHECK(mail_at(world, 1) == 1);
}

TEST_CASE("nodes that believe old news of a device do not send its mail in circles") {
  NodesWorld world(3);
  const Member ann = world.member("Ann", 0);
  Member bob = world.member("Bob", 1);
  // Both others have seen Bob at the node of the third, and he is gone from everywhere.
  REQUIRE(world.attach(bob, 2));
  world.run(1s);
  (void)world.look_up(ann, "bob");
  world.kill(2);
  world.start(2);
  world.run(2s);
  put(world, ann, bob, text_of('x'));
  world.run(20s);
  CHECK(is_stored(world, ann));
  CHECK(mail_at(world, 0) == 0);
  CHECK(mail_at(world, 2) == 0);
  CHECK(mail_at(world, 1) == 1);
  const uint64_t bytes = world.frame_bytes;
  world.run(10s);
  CHECK(world.frame_bytes - bytes < 10'000);  // HELLOs alone
}

// Frames are lost, nodes die and come back, people move; every message that was confirmed comes, none is at two nodes
// in the end.
TEST_CASE("whatever happens between nodes, what was confirmed arrives") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    NodesWorld world(3);
    SeededRng chance(seed);
    const Member ann = world.member("Ann", 0);
    Member bob = world.member("Bob", 1);
    std::set<ByteVector> confirmed, arrived;
    (void)world.look_up(ann, "bob");
    world.loss_percent = 30;
    for (uint8_t i = 0; i < 40; ++i) {
      const ByteVector message = text_of(i, 60 + chance.below(900));
      put(world, ann, bob, message, i);
      world.run(1s);
      if (is_stored(world, ann, i)) confirmed.insert(message);
      const size_t which = 1 + chance.below(2);
      switch (chance.below(6)) {
        case 0:
          world.kill(which);
          world.run(Duration{1s} * static_cast<int64_t>(chance.below(20)));
          world.start(which);
          break;
        case 1:
          (void)world.attach(bob, which);
          break;
        case 2:
          arrived.merge(collect(world, bob));
          break;
        case 3:
          world.set_bus(!world.bus_up);
          break;
        default:
          break;
      }
      world.deliver(ann, ann.client->keepalive());
    }
    world.loss_percent = 0;
    if (!world.bus_up) world.set_bus(true);
    REQUIRE(world.attach(bob, 1));
    for (int i = 0; i < 6; ++i) {
      world.run(40s);
      world.deliver(bob, bob.client->keepalive());
      arrived.merge(collect(world, bob));
    }
    CHECK(confirmed.size() == 40);
    for (const ByteVector& message : confirmed) CHECK(arrived.contains(message));
    for (size_t i = 0; i < 3; ++i) CHECK(mail_at(world, i) == 0);
  }
}

}  // namespace
}  // namespace farline::testing
