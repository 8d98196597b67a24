#include "chat/chat.h"

#include <doctest/doctest.h>

#include "support/chat_world.h"

using namespace farline;
using namespace farline::chat;
using farline::testing::ChatDevice;
using farline::testing::ChatWorld;

namespace {

std::vector<std::string> texts(ChatDevice& device, const GroupId& group) {
  const auto page = device.chat->page({.group = group, .from = {}, .forwards = true, .count = 10'000});
  REQUIRE(page);
  std::vector<std::string> out;
  for (const Message& message : *page) {
    if (const auto* text = std::get_if<Text>(&message.body)) out.push_back(message.author + ": " + text->text);
  }
  return out;
}

GroupId talk(ChatWorld& world, ChatDevice& founder, std::vector<std::string> members) {
  const auto group = founder.chat->new_group(world.now_of(founder), {.title = "team", .members = std::move(members)});
  REQUIRE(group);
  world.run(10min);
  return *group;
}

EntryId say(ChatWorld& world, ChatDevice& device, const GroupId& group, std::string text) {
  const auto id = device.chat->send(world.now_of(device), group, Text{std::move(text), {}});
  REQUIRE(id);
  return *id;
}

}  // namespace

TEST_CASE("two people who are both there talk") {
  ChatWorld world(1);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  world.set_online(alice, true);
  world.set_online(bob, true);
  const GroupId group = talk(world, alice, {"bob"});
  REQUIRE_EQ(bob.chat->groups().size(), 1);
  CHECK_EQ(bob.chat->groups()[0].title, "team");
  CHECK(bob.chat->groups()[0].member);
  const EntryId hello = say(world, alice, group, "hello");
  world.run(1min);
  say(world, bob, group, "hello yourself");
  world.run(10min);
  const std::vector<std::string> expected{"alice: hello", "bob: hello yourself"};
  CHECK_EQ(texts(alice, group), expected);
  CHECK_EQ(texts(bob, group), expected);
  CHECK(alice.chat->message(group, hello)->delivery == Delivery::on_device);
  CHECK_EQ(bob.chat->groups()[0].unread, 1);
  REQUIRE(bob.chat->mark_all_read(world.now_of(bob), true));
  CHECK_EQ(bob.chat->groups()[0].unread, 0);
  world.run(10min);
  CHECK(alice.chat->message(group, hello)->delivery == Delivery::read);
}

TEST_CASE("what was written while no program ran goes out with the next one that does, once") {
  ChatWorld world(9);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  world.set_online(alice, true);
  world.set_online(bob, true);
  const GroupId group = talk(world, alice, {"bob"});
  alice.start(world.now_of(alice));
  const EntryId first = say(world, alice, group, "nobody carries this");
  say(world, alice, group, "nor this");
  const auto second_group = alice.chat->new_group(world.now_of(alice), {.title = "other", .members = {"bob"}});
  REQUIRE(second_group);
  alice.start(world.now_of(alice));  // what was to go out is gone
  world.run(1h);
  CHECK_EQ(texts(bob, group).size(), 0);
  CHECK_EQ(bob.chat->groups().size(), 1);

  // Nobody has said that bob can be reached: a mailbox takes it.
  alice.chat->publish(world.now_of(alice));
  Output output;
  std::vector<uint64_t> handles;
  while (alice.chat->poll_output(output)) {
    CHECK(output.keep);
    if (output.handle != 0) handles.push_back(output.handle);
    bob.chat->take(world.now_of(bob), alice.id(), output.bytes);
  }
  CHECK_EQ(handles.size(), 4);  // two messages, the events of the new group, and of the old: no mailbox has had them
  CHECK_EQ(texts(bob, group), texts(alice, group));
  CHECK_EQ(bob.chat->groups().size(), 2);
  CHECK(alice.chat->message(group, first)->delivery == Delivery::queued);
  for (const uint64_t handle : handles) alice.chat->relayed(handle);
  CHECK(alice.chat->message(group, first)->delivery == Delivery::on_relay);

  alice.chat->publish(world.now_of(alice));
  CHECK_FALSE(alice.chat->poll_output(output));
  alice.start(world.now_of(alice));
  alice.chat->publish(world.now_of(alice));
  CHECK_FALSE(alice.chat->poll_output(output));
}

TEST_CASE("whose certificate counts no more is written to no more, heard no more, and what it wrote stays") {
  ChatWorld world(11);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  ChatDevice& carol = world.add("carol");
  for (ChatDevice* device : {&alice, &bob, &carol}) world.set_online(*device, true);
  const GroupId group = talk(world, alice, {"bob", "carol"});
  say(world, carol, group, "hello");
  world.run(10min);
  REQUIRE_EQ(texts(alice, group).size(), 1);
  for (ChatDevice* device : {&alice, &bob}) device->set_believed(world.now_of(*device), "carol", false);
  CHECK(alice.chat->name_of(carol.id()).empty());
  alice.start(world.now_of(alice));  // also after a restart
  CHECK_EQ(texts(alice, group).front(), "carol: hello");
  world.reconnect();
  say(world, alice, group, "secret");
  Output output;
  while (alice.chat->poll_output(output)) {
    CHECK_EQ(std::ranges::count(output.to, carol.id()), 0);
    // Whoever listens in on the way has no key for it.
    carol.chat->take(world.now_of(carol), alice.id(), output.bytes);
    if (std::ranges::count(output.to, bob.id()) != 0) bob.chat->take(world.now_of(bob), alice.id(), output.bytes);
  }
  say(world, carol, group, "let me in");
  world.run(1h);
  const std::vector<std::string> expected{"carol: hello", "alice: secret"};
  CHECK_EQ(texts(alice, group), expected);
  CHECK_EQ(texts(bob, group), expected);
  CHECK_EQ(std::ranges::count(texts(carol, group), "alice: secret"), 0);

  for (ChatDevice* device : {&alice, &bob}) device->set_believed(world.now_of(*device), "carol", true);
  world.reconnect();
  world.run(3h);
  CHECK_EQ(texts(alice, group).size(), 3);
  CHECK_EQ(texts(carol, group).size(), 3);
}

TEST_CASE("what was written before anybody else's device was known arrives when one is") {
  ChatWorld world(1);
  ChatDevice& alice = world.add("alice");
  world.set_online(alice, true);
  const GroupId group = talk(world, alice, {"bob"});
  say(world, alice, group, "hello");
  ChatDevice& bob = world.add("bob");
  world.set_online(bob, true);
  world.run(1min);
  REQUIRE_EQ(bob.chat->groups().size(), 1);
  CHECK_EQ(texts(bob, group), std::vector<std::string>{"alice: hello"});
}

TEST_CASE("what is written offline arrives when both are there, also from a third") {
  ChatWorld world(2);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  ChatDevice& carol = world.add("carol");
  for (ChatDevice* device : {&alice, &bob, &carol}) world.set_online(*device, true);
  const GroupId group = talk(world, alice, {"bob", "carol"});
  world.set_online(carol, false);
  for (int i = 0; i < 40; ++i) say(world, alice, group, "line " + std::to_string(i));
  world.run(10min);
  CHECK_EQ(texts(bob, group).size(), 40);
  CHECK_EQ(texts(carol, group).size(), 0);
  world.set_online(alice, false);
  world.set_online(carol, true);
  world.run(20min);
  CHECK_EQ(texts(carol, group), texts(alice, group));
  CHECK(carol.chat->page({.group = group, .from = {}, .forwards = false, .count = 1})->front().signed_by_author);
}
