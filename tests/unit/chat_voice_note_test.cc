#include <doctest/doctest.h>

#include "support/chat_world.h"

using namespace farline;
using namespace farline::chat;
using farline::testing::ChatDevice;
using farline::testing::ChatWorld;

namespace {

struct NoteTrio {
  explicit NoteTrio(uint64_t seed)
      : world(seed), alice(world.add("alice")), bob(world.add("bob")), cora(world.add("cora")) {
    for (ChatDevice* device : {&alice, &bob, &cora}) device->online = true;
    world.reconnect();
    group = *alice.chat->new_group(world.now_of(alice), {.title = "t", .members = {"bob", "cora"}});
    world.run(3h);
    world.on_output = [this](const ChatDevice& from, const Output& output) {
      if (&from == &alice && output.keep) alice_bytes += output.bytes.size();
      if (&from != &alice && output.urgency == Urgency::file) ++asks;
    };
  }
  ByteVector random_note(size_t size) {
    ByteVector out(size);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(world.rng.below(256));
    return out;
  }
  EntryId send(Bytes note) {
    const auto id = alice.chat->send_voice_note(world.now_of(alice), group, {.bytes = note, .tenths = 100, .codec = 0});
    REQUIRE(id);
    return *id;
  }
  // What is there of it on that device; nothing while some of it is missing.
  ByteVector heard(ChatDevice& device, EntryId id) {
    const auto message = device.chat->message(group, id);
    if (!message) return {};
    const auto* note = std::get_if<VoiceNote>(&message->body);
    REQUIRE(note != nullptr);
    CHECK_EQ(note->tenths, 100);
    ByteVector out;
    const auto done = device.chat->read_file(note->content, [&](Bytes bytes) -> Result<void> {
      out.insert(out.end(), bytes.begin(), bytes.end());
      return {};
    });
    return done ? out : ByteVector();
  }

  ChatWorld world;
  ChatDevice& alice;
  ChatDevice& bob;
  ChatDevice& cora;
  GroupId group;
  size_t alice_bytes = 0;  // that a mailbox holds for who is away
  size_t asks = 0;         // of the others, for blocks
};

}  // namespace

TEST_CASE("ten seconds at 700 bit/s cost 1.2 kB sealed, once for all, and nobody asks for them") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {  // the sound comes before its message too
    NoteTrio trio(seed);
    const ByteVector note = trio.random_note(12 + 878);
    const EntryId id = trio.send(note);
    trio.world.run(20s);
    CHECK_EQ(trio.heard(trio.bob, id), note);
    CHECK_EQ(trio.heard(trio.cora, id), note);
    CHECK_EQ(trio.asks, 0);
    CHECK_LE(trio.alice_bytes, 1200);
    if (seed == 1) MESSAGE("sealed: ", trio.alice_bytes, " B");
  }
}

TEST_CASE("a long note comes by itself up to one block, beyond that when it is wanted") {
  NoteTrio trio(1);
  const ByteVector block = trio.random_note(8176), longer = trio.random_note(8177);
  const EntryId by_itself = trio.send(block);
  trio.world.run(10min);
  CHECK_EQ(trio.heard(trio.bob, by_itself), block);
  CHECK_EQ(trio.asks, 0);
  const EntryId wanted = trio.send(longer);
  trio.world.run(10min);
  CHECK(trio.heard(trio.bob, wanted).empty());
  REQUIRE(trio.bob.chat->fetch_file(trio.world.now_of(trio.bob), trio.group, wanted));
  trio.world.run(10min);
  CHECK_EQ(trio.heard(trio.bob, wanted), longer);
  CHECK_FALSE(trio.alice.chat->send_voice_note(trio.world.now_of(trio.alice), trio.group,
                                               {.bytes = ByteVector(kVoiceNoteBytesMax + 1)}));
}

TEST_CASE("a note that lost its sound on the way is asked for, also of who is not its author") {
  NoteTrio trio(2);
  const ByteVector note = trio.random_note(2700);
  const EntryId id = trio.send(note);
  Output output;
  size_t pieces = 0;
  while (trio.alice.chat->poll_output(output)) {
    trio.cora.chat->take(trio.world.now_of(trio.cora), trio.alice.id(), output.bytes);
    if (output.urgency != Urgency::file || pieces++ == 1)  // bob gets one of three
      trio.bob.chat->take(trio.world.now_of(trio.bob), trio.alice.id(), output.bytes);
  }
  CHECK_EQ(pieces, 3);
  CHECK_EQ(trio.heard(trio.cora, id), note);
  trio.world.set_online(trio.alice, false);
  trio.world.run(5min);
  CHECK_EQ(trio.heard(trio.bob, id), note);
  CHECK_GT(trio.asks, 0);
}

TEST_CASE("what was said without a network goes out when there is one") {
  NoteTrio trio(3);
  trio.world.set_online(trio.alice, false);
  const ByteVector note = trio.random_note(500);
  const EntryId id = trio.send(note);
  trio.world.run(1h);
  trio.alice.start(trio.world.now_of(trio.alice));
  trio.world.set_online(trio.alice, true);
  trio.alice.chat->publish(trio.world.now_of(trio.alice));
  trio.world.run(10min);
  CHECK_EQ(trio.heard(trio.bob, id), note);
}
