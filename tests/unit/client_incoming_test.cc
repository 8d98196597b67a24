#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::CallState;
using client::EndReason;
using client::EventKind;

namespace {

// RINGING as the node got it, read by the caller.
std::optional<wire::RingStatus> ringing(ClientWorld& w, FakePeer& caller) {
  const auto message = w.node.take<wire::RingingFromCallee>();
  if (!message) return std::nullopt;
  return caller.take_ringing(message->noise);
}

}  // namespace

TEST_CASE("a call from somebody unknown: certificate, ringing, confirm, answer") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.invite(bela, 77, 21, 5);
  CHECK_EQ(ringing(w, bela), wire::RingStatus::ringing);
  CHECK_EQ(w.count(EventKind::incoming), 1);
  w.client.answer(w.now);
  w.settle();
  CHECK_EQ(w.client.call_state(), CallState::answering);
  CHECK_FALSE(w.node.take<wire::SealedSignal>());  // nothing before CONFIRM
  w.signal(wire::SealedKind::confirm, 21, bela.confirm());
  CHECK_EQ(w.client.call_state(), CallState::connected);
  const auto answer = w.node.take<wire::SealedSignal>();
  REQUIRE(answer);
  CHECK(bela.keys->signals.open(wire::SealedKind::answer, answer->sealed));
}

TEST_CASE("an invitation rings once: not again when replayed, repeated or sent by somebody else") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2), cesar = w.peer("Cesar", 3);
  const ByteVector noise = bela.invitation(77, w.own_key(), 5);
  w.invite(cesar, 1, 20, 1);  // so that both are known
  w.client.hang_up(w.now);
  w.settle();
  w.say(wire::Incoming{bela.id(), 77, 21, 0, noise});
  const auto wanted = w.node.take<wire::CertificateWanted>();
  REQUIRE(wanted);
  w.say(wire::CertificateReply{wanted->by, wanted->id, bela.certificate});
  w.say(wire::Incoming{bela.id(), 77, 21, 0, noise});  // repeated: RINGING was lost
  CHECK_EQ(w.count(EventKind::incoming), 2);
  w.client.hang_up(w.now);
  w.settle();
  w.wait(60s);
  w.say(wire::Incoming{bela.id(), 77, 22, 0, noise});
  w.say(wire::Incoming{bela.id(), 78, 22, 0, noise});
  w.say(wire::Incoming{cesar.id(), 77, 22, 0, noise});
  CHECK_EQ(w.count(EventKind::incoming), 2);
}

TEST_CASE("a second caller is told busy, again when it repeats") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2), cesar = w.peer("Cesar", 3);
  w.invite(bela, 77, 21, 5);
  REQUIRE(ringing(w, bela));
  const ByteVector noise = cesar.invitation(78, w.own_key(), 5);
  w.say(wire::Incoming{cesar.id(), 78, 22, 0, noise});
  w.say(wire::CertificateReply{wire::CertificateBy::device_id, cesar.id().bytes, cesar.certificate});
  CHECK_EQ(ringing(w, cesar), wire::RingStatus::busy);
  w.say(wire::Incoming{cesar.id(), 78, 22, 0, noise});
  CHECK(w.node.take<wire::RingingFromCallee>());
  CHECK_EQ(w.count(EventKind::incoming), 1);
}

TEST_CASE("who was killed in our call and calls again is not told busy: the old call ends and it rings") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2), cesar = w.peer("Cesar", 3);
  w.invite(bela, 77, 21, 5);
  REQUIRE(ringing(w, bela));
  w.client.answer(w.now);
  w.settle();
  w.signal(wire::SealedKind::confirm, 21, bela.confirm());
  REQUIRE_EQ(w.client.call_state(), CallState::connected);
  w.invite(cesar, 80, 22, 5);
  CHECK_EQ(ringing(w, cesar), wire::RingStatus::busy);
  CHECK_EQ(w.client.call_state(), CallState::connected);
  w.invite(bela, 78, 23, 6);
  CHECK_EQ(ringing(w, bela), wire::RingStatus::ringing);
  CHECK_EQ(w.ended(), EndReason::failed);
  CHECK_EQ(w.count(EventKind::incoming), 2);
}

TEST_CASE("an unconfirmed answer ends with the ringing") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.invite(bela, 77, 21, 5);
  w.client.answer(w.now);
  w.wait(wire::kRingTimeCallee);
  CHECK_EQ(w.ended(), EndReason::missed);
  w.wait(2min);
  CHECK_FALSE(w.client.is_saying_goodbye());
}

TEST_CASE("a call that rings while the node forgets it is a missed call") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.invite(bela, 77, 21, 5);
  w.say(wire::ChannelUnknown{21});
  CHECK_EQ(w.ended(), EndReason::missed);
  CHECK_FALSE(w.client.is_saying_goodbye());
}

TEST_CASE("two who call each other: the invitation of the smaller device id stands") {
  int stood = 0, yielded = 0;
  for (uint64_t seed = 2; seed < 12; ++seed) {
    ClientWorld w;
    w.attach();
    FakePeer bela = w.peer("Bela", seed);
    w.call("bela");
    w.answer_lookup({&bela});
    w.invite(bela, 77, 21, 5);
    CHECK_EQ(w.count(EventKind::incoming), 0);
    if (wire::device_id_of(w.own_key()) < bela.id()) {
      ++stood;
      CHECK_EQ(w.client.call_state(), CallState::calling);
      continue;
    }
    ++yielded;
    CHECK(w.node.take<wire::Cancel>());
    CHECK_EQ(ringing(w, bela), wire::RingStatus::ringing);
    CHECK_EQ(w.client.call_state(), CallState::answering);
    w.signal(wire::SealedKind::confirm, 21, bela.confirm());
    CHECK_EQ(w.client.call_state(), CallState::connected);
    CHECK_FALSE(w.ended());
  }
  CHECK_GT(stood, 0);
  CHECK_GT(yielded, 0);
}
