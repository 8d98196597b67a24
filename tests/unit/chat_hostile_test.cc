// A member that has every key a member has and means harm: what it costs the others is bounded, and nothing of theirs
// is lost (docs/CHAT.md, Hostile members).
#include <doctest/doctest.h>

#include "support/hostile_member.h"

using namespace farline;
using namespace farline::chat;
using farline::testing::ChatDevice;
using farline::testing::ChatWorld;
using farline::testing::HostileMember;

namespace {

struct Siege {
  explicit Siege(uint64_t seed) : world(seed) {
    for (ChatDevice* device : {&alice, &bob, &mallory}) device->online = true;
    world.reconnect();
    group = *alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob", "mallory"}});
    world.run(10min);
    for (ChatDevice* device : {&alice, &bob, &mallory}) say(*device, "hello");
    world.run(10min);
    INVARIANT(read(bob).size() == 3);
  }
  EntryId say(ChatDevice& device, std::string text) {
    const auto id = device.chat->send(world.now_of(device), group, Text{std::move(text), {}});
    REQUIRE(id);
    return *id;
  }
  std::vector<Message> read(ChatDevice& device) {
    const auto page = device.chat->page({.group = group, .from = {}, .forwards = true, .count = 100'000});
    REQUIRE(page);
    return *page;
  }
  size_t seen_of(ChatDevice& device, const std::string& author) {
    const auto messages = read(device);
    return static_cast<size_t>(std::ranges::count(messages, author, &Message::author));
  }
  // Without letting it leave: what a carrier that is slow finds waiting.
  size_t waiting(ChatDevice& device) {
    Output output;
    size_t count = 0;
    while (device.chat->poll_output(output)) ++count;
    return count;
  }
  GroupInfo info(ChatDevice& device) { return device.chat->groups().at(0); }
  LogId messages_log(ChatDevice& device) {
    for (const Message& message : read(device))
      if (message.author == device.name()) return message.order.id.log;
    return {};
  }

  ChatWorld world;
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  ChatDevice& mallory = world.add("mallory");
  GroupId group;
};

ByteVector text(const std::string& words) {
  return encode(Body(Text{words, {}}));
}

}  // namespace

TEST_CASE("who claims ten million entries and trickles useless ones keeps nobody from the others' history") {
  Siege siege(1);
  siege.world.set_online(siege.bob, false);
  for (int i = 0; i < 100; ++i) siege.say(siege.alice, "line " + std::to_string(i));
  siege.world.run(10min);
  const LogId log = siege.messages_log(siege.alice);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  Summary claim{.kind = Summary::Kind::question, .digest = {}, .items = {}};
  claim.items.push_back({.log = log, .from = 0, .count = kLogEntriesMax, .unsigned_count = 0, .hash = {1}});
  BatchRun useless{.log = log, .first = 5000};
  const ByteVector words = text("nothing");
  useless.entries.push_back({1, words});
  // Asked before alice is there, it goes on as if it were slow.
  siege.world.set_online(siege.alice, false);
  siege.bob.online = true;
  siege.world.reconnect();
  mallory.send(siege.bob, encode(claim));
  siege.world.run(10s);
  siege.world.set_online(siege.alice, true);
  for (int i = 0; i < 20; ++i) {
    siege.world.run(1min);
    mallory.send(siege.bob, useless);
    mallory.send(siege.bob, encode(claim));
  }
  CHECK_EQ(siege.seen_of(siege.bob, "alice"), 101);
}

TEST_CASE("who asks without end finds a bounded number of answers waiting") {
  Siege siege(2);
  for (int i = 0; i < 300; ++i) siege.say(siege.alice, std::string(300, static_cast<char>('a' + i % 26)));
  siege.world.run(1h);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  Ask ask{.bytes_wanted = UINT32_MAX, .items = {}};
  for (size_t i = 0; i < kAskItemsMax; ++i) ask.items.push_back({siege.messages_log(siege.alice), {0, 300}, false});
  Summary digest{.kind = Summary::Kind::digest, .digest = {1}, .items = {}};
  FileAsk file{.file = {1}, .items = {}};
  file.items.push_back({{0, 0}, 1});
  for (int i = 0; i < 1000; ++i) {
    mallory.send(siege.alice, encode(ask));
    mallory.send(siege.alice, encode(digest));
    mallory.send(siege.alice, encode(file));
  }
  CHECK_LE(siege.waiting(siege.alice), 900);
  // Served again afterwards, and so are others.
  mallory.send(siege.alice, encode(ask));
  CHECK_GT(siege.waiting(siege.alice), 0);
  siege.say(siege.alice, "still here");
  siege.world.run(10min);
  CHECK_EQ(siege.seen_of(siege.bob, "alice"), 302);
}

TEST_CASE("a thousand incarnations of one device leave room for who comes later") {
  Siege siege(3);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  for (int i = 0; i < 300; ++i) {
    mallory.write(siege.alice, mallory.events({}));
    mallory.write(siege.bob, mallory.events({}));
  }
  for (const ChatDevice* device : {&siege.alice, &siege.bob}) CHECK_LE(device->disk.states.size(), 120);
  ChatDevice& dora = siege.world.add("dora");
  siege.world.set_online(dora, true);
  REQUIRE(siege.alice.chat->invite(siege.world.now_of(siege.alice), siege.group, "dora"));
  siege.world.run(1h);
  siege.say(dora, "I am new");
  siege.world.run(1h);
  CHECK_EQ(siege.seen_of(siege.alice, "dora"), 1);
  CHECK_EQ(siege.seen_of(siege.bob, "dora"), 1);
  CHECK_EQ(siege.seen_of(dora, "bob"), 1);
}

TEST_CASE("events without end do not keep an admin from removing their author") {
  Siege siege(4);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  std::vector<ByteVector> many;
  for (int i = 0; i < 4000; ++i) many.push_back(encode(GroupEvent(Added{"friend" + std::to_string(i), true})));
  const auto forged = mallory.events(std::move(many));
  for (ChatDevice* device : {&siege.alice, &siege.bob}) mallory.write(*device, forged, 200);
  CHECK_EQ(siege.info(siege.alice).members.size(), 3);
  REQUIRE(siege.alice.chat->remove(siege.world.now_of(siege.alice), siege.group, "mallory"));
  siege.world.run(1h);
  const std::vector<std::string> expected{"alice", "bob"};
  CHECK_EQ(siege.info(siege.alice).members, expected);
  CHECK_EQ(siege.info(siege.bob).members, expected);
  siege.bob.start(siege.world.now_of(siege.bob));
  CHECK_EQ(siege.info(siege.bob).members, expected);
}

TEST_CASE("a thousand replies, edits and reactions about others' messages hide none of what those say") {
  Siege siege(5);
  const EntryId slip = siege.say(siege.bob, "to be deleted");
  const EntryId typo = siege.say(siege.bob, "to be edeted");
  siege.world.run(10min);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  const auto forged = mallory.events({});
  std::vector<ByteVector> about;
  for (uint32_t i = 0; i < 1000; ++i) {
    about.push_back(encode(Body(React{i % 2 == 0 ? slip : typo, "x" + std::to_string(i)})));
    about.push_back(encode(Body(Edit{typo, "never"})));
    about.push_back(encode(Body(Erase{typo})));
    about.push_back(encode(Body(Text{"deeper", EntryId{messages_of(forged.log), 4 * i}})));
  }
  HostileMember::Forged words{.log = messages_of(forged.log), .entries = std::move(about), .first = mallory.now()};
  mallory.write(siege.alice, forged);
  mallory.write(siege.alice, words, 40);
  siege.world.run(1h);
  REQUIRE(siege.bob.chat->send(siege.world.now_of(siege.bob), siege.group, Erase{slip}));
  REQUIRE(siege.bob.chat->send(siege.world.now_of(siege.bob), siege.group, Edit{typo, "edited"}));
  REQUIRE(siege.alice.chat->send(siege.world.now_of(siege.alice), siege.group, React{typo, "+1"}));
  siege.world.run(1h);
  for (ChatDevice* device : {&siege.alice, &siege.bob}) {
    CHECK(std::holds_alternative<Erased>(device->chat->message(siege.group, slip)->body));
    const auto message = device->chat->message(siege.group, typo);
    REQUIRE(std::holds_alternative<Text>(message->body));
    CHECK_EQ(std::get<Text>(message->body).text, "edited");
    REQUIRE_EQ(message->reactions.size(), 2);  // one of each person, the last
    CHECK_EQ(message->reactions[1].author, "alice");
    CHECK_EQ(siege.seen_of(*device, "mallory"), 1001);
  }
}

TEST_CASE("what is written in the far future hides nothing of others, and comes after them") {
  Siege siege(6);
  siege.world.set_online(siege.bob, false);
  for (int i = 0; i < 200; ++i) siege.say(siege.alice, "line " + std::to_string(i));
  siege.world.run(10min);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  const auto forged = mallory.events({});
  mallory.write(siege.alice, forged);
  HostileMember::Forged words{.log = messages_of(forged.log), .entries = {}, .first = kHlcMax - 1000};
  for (int i = 0; i < 900; ++i) words.entries.push_back(text("the end is near " + std::to_string(i)));
  mallory.write(siege.alice, words);
  siege.mallory.online = false;
  siege.world.set_online(siege.bob, true);
  while (siege.seen_of(siege.bob, "alice") < 201) {
    siege.world.run(1s);
    REQUIRE_LT(siege.world.time.time_since_epoch(), 24h);
  }
  CHECK_LT(siege.seen_of(siege.bob, "mallory"), 100);
  siege.world.run(1h);
  CHECK_EQ(siege.seen_of(siege.bob, "mallory"), 901);
  REQUIRE(siege.bob.chat->mark_all_read(siege.world.now_of(siege.bob), true));
  CHECK_EQ(siege.info(siege.bob).unread, 0);
  siege.say(siege.alice, "news");
  siege.world.run(10min);
  CHECK_EQ(siege.info(siege.bob).unread, 1);
  siege.bob.start(siege.world.now_of(siege.bob));
  CHECK_EQ(siege.info(siege.bob).unread, 1);
  REQUIRE(siege.bob.chat->mark_all_read(siege.world.now_of(siege.bob), true));
  CHECK_EQ(siege.info(siege.bob).unread, 0);
}

TEST_CASE("small files that never come keep nobody's from coming") {
  Siege siege(7);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  const auto forged = mallory.events({});
  HostileMember::Forged words{.log = messages_of(forged.log), .entries = {}, .first = mallory.now()};
  for (int i = 0; i < 400; ++i) {
    File file{.content = {}, .name = "bait", .is_photo = false};
    file.content.hash = siege.world.rng.array<32>();
    file.content.size = 10;
    words.entries.push_back(encode(Body(file)));
  }
  mallory.write(siege.bob, forged);
  mallory.write(siege.bob, words, 10);
  const ByteVector content(3000, 7);
  const auto sent = siege.alice.chat->send_file(
      siege.world.now_of(siege.alice), siege.group,
      {.name = "map", .size = content.size(), .is_photo = false, .read = [&](uint64_t offset, MutableBytes out) {
         std::ranges::copy(Bytes(content).subspan(static_cast<size_t>(offset), out.size()), out.begin());
         return Result<void>();
       }});
  REQUIRE(sent);
  siege.world.run(2h);
  const auto message = siege.bob.chat->message(siege.group, *sent);
  REQUIRE(message);
  CHECK(siege.bob.chat->is_file_here(*content_of(message->body)));
  // Nor does what somebody asks for wait behind them.
  CHECK(siege.bob.chat->fetch_file(siege.world.now_of(siege.bob), siege.group, *sent));
}

TEST_CASE("a member that alters what others wrote is not believed, and one that leaves it out is made up for") {
  Siege siege(8);
  siege.world.set_online(siege.bob, false);
  const EntryId id = siege.say(siege.alice, "meet at the bridge");
  siege.say(siege.alice, "bring water");
  siege.world.run(10min);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  siege.world.set_online(siege.alice, false);
  siege.bob.online = true;
  siege.world.reconnect();
  const auto before = siege.alice.disk.entries.at({siege.group, {id.log, id.seq - 1}});
  const auto truth = siege.alice.disk.entries.at({siege.group, id});
  const auto next = siege.alice.disk.entries.at({siege.group, {id.log, id.seq + 1}});
  const ByteVector lie = text("meet at the mill");
  // Alone, with what follows it, and with a signature of mallory's own making.
  BatchRun run{.log = id.log, .first = id.seq, .before = before.hash};
  run.entries.push_back({truth.hlc, lie});
  mallory.send(siege.bob, run);
  run.entries.push_back({next.hlc, next.bytes});
  mallory.send(siege.bob, run);
  ChainHash end = next_hash(before.hash, truth.hlc, lie);
  end = next_hash(end, next.hlc, next.bytes);
  run.signature = siege.mallory.asymmetric().sign(siege.mallory.signing_key(),
                                                  head_message({siege.group, id.log, id.seq + 2, end}));
  mallory.send(siege.bob, run);
  mallory.send(siege.bob,
               encode(Live{.log = static_cast<uint8_t>(id.log.value >> 56U), .seq = id.seq, .delta = 1, .bytes = lie}));
  // And that there is nothing else.
  mallory.send(siege.bob, encode(Summary{.kind = Summary::Kind::answer, .digest = {}, .items = {}}));
  siege.world.run(10min);
  CHECK_EQ(siege.seen_of(siege.bob, "alice"), 1);
  siege.world.set_online(siege.alice, true);
  siege.world.run(10min);
  CHECK_EQ(siege.seen_of(siege.bob, "alice"), 3);
  CHECK_EQ(std::get<Text>(siege.bob.chat->message(siege.group, id)->body).text, "meet at the bridge");
  CHECK_FALSE(siege.bob.chat->message(siege.group, id)->forked);
}

TEST_CASE("who signs one thing for some and another for others is marked, and the others go on alike") {
  Siege siege(9);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  const auto forged = mallory.events({});
  const HostileMember::Forged one{.log = messages_of(forged.log), .entries = {text("yes")}, .first = mallory.now()};
  const HostileMember::Forged other{.log = messages_of(forged.log), .entries = {text("no")}, .first = mallory.now()};
  for (ChatDevice* device : {&siege.alice, &siege.bob}) mallory.write(*device, forged);
  mallory.write(siege.alice, one);
  mallory.write(siege.bob, other);
  for (int i = 0; i < 20; ++i) {
    siege.say(siege.alice, "from alice");
    siege.say(siege.bob, "from bob");
    siege.world.run(1min);
  }
  siege.world.run(2h);
  for (ChatDevice* device : {&siege.alice, &siege.bob}) {
    CHECK_EQ(siege.seen_of(*device, "alice"), 21);
    CHECK_EQ(siege.seen_of(*device, "bob"), 21);
    CHECK_EQ(siege.seen_of(*device, "mallory"), 2);
    CHECK(siege.read(*device).at(3).forked);
  }
  // They differ in it for ever: that costs a few bytes an hour.
  siege.world.bytes_sent = 0;
  siege.world.run(24h);
  CHECK_LT(siege.world.bytes_sent, 24 * 600);
}

TEST_CASE("a flood of epoch keys neither pushes out the others' nor keeps them from reading each other at once") {
  Siege siege(10);
  HostileMember mallory(siege.world, siege.mallory, siege.group);
  for (uint32_t i = 0; i < 500; ++i) {
    mallory.send_epoch(siege.alice, 900 * i);
    mallory.send_epoch(siege.bob, 900 * i);
  }
  for (const ChatDevice* device : {&siege.alice, &siege.bob}) CHECK_LE(device->disk.states.size(), 60);
  for (int i = 0; i < 10; ++i) {
    siege.say(siege.alice, "still");
    siege.world.run(5s);
    CHECK_EQ(siege.seen_of(siege.bob, "alice"), static_cast<size_t>(i + 2));
  }
}

TEST_CASE("history that came in many short contacts, each with a hole behind it, is whole in the end") {
  Siege siege(11);
  siege.mallory.online = false;
  siege.world.reconnect();
  for (int contact = 0; contact < 40; ++contact) {
    siege.world.set_online(siege.bob, false);
    for (int i = 0; i < 150; ++i) siege.say(siege.alice, "line " + std::to_string(150 * contact + i));
    siege.world.run(1h);
    siege.world.set_online(siege.bob, true);
    siege.world.run(7s);
  }
  siege.world.set_online(siege.bob, false);
  siege.world.run(1min);
  siege.world.set_online(siege.bob, true);
  siege.world.run(6h);
  CHECK_EQ(siege.seen_of(siege.bob, "alice"), 1 + 40 * 150);
}

TEST_CASE("the device of who was removed falls silent") {
  Siege siege(12);
  REQUIRE(siege.alice.chat->remove(siege.world.now_of(siege.alice), siege.group, "mallory"));
  siege.world.run(1h);
  REQUIRE_FALSE(siege.info(siege.mallory).member);
  size_t sent = 0;
  siege.world.on_output = [&](const ChatDevice& from, const Output&) { sent += &from == &siege.mallory ? 1 : 0; };
  for (int day = 0; day < 3; ++day) {
    siege.world.set_online(siege.mallory, false);
    siege.say(siege.alice, "without them");
    siege.world.set_online(siege.mallory, true);
    siege.world.run(24h);
  }
  CHECK_EQ(sent, 0);
}
