#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::CallState;
using client::EndReason;
using client::EventKind;

namespace {

// A call to a person with two devices, on channels 11 and 12.
void ring_both(ClientWorld& w, FakePeer& desk, FakePeer& pocket) {
  w.call("bela");
  w.answer_lookup({&desk, &pocket});
  w.ring(desk, 11);
  w.ring(pocket, 12);
}

}  // namespace

TEST_CASE("a call to somebody unknown: look-up, invitation, ringing, answer, hang-up") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.call("bela");
  CHECK_EQ(w.client.call_state(), CallState::looking_up);
  w.answer_lookup({&bela});
  w.ring(bela, 11);
  CHECK_EQ(w.client.call_state(), CallState::ringing_there);
  const auto confirm = w.node.take<wire::SealedSignal>();
  REQUIRE(confirm);
  CHECK_EQ(confirm->kind, wire::SealedKind::confirm);
  CHECK(bela.keys->signals.open(confirm->kind, confirm->sealed));
  w.signal(wire::SealedKind::answer, 11, bela.answer());
  CHECK_EQ(w.client.call_state(), CallState::connected);
  w.signal(wire::SealedKind::hangup, 11, bela.hangup(wire::HangupReason::ended));
  CHECK(w.node.take<wire::HangupAck>());
  CHECK_EQ(w.ended(), EndReason::peer_hung_up);
  CHECK_FALSE(w.client.is_saying_goodbye());
}

TEST_CASE("a device that declines after another answered does not end the call") {
  ClientWorld w;
  w.attach();
  FakePeer desk = w.peer("Bela", 2), pocket = w.peer("Bela", 3);
  ring_both(w, desk, pocket);
  w.signal(wire::SealedKind::answer, 11, desk.answer());
  w.signal(wire::SealedKind::hangup, 12, pocket.hangup(wire::HangupReason::declined));  // crosses "answered elsewhere"
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_FALSE(w.ended());
}

TEST_CASE("devices that become known in a connected call do not ring") {
  ClientWorld w;
  w.attach();
  FakePeer desk = w.peer("Bela", 2), pocket = w.peer("Bela", 3);
  w.call("bela");
  w.answer_lookup({&desk});
  w.ring(desk, 11);
  w.signal(wire::SealedKind::answer, 11, desk.answer());
  w.tell_devices(0, {&desk, &pocket});
  CHECK_FALSE(w.node.take<wire::Invite>());
  CHECK_EQ(w.client.contacts().front().devices, 2);
}

TEST_CASE("a node that names ever new devices does not make a call grow") {
  ClientWorld w;
  w.attach();
  FakePeer desk = w.peer("Bela", 2);
  w.call("bela");
  w.answer_lookup({&desk});
  for (uint64_t i = 0; i < 30; ++i) {
    FakePeer more = w.peer("Bela", 50 + i);
    w.tell_devices(0, {&more});
  }
  size_t invited = 0;
  while (w.node.take<wire::Invite>()) ++invited;
  CHECK_EQ(invited, wire::kLegsPerDeviceMax);
}

TEST_CASE("a device whose key is worthless does not keep the others from ringing") {
  ClientWorld w;
  w.attach();
  FakePeer broken = w.peer("Bela", 2), desk = w.peer("Bela", 3);
  broken.certificate = w.certify("Bela", {});
  w.call("bela");
  w.answer_lookup({&broken, &desk});
  CHECK_EQ(w.client.call_state(), CallState::calling);
  w.ring(desk, 11);
  CHECK_EQ(w.client.call_state(), CallState::ringing_there);
}

TEST_CASE("only devices with worthless keys: the call fails") {
  ClientWorld w;
  w.attach();
  FakePeer broken = w.peer("Bela", 2);
  broken.certificate = w.certify("Bela", {});
  w.call("bela");
  w.answer_lookup({&broken});
  CHECK_EQ(w.ended(), EndReason::failed);
}

TEST_CASE("a busy device that answers a cancelled invitation is left alone") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.call("bela");
  w.answer_lookup({&bela});
  w.client.hang_up(w.now);
  w.settle();
  CHECK(w.node.take<wire::Cancel>());
  w.ring(bela, 11, wire::RingStatus::busy);
  CHECK_FALSE(w.node.take<wire::SealedSignal>());
  CHECK_FALSE(w.client.is_saying_goodbye());
}

TEST_CASE("a cancelled invitation that rings after all is hung up") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.call("bela");
  w.answer_lookup({&bela});
  w.client.hang_up(w.now);
  w.settle();
  w.ring(bela, 11);
  const auto hangup = w.node.take<wire::SealedSignal>();
  REQUIRE(hangup);
  CHECK_EQ(hangup->kind, wire::SealedKind::hangup);
  w.say(wire::HangupAck{11});
  CHECK_FALSE(w.client.is_saying_goodbye());
}

TEST_CASE("media of a call that is over tells the node, should the hang-up never have arrived") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.call("bela");
  w.answer_lookup({&bela});
  w.ring(bela, 11);
  w.signal(wire::SealedKind::answer, 11, bela.answer());
  w.node.is_silent = true;
  w.client.hang_up(w.now);
  w.wait(90s);  // all repetitions are lost
  CHECK_FALSE(w.client.is_saying_goodbye());
  w.node.is_silent = false;
  ByteVector media(60);
  Writer writer(media);
  wire::encode_media_header({11}, writer);
  w.node.out.push_back(media);
  w.settle();
  const auto unknown = w.node.take<wire::ChannelUnknown>();
  REQUIRE(unknown);
  CHECK_EQ(unknown->channel, 11);
}

TEST_CASE("media of the far device answers the call when ANSWER is lost, a stranger's does not") {
  ClientWorld w;
  w.attach();
  FakePeer desk = w.peer("Bela", 2), pocket = w.peer("Bela", 3);
  ring_both(w, desk, pocket);
  const auto arrive = [&](wire::Channel channel, bool damaged) {
    ByteVector media(200);
    Writer writer(media);
    wire::encode_media_header({channel}, writer);
    const std::array<uint8_t, 8> silence{0xf0, 0, 0, 60};
    pocket.keys->media.seal(Bytes(silence).first(4), writer);
    media.resize(writer.size());
    if (damaged) media.back() ^= 1;
    w.node.out.push_back(media);
    w.settle();
  };
  arrive(12, true);
  arrive(11, false);  // another leg's keys
  CHECK_EQ(w.client.call_state(), CallState::ringing_there);
  arrive(12, false);
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_EQ(w.client.counters().malformed, 0);
  CHECK_GT(w.client.call_stats(w.now).bytes_rx, 0);
  w.signal(wire::SealedKind::answer, 12, pocket.answer());  // late
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_FALSE(w.ended());
}

TEST_CASE("no message is repeated for ever: nobody answers") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.call("bela");
  w.answer_lookup({&bela});
  w.wait(wire::kRingTime);
  CHECK_EQ(w.ended(), EndReason::unreachable);
  w.wait(wire::kLegLinger);
  CHECK_FALSE(w.client.is_saying_goodbye());
}
