#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;

namespace {

constexpr wire::DeviceId kBela{{1, 2, 3}}, kCesar{{4, 5, 6}};
constexpr size_t kHeaders = 28;  // IPv4 and UDP

client::MailPost post(uint64_t handle, size_t size = 70, std::vector<wire::DeviceId> to = {kBela}) {
  return {.to = std::move(to), .sealed = ByteVector(size, static_cast<uint8_t>(handle)), .handle = handle};
}

class MailClient : public ClientWorld {
 public:
  explicit MailClient(bool has_mail = false) {
    if (has_mail) node.response.capabilities = wire::kNodeHasMail;
    attach();
  }
  void put(const client::MailPost& what) {
    REQUIRE(client.post_mail(now, what));
    settle();
  }
  std::optional<wire::MailPut> heard() { return node.take<wire::MailPut>(); }
  void stored(uint8_t number) { say(wire::MailStored{Bytes(&number, 1)}); }
  std::vector<client::MailOutcome> outcomes() {
    std::vector<client::MailOutcome> out;
    for (client::MailOutcome next; client.poll_mail_outcome(next);) out.push_back(next);
    return out;
  }
  void mail(uint8_t number, uint16_t left, std::initializer_list<ByteVector> messages) {
    ByteVector items;
    for (const ByteVector& message : messages) wire::append_mail_item({kBela, message}, false, items);
    say(wire::Mail{number, left, items});
  }
  size_t take_all() {
    size_t count = 0;
    for (client::MailReceived next; client.poll_mail(next);) ++count;
    client.mail_is_kept(now);
    settle();
    return count;
  }
};

}  // namespace

TEST_CASE("a line to one device costs 107 bytes on the wire beside what is sealed, its answer included") {
  MailClient world;
  world.datagrams.clear();
  world.put(post(1, 78));
  REQUIRE(world.datagrams.size() == 1);
  const size_t up = world.datagrams[0].size() + kHeaders;
  const auto put = world.heard();
  REQUIRE(put.has_value());
  CHECK(put->recipient(0) == kBela);
  world.node.send(world.now, wire::MailStored{Bytes(&put->number, 1)});
  const size_t down = world.node.out.front().size() + kHeaders;
  world.settle();
  CHECK(up + down == 185);
  const auto outcomes = world.outcomes();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].handle == 1);
  CHECK_FALSE(outcomes[0].refused.has_value());
  CHECK(world.datagrams.size() == 1);
}

TEST_CASE("a message is repeated ever more rarely, for ever, and at once in a new session") {
  MailClient world;
  world.put(post(1));
  REQUIRE(world.heard().has_value());
  world.wait(5min);
  size_t repeated = 0;
  while (world.heard()) ++repeated;
  CHECK(repeated >= 3);
  CHECK(repeated <= 6);
  world.say(wire::Detach{wire::DetachReason::shutting_down});
  world.wait(10min);
  REQUIRE(world.node.handshakes > 1);
  const auto again = world.heard();
  REQUIRE(again.has_value());
  world.stored(again->number);
  CHECK(world.outcomes().size() == 1);
  while (world.heard()) {
  }
  world.wait(30min);
  CHECK_FALSE(world.heard().has_value());
}

TEST_CASE("who is refused hears of it and is tried later; the others are done") {
  MailClient world;
  world.put(post(5, 70, {kBela, kCesar}));
  const auto put = world.heard();
  const uint8_t number = put->number;
  world.say(wire::MailRefused{number, wire::MailRefusal::box_full, 600, kCesar.bytes});
  world.stored(number);
  auto outcomes = world.outcomes();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].refused == wire::MailRefusal::box_full);
  CHECK(outcomes[0].devices == std::vector{kCesar});
  world.wait(590s);
  CHECK_FALSE(world.heard().has_value());
  world.wait(20s);
  const auto later = world.heard();
  REQUIRE(later.has_value());
  CHECK(later->recipient_count() == 1);
  CHECK(later->recipient(0) == kCesar);
  world.stored(later->number);
  outcomes = world.outcomes();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].handle == 5);
}

