#include <doctest/doctest.h>

#include "support/chat_world.h"

using namespace farline;
using namespace farline::chat;
using farline::testing::ChatDevice;
using farline::testing::ChatWorld;

namespace {

size_t messages_seen(ChatDevice& device, const GroupId& group) {
  const auto page = device.chat->page({.group = group, .from = {}, .forwards = true, .count = 100'000});
  return page ? page->size() : 0;
}

// What people write, 60 characters a line, of words that the dictionary's makers did not choose line by line.
std::string line(ChatWorld& world) {
  static const char* const kWords[] = {"the",    "truck",  "is",      "late",  "we",     "need",  "water", "by",
                                       "friday", "please", "confirm", "road",  "closed", "bring", "two",   "boxes",
                                       "from",   "camp",   "driver",  "said",  "rain",   "again", "north", "generator",
                                       "fuel",   "list",   "meeting", "moved", "to",     "three", "ok",    "thanks"};
  std::string out;
  while (out.size() < 60) out += std::string(out.empty() ? "" : " ") + kWords[world.rng.below(std::size(kWords))];
  out.resize(60);
  return out;
}

struct Pair {
  explicit Pair(uint64_t seed) : world(seed), alice(world.add("alice")), bob(world.add("bob")) {
    world.set_online(alice, true);
    world.set_online(bob, true);
    group = *alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob"}});
    world.run(10min);
  }
  void say(ChatDevice& device) {
    REQUIRE(device.chat->send(world.now_of(device), group, Text{line(world), {}}));
    world.run(1min);
  }
  ChatWorld world;
  ChatDevice& alice;
  ChatDevice& bob;
  GroupId group;
};

}  // namespace

TEST_CASE("a live line of 60 characters costs little more than itself") {
  Pair pair(3);
  pair.say(pair.alice);
  size_t sum = 0;
  for (int i = 0; i < 20; ++i) {
    REQUIRE(pair.alice.chat->send(pair.world.now_of(pair.alice), pair.group, Text{line(pair.world), {}}));
    Output output;
    REQUIRE(pair.alice.chat->poll_output(output));
    CHECK_LE(output.bytes.size(), 60 + 40);
    sum += output.bytes.size();
    CHECK_FALSE(pair.alice.chat->poll_output(output));
  }
  CHECK_LE(sum, 20 * 78);  // 185 B on the wire: client_mail_test.cc
  MESSAGE("sealed live line: " << sum / 20 << " B on average");
}

TEST_CASE("a check-in costs few bytes, with a place and words too") {
  Pair pair(3);
  pair.say(pair.alice);
  const auto sealed = [&](const CheckIn& body) {
    REQUIRE(pair.alice.chat->send(pair.world.now_of(pair.alice), pair.group, body));
    Output output;
    REQUIRE(pair.alice.chat->poll_output(output));
    return output.bytes.size();
  };
  CHECK_LE(sealed(CheckIn{}), 40);
  CHECK_LE(sealed({.state = Wellbeing::moving, .place = {{4'612'345, 1'450'000}}, .text = {}}), 48);
  CHECK_LE(sealed({.state = Wellbeing::fine, .place = {{0, 0}}, .text = std::string(kCheckInTextBytesMax, 'x')}), 108);
}

TEST_CASE("1000 lines are caught up with at less than 40 bytes each, also in 11 attempts") {
  for (const bool cuts : {false, true}) {
    Pair pair(4);
    pair.world.set_online(pair.bob, false);
    for (int i = 0; i < 1000; ++i) {
      REQUIRE(pair.alice.chat->send(pair.world.now_of(pair.alice), pair.group, Text{line(pair.world), {}}));
      pair.world.run(10s);
    }
    pair.world.bytes_sent = pair.world.outputs = 0;
    for (int attempt = 0; cuts && attempt < 10; ++attempt) {
      pair.world.set_online(pair.bob, true);
      pair.world.run(8s);
      pair.world.set_online(pair.bob, false);
      pair.world.run(1min);
    }
    pair.world.set_online(pair.bob, true);
    pair.world.run(1h);
    CHECK_EQ(messages_seen(pair.bob, pair.group), 1000);
    MESSAGE(std::string(cuts ? "with 10 cuts: " : "at once: ")
            << pair.world.bytes_sent / 1000 << " B a line sealed, in " << pair.world.outputs << " messages");
    if (!cuts) CHECK_LE(pair.world.bytes_sent + 50 * pair.world.outputs, 40'000);
  }
}

TEST_CASE("what lies under a hole that nobody fills is passed on too, with its proof") {
  ChatWorld world(5);
  ChatDevice& author = world.add("author");
  ChatDevice& witness = world.add("witness");
  ChatDevice& late = world.add("late");
  author.online = witness.online = true;
  world.reconnect();
  const auto group = *author.chat->new_group(world.now_of(author), {.title = "t", .members = {"witness", "late"}});
  const auto write = [&](int lines) {
    for (int i = 0; i < lines; ++i) {
      REQUIRE(author.chat->send(world.now_of(author), group, Text{line(world), {}}));
      world.run(10s);
    }
  };
  write(5);
  world.run(1h);
  REQUIRE_EQ(messages_seen(witness, group), 5);
  world.set_online(witness, false);
  write(1000);
  world.set_online(witness, true);
  world.run(8s);
  world.set_online(author, false);  // for ever
  const size_t seen = messages_seen(witness, group);
  REQUIRE_GT(seen, 5);
  REQUIRE_LT(seen, 1000);
  witness.start(world.now_of(witness));  // the proof is on its disk
  world.set_online(late, true);
  world.set_online(witness, false);
  world.set_online(witness, true);
  world.run(2h);
  CHECK_EQ(messages_seen(late, group), seen);
}

TEST_CASE("who was removed cannot read what follows, with all that it ever had") {
  ChatWorld world(5);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  ChatDevice& eve = world.add("eve");
  for (ChatDevice* device : {&alice, &bob, &eve}) world.set_online(*device, true);
  const auto group = alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob", "eve"}});
  world.run(10min);
  REQUIRE(alice.chat->send(world.now_of(alice), *group, Text{"before", {}}));
  world.run(10min);
  CHECK_EQ(messages_seen(eve, *group), 1);
  REQUIRE(alice.chat->remove(world.now_of(alice), *group, "eve"));
  world.run(10min);
  REQUIRE(alice.chat->send(world.now_of(alice), *group, Text{"after", {}}));
  REQUIRE(bob.chat->send(world.now_of(bob), *group, Text{"after too", {}}));
  // All that leaves now is handed to eve as well.
  size_t handed = 0;
  for (ChatDevice* sender : {&alice, &bob}) {
    Output output;
    while (sender->chat->poll_output(output)) {
      ++handed;
      for (const auto& to : output.to) CHECK_FALSE(to == eve.id());
      eve.chat->take(world.now_of(eve), sender->id(), output.bytes);
    }
  }
  CHECK_GT(handed, 0);
  CHECK_EQ(messages_seen(eve, *group), 1);
}

// Its author will not come to sign it, and others may never have had it.
TEST_CASE("a live line that waited for its author's name is not taken after the author was removed") {
  ChatWorld world(8);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  ChatDevice& eve = world.add("eve");
  for (ChatDevice* device : {&alice, &bob}) world.set_online(*device, true);
  const auto group = alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob", "eve"}});
  world.run(10min);
  world.set_online(bob, false);
  world.set_online(eve, true);
  world.run(10min);
  world.set_online(alice, false);
  REQUIRE(eve.chat->send(world.now_of(eve), *group, Text{"bob alone hears this", {}}));
  Output output;
  while (eve.chat->poll_output(output)) bob.chat->take(world.now_of(bob), eve.id(), output.bytes);
  world.set_online(eve, false);
  REQUIRE(alice.chat->remove(world.now_of(alice), *group, "eve"));
  for (ChatDevice* device : {&alice, &bob}) world.set_online(*device, true);
  world.run(1h);
  CHECK_EQ(bob.chat->groups()[0].members, std::vector<std::string>{"alice", "bob"});
  CHECK_EQ(messages_seen(bob, *group), 0);
}

TEST_CASE("a disk that refuses says so, and nothing of it was sent") {
  Pair pair(6);
  pair.say(pair.alice);
  pair.alice.disk.refuses = true;
  CHECK_FALSE(pair.alice.chat->send(pair.world.now_of(pair.alice), pair.group, Text{"lost", {}}));
  Output output;
  CHECK_FALSE(pair.alice.chat->poll_output(output));
  pair.alice.disk.refuses = false;
  pair.alice.start(pair.world.now_of(pair.alice));
  CHECK_EQ(messages_seen(pair.alice, pair.group), 1);
}

TEST_CASE("a restored backup goes on under a new name, and gets back what it lacks") {
  Pair pair(7);
  pair.say(pair.alice);
  const auto backup = pair.alice.disk;
  pair.say(pair.alice);
  pair.alice.disk = backup;
  pair.alice.start(pair.world.now_of(pair.alice), true);
  REQUIRE(pair.alice.chat->send(pair.world.now_of(pair.alice), pair.group, Text{"third", {}}));
  pair.world.set_online(pair.bob, false);
  pair.world.set_online(pair.bob, true);
  pair.world.run(30min);
  CHECK_EQ(messages_seen(pair.alice, pair.group), 3);
  CHECK_EQ(messages_seen(pair.bob, pair.group), 3);
}

TEST_CASE("a member's clock far in the future does not pull a group along") {
  ChatWorld world(8);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  ChatDevice& mallory = world.add("mallory");
  mallory.clock_error = 100LL * 365 * 24 * 3600;
  for (ChatDevice* device : {&alice, &bob, &mallory}) world.set_online(*device, true);
  const auto group = alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob", "mallory"}});
  world.run(10min);
  REQUIRE(mallory.chat->send(world.now_of(mallory), *group, Text{"from the future", {}}));
  world.run(10min);
  const auto id = alice.chat->send(world.now_of(alice), *group, Text{"now", {}});
  REQUIRE(id);
  const Hlc now = world.now_of(alice).wall.seconds * kHlcPerSecond;
  CHECK_LE(alice.chat->message(*group, *id)->order.hlc, now + 25 * 3600 * kHlcPerSecond);
}
