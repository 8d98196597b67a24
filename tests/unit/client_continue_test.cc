// A connected call whose supernode is gone (client/call_continue.cc), seen by each of its two ends.
#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::CallState;
using client::EndReason;
using client::EventKind;

namespace {

constexpr wire::CallNumber kCall = 7;

struct TwoNodes : ClientWorld {
  TwoNodes() : b(add_place("b:1")), bela(peer("Bela", 2)) {
    node.response.time = b.node.response.time = kWall;
    attach();
    policy::RootPolicy root;
    root.organisation = {"Relief"};
    root.serial = 1;
    root.from = {19'000};
    root.until = {20'500};
    root.rules.contacts = {{"Bela"}};
    root.rules.supernodes = {{node.keys.public_key, kPlace, {}}, {b.node.keys.public_key, b.name, {}}};
    INVARIANT(client.import_policy(now, sign(root)).has_value());
    settle();
  }
  // Ada calls; gives the number of the call.
  wire::CallNumber call_bela() {
    call("bela");
    answer_lookup({&bela});
    const auto invite = node.take<wire::Invite>();
    INVARIANT(invite.has_value());
    say(wire::RingingToCaller{invite->call, 11, bela.ringing(*invite, own_key())});
    signal(wire::SealedKind::answer, 11, bela.answer());
    INVARIANT(client.call_state() == CallState::connected);
    return invite->call;
  }
  // Bela calls.
  void be_called() {
    invite(bela, kCall, 21, 1);
    INVARIANT(bela.take_ringing(node.take<wire::RingingFromCallee>()->noise) == wire::RingStatus::ringing);
    client.answer(now);
    signal(wire::SealedKind::confirm, 21, bela.confirm());
    INVARIANT(client.call_state() == CallState::connected);
  }
  void lose_node() {
    node.is_silent = true;
    client.network_changed(now);
    const Time until = now + 20s;
    // What waits for a session is due at the moment when there is one again, so not with wait().
    for (auto next = client.next_timeout(); next && *next <= until; next = client.next_timeout()) {
      now = std::max(now, *next);
      client.handle_timeout(now);
      settle();
    }
    INVARIANT(client.is_attached() && client.node().place == b.name);
  }
  void say_from_b(const wire::ControlMessage& message) {
    b.node.send(now, message);
    settle();
  }
  std::optional<wire::RingStatus> invite_from_b(wire::CallNumber number, uint32_t counter, wire::CallNumber continues) {
    const ByteVector noise = bela.invitation(number, own_key(), counter, continues);
    say_from_b(wire::Incoming{bela.id(), number, 31, 0, noise});
    const auto ringing = b.node.take<wire::RingingFromCallee>();
    return ringing ? bela.take_ringing(ringing->noise) : std::nullopt;
  }
  OtherPlace& b;
  FakePeer bela;
};

}  // namespace

TEST_CASE("the caller sets the call up again at the node where it is now, and nobody rings") {
  TwoNodes w;
  const wire::CallNumber first = w.call_bela();
  w.lose_node();
  const auto invite = w.b.node.take<wire::Invite>();
  REQUIRE(invite);
  CHECK_NE(invite->call, first);
  const ByteVector ringing = w.bela.ringing(*invite, w.own_key());
  CHECK_EQ(w.bela.invited.continues, first);
  w.say_from_b(wire::RingingToCaller{invite->call, 12, ringing});
  w.say_from_b(wire::SealedSignal{wire::SealedKind::answer, 12, w.bela.answer()});
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_EQ(w.count(EventKind::connected), 1);
  CHECK_EQ(w.count(EventKind::ringing), 1);
  w.say_from_b(wire::SealedSignal{wire::SealedKind::hangup, 12, w.bela.hangup(wire::HangupReason::ended)});
  CHECK_EQ(w.ended(), EndReason::peer_hung_up);
}

TEST_CASE("the callee takes its call up again without a ring, and waits for the caller until then") {
  TwoNodes w;
  w.be_called();
  w.lose_node();
  CHECK_EQ(w.invite_from_b(8, 2, kCall), wire::RingStatus::ringing);
  w.say_from_b(wire::SealedSignal{wire::SealedKind::confirm, 31, w.bela.confirm()});
  const auto answer = w.b.node.take<wire::SealedSignal>();
  REQUIRE(answer);
  CHECK_EQ(answer->kind, wire::SealedKind::answer);
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_EQ(w.count(EventKind::incoming), 1);
  CHECK_EQ(w.count(EventKind::connected), 1);
}

TEST_CASE("a call that is not known, or not with that device, is not gone on with: busy, and it does not ring") {
  TwoNodes w;
  w.lose_node();
  CHECK_FALSE(w.invite_from_b(8, 2, kCall));  // its certificate is asked for first
  const auto wanted = w.b.node.take<wire::CertificateWanted>();
  REQUIRE(wanted);
  w.say_from_b(wire::CertificateReply{wanted->by, wanted->id, w.bela.certificate});
  const auto ringing = w.b.node.take<wire::RingingFromCallee>();
  REQUIRE(ringing);
  CHECK_EQ(w.bela.take_ringing(ringing->noise), wire::RingStatus::busy);
  CHECK_EQ(w.count(EventKind::incoming), 0);
}

TEST_CASE("another number than this call's is busy, and the call stays") {
  TwoNodes w;
  w.be_called();
  w.lose_node();
  CHECK_EQ(w.invite_from_b(8, 2, kCall + 1), wire::RingStatus::busy);
  CHECK_EQ(w.client.call_state(), CallState::connected);
}

TEST_CASE("a far device that is not there yet ends nothing, a door that is closed does") {
  TwoNodes w;
  w.call_bela();
  w.lose_node();
  const auto invite = w.b.node.take<wire::Invite>();
  REQUIRE(invite);
  w.say_from_b(wire::CallFailed{.call = invite->call, .reason = wire::CallFailure::not_attached});
  CHECK_FALSE(w.ended());
  w.wait(5s);
  const auto again = w.b.node.take<wire::Invite>();
  REQUIRE(again);
  CHECK_EQ(again->call, invite->call);
  w.say_from_b(wire::CallFailed{.call = invite->call, .reason = wire::CallFailure::by_policy, .rule = 1});
  CHECK_EQ(w.ended(), EndReason::closed_by_policy);
}

TEST_CASE("a caller whose far device knows nothing of the call any more does not wait for it") {
  TwoNodes w;
  w.call_bela();
  w.lose_node();
  const auto invite = w.b.node.take<wire::Invite>();
  REQUIRE(invite);
  w.say_from_b(wire::RingingToCaller{invite->call, 12, w.bela.ringing(*invite, w.own_key(), wire::RingStatus::busy)});
  CHECK_EQ(w.ended(), EndReason::failed);
}

TEST_CASE("a callee to whom no caller comes asks for it, and is told that the call is over") {
  TwoNodes w;
  w.be_called();
  w.lose_node();
  w.wait(5s);
  const auto question = w.b.node.take<wire::Invite>();
  REQUIRE(question);
  CHECK_EQ(question->callee, w.bela.id());
  const ByteVector busy = w.bela.ringing(*question, w.own_key(), wire::RingStatus::busy);
  CHECK_EQ(w.bela.invited.continues, kCall);
  SUBCASE("that they must not be called, or are not there, is no answer") {
    using enum wire::CallFailure;
    for (const wire::CallFailure reason : {by_policy, not_attached, over, too_many_calls})
      w.say_from_b(wire::CallFailed{.call = question->call, .reason = reason});
    CHECK_EQ(w.client.call_state(), CallState::connected);
    w.wait(30s);
    REQUIRE(w.b.node.take<wire::Invite>());  // again
    CHECK_EQ(w.invite_from_b(8, 2, kCall), wire::RingStatus::ringing);
  }
  SUBCASE("they know nothing of it") {
    w.say_from_b(wire::RingingToCaller{question->call, 12, busy});
    CHECK_EQ(w.ended(), EndReason::failed);
  }
  SUBCASE("who has invited meanwhile has answered") {
    CHECK_EQ(w.invite_from_b(8, 2, kCall), wire::RingStatus::ringing);
    w.say_from_b(wire::SealedSignal{wire::SealedKind::confirm, 31, w.bela.confirm()});
    w.say_from_b(wire::RingingToCaller{question->call, 12, busy});
    w.wait(4min);
    CHECK_EQ(w.client.call_state(), CallState::connected);
  }
}

TEST_CASE("a caller that is asked invites, and answers nothing, though it has noticed nothing") {
  TwoNodes w;
  const wire::CallNumber first = w.call_bela();
  while (w.node.take<wire::Invite>()) {
  }
  SUBCASE("for this call") {
    w.say(wire::Incoming{w.bela.id(), 8, 31, 0, w.bela.invitation(8, w.own_key(), 2, first)});
    CHECK_FALSE(w.node.take<wire::RingingFromCallee>());
    const auto invite = w.node.take<wire::Invite>();
    REQUIRE(invite);
    (void)w.bela.ringing(*invite, w.own_key());
    CHECK_EQ(w.bela.invited.continues, first);
  }
  SUBCASE("for another one") {
    w.say(wire::Incoming{w.bela.id(), 8, 31, 0, w.bela.invitation(8, w.own_key(), 2, first + 1)});
    CHECK_FALSE(w.node.take<wire::Invite>());
    const auto ringing = w.node.take<wire::RingingFromCallee>();
    REQUIRE(ringing);
    CHECK_EQ(w.bela.take_ringing(ringing->noise), wire::RingStatus::busy);
  }
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_EQ(w.count(EventKind::incoming), 0);
}

TEST_CASE("who calls anew while we go on with the old call rings: nothing is answered by itself") {
  TwoNodes w;
  w.call_bela();
  w.lose_node();
  REQUIRE(w.b.node.take<wire::Invite>());
  CHECK_EQ(w.invite_from_b(8, 2, 0), wire::RingStatus::ringing);
  w.say_from_b(wire::SealedSignal{wire::SealedKind::confirm, 31, w.bela.confirm()});
  CHECK_EQ(w.client.call_state(), CallState::ringing_here);
  CHECK_EQ(w.count(EventKind::incoming), 1);
  CHECK_EQ(w.count(EventKind::connected), 1);
  CHECK_EQ(w.ended(), EndReason::failed);
}

TEST_CASE("nobody waits for ever") {
  TwoNodes w;
  w.be_called();
  w.lose_node();
  w.wait(3min);
  CHECK_EQ(w.ended(), EndReason::failed);
}