TEST_CASE("what nobody shall keep is given up after two tries; who is absent is named") {
  MailClient world;
  client::MailPost passing = post(1);
  passing.keep = false;
  world.put(passing);
  const auto put = world.heard();
  CHECK_FALSE(put->keep);
  world.say(wire::MailRefused{put->number, wire::MailRefusal::absent, 0, kBela.bytes});
  auto outcomes = world.outcomes();
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].refused == wire::MailRefusal::absent);
  world.put(passing);
  world.wait(30min);
  size_t tries = 0;
  while (world.heard()) ++tries;
  CHECK(tries == 2);
}

TEST_CASE("many recipients of a long message are several uploads and one outcome; lines overtake files") {
  MailClient world;
  std::vector<wire::DeviceId> many(100);
  for (size_t i = 0; i < many.size(); ++i) many[i].bytes[0] = static_cast<uint8_t>(i);
  client::MailPost file = post(1, 1000, many);
  file.is_live = false;
  world.put(file);
  world.put(post(2));
  std::vector<bool> lines;
  size_t told = 0;
  for (int i = 0; i < 20; ++i) {
    const auto put = world.heard();
    if (!put) break;
    lines.push_back(put->sealed.size() == 70);
    told += put->recipient_count();
    world.stored(put->number);
  }
  CHECK(told == 101);
  REQUIRE(lines.size() >= 4);
  CHECK(lines[1]);
  CHECK(world.outcomes().size() == 2);
}

TEST_CASE("a short message behind a long one that finds no room does not keep the client awake") {
  MailClient world;
  for (const size_t size : {950U, 950U, 60U}) world.put(post(size, size));
  const auto first = world.heard();
  REQUIRE(first.has_value());
  CHECK_FALSE(world.heard().has_value());
  const auto next = world.client.next_timeout();
  REQUIRE(next.has_value());
  CHECK(*next > world.now);
  world.stored(first->number);
  CHECK(world.heard().has_value());
  CHECK(world.heard().has_value());  // both have room now
}

TEST_CASE("a file waits for all that is said after it") {
  MailClient world;
  client::MailPost piece = post(1, 950);
  piece.is_live = false;
  piece.what = policy::Class::files;
  client::MailPost history = post(2, 900);
  history.is_live = false;
  world.put(piece);
  world.put(piece);
  world.put(history);
  world.put(post(3, 800));
  CHECK_EQ(world.client.bulk_mail_waiting(), 2);
  std::vector<size_t> sizes;
  while (const auto put = world.heard()) {
    sizes.push_back(put->sealed.size());
    world.stored(put->number);
  }
  CHECK_EQ(sizes, std::vector<size_t>{950, 800, 900, 950});
  CHECK_EQ(world.client.bulk_mail_waiting(), 0);
}

TEST_CASE(
    "what waits is asked for when the node says so, taken when it is kept, and asked for again until none is left") {
  MailClient world(true);
  auto taken = world.node.take<wire::MailTaken>();
  REQUIRE(taken.has_value());
  CHECK(taken->most == wire::kMailItemsBytesMax);
  world.wait(30s);
  CHECK(world.node.take<wire::MailTaken>().has_value());  // the question may be lost
  while (world.node.take<wire::MailTaken>()) {
  }
  world.mail(7, 1, {ByteVector(50, 1), ByteVector(60, 2)});
  CHECK_FALSE(world.node.take<wire::MailTaken>().has_value());  // nobody has kept them yet
  CHECK(world.take_all() == 2);
  taken = world.node.take<wire::MailTaken>();
  REQUIRE(taken.has_value());
  CHECK(taken->number == 7);
  CHECK(taken->most > 0);
  world.mail(8, 0, {ByteVector(50, 3)});
  CHECK(world.take_all() == 1);
  CHECK(world.node.take<wire::MailTaken>()->number == 8);
  world.wait(30min);
  CHECK_FALSE(world.node.take<wire::MailTaken>().has_value());
  world.mail(0, 0, {ByteVector(50, 4)});  // what is only passed on wants no answer
  CHECK(world.take_all() == 1);
  CHECK_FALSE(world.node.take<wire::MailTaken>().has_value());
}
