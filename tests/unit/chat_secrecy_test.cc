// What somebody can read with what they took: docs/CHAT.md, Forward secrecy.
#include <doctest/doctest.h>

#include <algorithm>

#include "chat/seal.h"
#include "support/chat_world.h"

using namespace farline;
using namespace farline::chat;
using farline::testing::ChatDevice;
using farline::testing::ChatWorld;

namespace {

constexpr Duration kWeekAndMore = 7 * 24h + 1h;

size_t seen_by(ChatDevice& device, const GroupId& group) {
  const auto page = device.chat->page({.group = group, .from = {}, .forwards = true, .count = 1000});
  return page ? page->size() : 0;
}

// Has every key that lies on a device, and opens with them what was recorded on the network.
class Thief {
 public:
  explicit Thief(const ChatDevice& taken) : taken_(taken) {
    halves_.push_back(taken.static_key().copy());
    for (const auto& [key, value] : taken.disk.states) {
      Reader in(value);
      if (std::get<0>(key) == StateKind::device) {
        (void)in.array<16>();
        for (size_t left = in.u8(); left > 0; --left) {
          (void)in.array<12>();
          auto secret = crypto::Secret<32>::copy_of(in.array<32>());
          auto open = taken.asymmetric().public_key(secret);
          halves_.push_back({std::move(secret), open});
        }
      }
      if (std::get<0>(key) == StateKind::epoch) {
        (void)in.array<20>();
        keys_.push_back(EpochKey::copy_of(in.array<32>()));
      }
    }
  }
  size_t halves() const { return halves_.size(); }
  void open_epochs(const ChatDevice& from, Bytes sealed) {
    const auto epoch = parse_epoch(sealed);
    if (!epoch) return;
    for (const auto& half : halves_) {
      auto key = open_epoch(*epoch, {from.id(), taken_.id()}, half, from.static_key().public_key, taken_.asymmetric());
      if (key) keys_.push_back(std::move(*key));
    }
  }
  bool reads(const ChatDevice& from, Bytes sealed) const {
    return std::ranges::any_of(keys_, [&](const auto& key) { return unseal(key, from.id(), sealed).has_value(); });
  }

 private:
  const ChatDevice& taken_;
  std::vector<crypto::KeyPair> halves_;
  std::vector<EpochKey> keys_;
};

}  // namespace

TEST_CASE("what was recorded long ago stays sealed for who takes a device with all its keys") {
  ChatWorld world(21);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  world.set_online(alice, true);
  world.set_online(bob, true);
  std::vector<std::pair<int, ByteVector>> recorded;  // of alice's, by week
  int week = 0;
  world.on_output = [&](const ChatDevice& from, const Output& output) {
    if (&from == &alice) recorded.emplace_back(week, output.bytes);
  };
  const auto group = alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob"}});
  world.run(10min);
  constexpr int kWeeks = 45;
  for (; week < kWeeks; ++week) {
    REQUIRE(alice.chat->send(world.now_of(alice), *group, Text{"week " + std::to_string(week), {}}));
    REQUIRE(bob.chat->send(world.now_of(bob), *group, Text{"heard", {}}));
    world.run(kWeekAndMore);
  }
  CHECK_EQ(seen_by(bob, *group), 2 * kWeeks);
  Thief thief(bob);
  CHECK_LE(thief.halves(), 5);
  for (const auto& [when, sealed] : recorded) thief.open_epochs(alice, sealed);
  std::vector<size_t> read(kWeeks), sent(kWeeks);
  for (const auto& [when, sealed] : recorded) {
    if (!tag_of(sealed)) continue;
    ++sent[static_cast<size_t>(when)];
    read[static_cast<size_t>(when)] += thief.reads(alice, sealed);
  }
  CHECK_EQ(read.back(), sent.back());  // the keys of today open what is said today
  // The first epoch was sealed to the lasting key (no prekey was known), and served a week.
  for (size_t i = 3; i < 8; ++i) {
    CHECK_GT(sent[i], 0);
    CHECK_EQ(read[i], 0);
  }
}

TEST_CASE("who was removed is told by whom, and gets no key of what follows") {
  ChatWorld world(22);
  ChatDevice& alice = world.add("alice");
  ChatDevice& bob = world.add("bob");
  ChatDevice& eve = world.add("eve");
  for (ChatDevice* device : {&alice, &bob, &eve}) world.set_online(*device, true);
  const auto group = alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob", "eve"}});
  world.run(10min);
  REQUIRE(alice.chat->send(world.now_of(alice), *group, Text{"before", {}}));
  world.run(10min);
  REQUIRE(eve.chat->groups()[0].member);
  std::vector<std::pair<const ChatDevice*, ByteVector>> recorded;
  REQUIRE(alice.chat->remove(world.now_of(alice), *group, "eve"));
  world.run(10min);
  CHECK_FALSE(eve.chat->groups()[0].member);
  CHECK_EQ(eve.chat->groups()[0].removed_by, "alice");
  CHECK_EQ(bob.chat->groups()[0].removed_by, "");
  CHECK_FALSE(eve.chat->send(world.now_of(eve), *group, Text{"and me?", {}}));
  world.on_output = [&](const ChatDevice& from, const Output& output) {
    if (&from != &eve) recorded.emplace_back(&from, output.bytes);
  };
  REQUIRE(alice.chat->send(world.now_of(alice), *group, Text{"after", {}}));
  REQUIRE(bob.chat->send(world.now_of(bob), *group, Text{"after too", {}}));
  world.run(10min);
  REQUIRE_EQ(seen_by(bob, *group), 3);
  Thief thief(eve);
  for (const auto& [from, sealed] : recorded) thief.open_epochs(*from, sealed);
  for (const auto& [from, sealed] : recorded) CHECK_FALSE(thief.reads(*from, sealed));
  CHECK_EQ(seen_by(eve, *group), 1);
  // Taken in again, they are told nothing of it any more.
  REQUIRE(alice.chat->invite(world.now_of(alice), *group, "eve"));
  world.run(3h);
  CHECK(eve.chat->groups()[0].member);
  CHECK_EQ(eve.chat->groups()[0].removed_by, "");
}

TEST_CASE("what one device of a person has read is read on the other, after a restart too") {
  ChatWorld world(23);
  ChatDevice& alice = world.add("alice");
  ChatDevice& desk = world.add("bob");
  ChatDevice& phone = world.add("bob");
  for (ChatDevice* device : {&alice, &desk, &phone}) world.set_online(*device, true);
  const auto group = alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob"}});
  world.run(10min);
  for (int i = 0; i < 5; ++i) REQUIRE(alice.chat->send(world.now_of(alice), *group, Text{"news", {}}));
  world.run(10min);
  CHECK_EQ(desk.chat->groups()[0].unread, 5);
  CHECK_EQ(phone.chat->groups()[0].unread, 5);
  REQUIRE(desk.chat->mark_read(world.now_of(desk), *group, *desk.chat->groups()[0].newest, true));
  world.run(10min);
  CHECK_EQ(phone.chat->groups()[0].unread, 0);
  phone.start(world.now_of(phone));
  CHECK_EQ(phone.chat->groups()[0].unread, 0);
  // And what one of them wrote is the other's own.
  REQUIRE(desk.chat->send(world.now_of(desk), *group, Text{"seen", {}}));
  world.run(10min);
  const auto page = phone.chat->page({.group = *group, .from = {}, .forwards = true, .count = 100});
  REQUIRE(page);
  REQUIRE_EQ(page->size(), 6);
  CHECK(page->back().own);
}
