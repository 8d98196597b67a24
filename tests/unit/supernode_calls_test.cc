#include <doctest/doctest.h>

#include "support/mini_calls.h"

using namespace farline;
using namespace farline::testing;

namespace {

bool fails(SupernodeWorld& world, MiniClient& caller, wire::CallNumber call, wire::CallFailure reason) {
  const auto failed = world.take<wire::CallFailed>(caller);
  return failed && failed->call == call && failed->reason == reason;
}

// The media packet `from` sends arrives at `to` on `channel`.
bool passes(SupernodeWorld& world, MiniClient& from, wire::Channel on, MiniClient& to, wire::Channel channel) {
  world.sent.clear();
  const auto out = world.deliver(from, MiniClient::media(on));
  return out && out->to == to.address && equal(out->datagram.bytes(), MiniClient::media(channel));
}

}  // namespace

TEST_CASE("a call, from INVITE to HANGUP_ACK, and what each side is told") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  world.send(*ann, invite_to(*bob, 7));
  const auto incoming = world.take<wire::Incoming>(*bob);
  REQUIRE(incoming.has_value());
  CHECK(incoming->caller == ann->id());
  CHECK_EQ(incoming->call, 7);
  CHECK_EQ(incoming->rate_kbps, 3);
  CHECK(equal(incoming->noise, kNoise));
  const wire::Channel at_bob = incoming->channel;

  world.send(*bob, wire::RingingFromCallee{.channel = at_bob, .noise = kNoise});
  const auto ringing = world.take<wire::RingingToCaller>(*ann);
  REQUIRE(ringing.has_value());
  const wire::Channel at_ann = ringing->channel;
  CHECK_NE(at_ann, at_bob);
  CHECK(equal(ringing->noise, kNoise));

  const auto arrives = [&](MiniClient& from, MiniClient& to, const wire::SealedSignal& sent, wire::Channel channel) {
    world.send(from, sent);
    const auto got = world.take<wire::SealedSignal>(to);
    return got && got->kind == sent.kind && got->channel == channel && equal(got->sealed, kSealed);
  };
  CHECK(arrives(*ann, *bob, signal(wire::SealedKind::confirm, at_ann), at_bob));
  CHECK(arrives(*bob, *ann, signal(wire::SealedKind::answer, at_bob), at_ann));
  CHECK(passes(world, *bob, at_bob, *ann, at_ann));
  CHECK(passes(world, *ann, at_ann, *bob, at_bob));
  CHECK(arrives(*ann, *bob, signal(wire::SealedKind::hangup, at_ann), at_bob));
  CHECK_FALSE(passes(world, *bob, at_bob, *ann, at_ann));
  // HANGUP and its acknowledgement may be lost and repeated while the leg lingers.
  world.advance(wire::kLegLinger / 2);
  CHECK(arrives(*ann, *bob, signal(wire::SealedKind::hangup, at_ann), at_bob));
  world.send(*bob, wire::HangupAck{at_bob});
  const auto ack = world.take<wire::HangupAck>(*ann);
  REQUIRE(ack.has_value());
  CHECK_EQ(ack->channel, at_ann);
  world.advance(wire::kLegLinger / 2 + wire::kSweepEvery);
  CHECK_EQ(world.node->status().legs, 0);
  world.send(*ann, signal(wire::SealedKind::hangup, at_ann));
  const auto unknown = world.take<wire::ChannelUnknown>(*ann);
  REQUIRE(unknown.has_value());
  CHECK_EQ(unknown->channel, at_ann);
}

TEST_CASE("INVITE repeated rings again on the same channels, not more often than a patient caller repeats") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  wire::Channel channel = 0;
  size_t forwarded = 0;
  for (int i = 0; i < 100; ++i) {
    world.send(*ann, invite_to(*bob, 7));
    world.now += 100ms;
    const auto incoming = world.take<wire::Incoming>(*bob);
    if (!incoming) continue;
    ++forwarded;
    if (channel == 0) channel = incoming->channel;
    CHECK_EQ(incoming->channel, channel);
  }
  CHECK_EQ(world.node->status().legs, 1);
  CHECK_GE(forwarded, 6);
  CHECK_LE(forwarded, wire::kSignalsBurst + 10s / wire::kSignalsEvery);
}

TEST_CASE("calls that cannot be placed fail with a reason") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  auto stranger = world.new_client();
  world.send(*ann, invite_to(*stranger, 1));
  CHECK(fails(world, *ann, 1, wire::CallFailure::no_such_device));
  world.send(*ann, invite_to(*ann, 2));
  CHECK(fails(world, *ann, 2, wire::CallFailure::not_allowed));
  world.send(*bob, wire::Detach{});
  world.send(*ann, invite_to(*bob, 3));
  CHECK(fails(world, *ann, 3, wire::CallFailure::not_attached));
  CHECK_EQ(world.node->status().legs, 0);
}

TEST_CASE("another device of the same person may be called") {
  SupernodeWorld world({.is_trial = true});
  auto desk = world.member("Ann");
  auto laptop = world.member("Ann");
  connect(world, *desk, *laptop, 1);
}

TEST_CASE("a caller who does not know all devices is told of them, once in a while") {
  SupernodeWorld world({.is_trial = true});
  auto ann = world.member("Ann");
  auto desk = world.member("Bob");
  auto laptop = world.member("Bob");
  world.send(*laptop, wire::Detach{});
  world.send(*ann, invite_to(*desk, 1, 1));
  const auto told = world.take<wire::LookupResult>(*ann);
  REQUIRE(told.has_value());
  CHECK_EQ(told->request, 0);
  REQUIRE_EQ(told->device_count, 2);
  CHECK(told->devices[0].attached);
  CHECK_FALSE(told->devices[1].attached);
  CHECK(equal(told->devices[1].certificate, laptop->certificate));
  CHECK(world.take<wire::Incoming>(*desk).has_value());
  world.send(*ann, invite_to(*desk, 2, 1));
  CHECK_FALSE(world.take<wire::LookupResult>(*ann).has_value());
  world.now += wire::kUnaskedLookupEvery;
  world.send(*ann, invite_to(*desk, 3, 2));
  CHECK_FALSE(world.take<wire::LookupResult>(*ann).has_value());
}

TEST_CASE("CANCEL stops the ringing until it is confirmed; a late INVITE does not ring again") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const Channels channels = ring(world, *ann, *bob, 7);
  world.send(*ann, wire::Cancel{7});
  const auto cancelled = world.take<wire::Cancelled>(*bob);
  REQUIRE(cancelled.has_value());
  CHECK_EQ(cancelled->channel, channels.callee);
  world.send(*ann, invite_to(*bob, 7));
  const auto failed = world.take<wire::CallFailed>(*ann);
  REQUIRE(failed.has_value());
  CHECK_EQ(failed->reason, wire::CallFailure::over);
  CHECK(world.sent.empty());
  // CANCELLED was lost: the callee goes on and is told again.
  world.send(*bob, wire::RingingFromCallee{.channel = channels.callee, .noise = kNoise});
  CHECK(world.take<wire::Cancelled>(*bob).has_value());

  connect(world, *ann, *bob, 8);
  world.send(*ann, wire::Cancel{8});
  CHECK_FALSE(world.take<wire::Cancelled>(*bob).has_value());
}

TEST_CASE("calling again gives up the earlier call: a device rings once for one other") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const Channels first = ring(world, *ann, *bob, 1);
  world.send(*ann, invite_to(*bob, 2));
  const auto cancelled = world.take<wire::Cancelled>(*bob);
  REQUIRE(cancelled.has_value());
  CHECK_EQ(cancelled->channel, first.callee);
  CHECK(world.take<wire::Incoming>(*bob).has_value());
}

TEST_CASE("redialling is for people: a few times in half a minute") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  for (uint32_t call = 0; call < wire::kLegsPerPairMax; ++call) ring(world, *ann, *bob, call);
  world.send(*ann, invite_to(*bob, 99));
  CHECK(fails(world, *ann, 99, wire::CallFailure::too_many_calls));
  world.advance(wire::kLegLinger + wire::kSweepEvery);
  ring(world, *ann, *bob, 100);
}

TEST_CASE("media passes only between devices that agreed to it") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const Channels channels = ring(world, *ann, *bob, 7);
  CHECK_FALSE(passes(world, *ann, channels.caller, *bob, channels.callee));
  CHECK_FALSE(passes(world, *bob, channels.callee, *ann, channels.caller));
  CHECK_EQ(world.node->counters().relay_not_answered, 2);
  world.send(*ann, signal(wire::SealedKind::confirm, channels.caller));
  CHECK_FALSE(passes(world, *ann, channels.caller, *bob, channels.callee));
  // ANSWER was lost on its way to the node: the callee's media says as much.
  CHECK(passes(world, *bob, channels.callee, *ann, channels.caller));
  CHECK(passes(world, *ann, channels.caller, *bob, channels.callee));
}

TEST_CASE("signals of the wrong side or of strangers to the leg go nowhere") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  auto eve = world.member("Eve");
  const Channels channels = ring(world, *ann, *bob, 7);
  const auto is_refused = [&](MiniClient& from, const wire::ControlMessage& message) {
    const uint64_t refused = world.node->counters().refused;
    world.send(from, message);
    return world.sent.empty() && world.node->counters().refused == refused + 1;
  };
  CHECK(is_refused(*ann, signal(wire::SealedKind::answer, channels.caller)));
  CHECK(is_refused(*bob, signal(wire::SealedKind::confirm, channels.callee)));
  CHECK(is_refused(*ann, wire::RingingFromCallee{.channel = channels.caller, .noise = kNoise}));
  for (const wire::Channel stolen : {channels.caller, channels.callee}) {
    for (const auto kind : {wire::SealedKind::confirm, wire::SealedKind::answer, wire::SealedKind::hangup})
      world.send(*eve, signal(kind, stolen));
    world.send(*eve, wire::RingingFromCallee{.channel = stolen, .noise = kNoise});
    world.send(*eve, wire::HangupAck{stolen});
    world.deliver(*eve, MiniClient::media(stolen));
  }
  for (const Transmit& out : world.sent) {
    CHECK_EQ(out.to == eve->address, true);
    const auto message = eve->open(out.datagram.bytes());
    CHECK((message && std::holds_alternative<wire::ChannelUnknown>(*message)));
  }
  CHECK_EQ(world.sent.size(), 9);  // no answer to HANGUP_ACK, and one a second to media
  world.sent.clear();
  world.send(*eve, wire::Cancel{7});
  CHECK(world.sent.empty());
}

TEST_CASE("a leg survives a new session, a new address and a long stall") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const Channels channels = connect(world, *ann, *bob, 7);
  world.advance(wire::kLegIdleMax - 1min);
  CHECK_EQ(world.node->status().attached, 0);
  ann->address.port = 9999;
  REQUIRE(world.attach(*ann));
  CHECK_FALSE(passes(world, *ann, channels.caller, *bob, channels.callee));
  CHECK_EQ(world.node->counters().relay_not_attached, 1);
  REQUIRE(world.attach(*bob));
  CHECK(passes(world, *ann, channels.caller, *bob, channels.callee));
  CHECK(passes(world, *bob, channels.callee, *ann, channels.caller));
  world.advance(wire::kLegIdleMax + wire::kSweepEvery);
  CHECK_EQ(world.node->status().legs, 0);
}

TEST_CASE("a call that is not answered does not stay for ever") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  ring(world, *ann, *bob, 7);
  world.advance(wire::kRingTimeCallee);
  CHECK_EQ(world.node->status().legs, 1);
  world.advance(wire::kLegUnansweredMax - wire::kRingTimeCallee + wire::kSweepEvery);
  CHECK_EQ(world.node->status().legs, 0);
}

TEST_CASE("each direction is held to the rate of the INVITE") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const Channels channels = connect(world, *ann, *bob, 7);
  const uint64_t before = world.node->counters().relayed_packets;
  constexpr int kSeconds = 60;
  for (int i = 0; i < kSeconds * 50; ++i) {  // 50 packets of 100 bytes on the wire a second: 40 kbit/s of 3
    world.now += 20ms;
    world.deliver(*ann, MiniClient::media(channels.caller, 72));
  }
  const uint64_t bits = (world.node->counters().relayed_packets - before) * 100 * 8;
  const uint64_t burst = 2 * 3000 + wire::kRelayBurstPackets * (wire::kDatagramBytesMax + 48) * 8;
  CHECK_GE(bits, kSeconds * 3000U);
  CHECK_LE(bits, kSeconds * 3000U + burst);
  CHECK_GT(world.node->counters().relay_over_quota, 0);
  CHECK(passes(world, *bob, channels.callee, *ann, channels.caller));
}

TEST_CASE("media from another address on a live channel: one challenge a second, and the session moves by its answer") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const Channels channels = connect(world, *ann, *bob, 7);
  const Address new_address = Address::v4(192, 0, 2, 1, 1);
  world.sent.clear();
  for (int i = 0; i < 5; ++i) world.deliver(new_address, MiniClient::media(channels.caller));
  REQUIRE_EQ(world.sent.size(), 1);
  CHECK_LE(world.sent[0].datagram.size, MiniClient::media(channels.caller).size());
  world.sent.clear();
  world.now += 1s;
  world.deliver(new_address, MiniClient::media(channels.caller, 20));  // shorter than a challenge
  CHECK(world.sent.empty());
  world.deliver(new_address, MiniClient::media(channels.caller));
  ann->address = new_address;
  const auto challenge = world.take<wire::PathChallenge>(*ann);
  REQUIRE(challenge.has_value());
  world.send(*ann, wire::PathResponse{challenge->nonce}, true);
  CHECK(passes(world, *ann, channels.caller, *bob, channels.callee));
  CHECK(passes(world, *bob, channels.callee, *ann, channels.caller));
}

TEST_CASE("a device learns from the node that its channel is gone") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const Channels channels = connect(world, *ann, *bob, 7);
  world.start();
  REQUIRE(world.attach(*ann));
  world.deliver(*ann, MiniClient::media(channels.caller));
  world.deliver(*ann, MiniClient::media(channels.caller));
  CHECK_EQ(world.sent.size(), 1);
  CHECK(world.take<wire::ChannelUnknown>(*ann).has_value());
}

TEST_CASE("a device that lost its call in a restart ends it for both, and nobody else's") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  auto eve = world.member("Eve");
  const Channels channels = connect(world, *ann, *bob, 7);
  world.send(*eve, wire::ChannelUnknown{channels.callee});
  world.send(*eve, wire::ChannelUnknown{channels.caller});
  CHECK(passes(world, *ann, channels.caller, *bob, channels.callee));
  REQUIRE(world.attach(*bob));
  world.send(*bob, wire::ChannelUnknown{channels.callee});
  const auto unknown = world.take<wire::ChannelUnknown>(*ann);
  REQUIRE(unknown.has_value());
  CHECK_EQ(unknown->channel, channels.caller);
  CHECK(!passes(world, *ann, channels.caller, *bob, channels.callee));
}

TEST_CASE("a device may start so many calls and no more") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  std::vector<std::unique_ptr<MiniClient>> others;
  for (int i = 0; i < 9; ++i) others.push_back(world.member("P" + std::to_string(i)));
  SUBCASE("running ones") {
    for (uint32_t i = 0; i < wire::kLegsPerDeviceMax; ++i) connect(world, *ann, *others[i], i);
    world.send(*ann, invite_to(*others[8], 99));
    CHECK(fails(world, *ann, 99, wire::CallFailure::too_many_calls));
    world.send(*others[8], invite_to(*ann, 1));
    CHECK(fails(world, *others[8], 1, wire::CallFailure::too_many_calls));
  }
  SUBCASE("ringing ones make room") {
    for (uint32_t i = 0; i < 9; ++i) ring(world, *ann, *others[i], i);
    CHECK_EQ(world.node->status().legs, wire::kLegsPerDeviceMax);
  }
  SUBCASE("in a time, also across sessions") {
    uint64_t placed = 0;
    for (uint32_t i = 0; i < 100; ++i) {
      if (i == 50) REQUIRE(world.attach(*ann));
      const uint64_t calls = world.node->counters().calls;
      world.send(*ann, invite_to(*others[i % 9], i));
      placed += world.node->counters().calls - calls;
    }
    CHECK_EQ(placed, wire::kInvitesPerCallerBurst * wire::kDevicesPerPersonMax);
  }
}

TEST_CASE("LOOKUP and CERTIFICATE_WANTED") {
  SupernodeWorld world({.is_trial = true});
  auto ann = world.member("Ann");
  auto guest = world.new_client();
  guest->certificate = world.certificate_by_root(*guest, std::string(64, 'g'), SupernodeWorld::kWall + 9000);
  REQUIRE(world.attach(*guest, true));
  world.send(*ann, wire::Lookup{.request = 9, .name = "nobody"});
  auto result = world.take<wire::LookupResult>(*ann);
  REQUIRE(result.has_value());
  CHECK_EQ(result->status, wire::LookupStatus::no_such_name);
  world.send(*ann, wire::Lookup{.request = 9, .name = "\xff"});
  result = world.take<wire::LookupResult>(*ann);
  REQUIRE(result.has_value());
  CHECK_EQ(result->status, wire::LookupStatus::no_such_name);

  const auto certificate = [&](wire::CertificateBy by, const std::array<uint8_t, 8>& id) {
    world.send(*ann, wire::CertificateWanted{by, id});
    const auto reply = world.take<wire::CertificateReply>(*ann);
    REQUIRE((reply && reply->id == id && reply->by == by));
    return to_vector(reply->certificate);
  };
  using enum wire::CertificateBy;
  CHECK(equal(certificate(device_id, guest->id().bytes), guest->certificate));
  CHECK(equal(certificate(certificate_hash, wire::certificate_hash_of(guest->certificate).bytes), guest->certificate));
  CHECK(equal(certificate(certificate_hash, wire::certificate_hash_of(world.issuer_certificate).bytes),
              world.issuer_certificate));
  CHECK(certificate(device_id, {1, 2, 3}).empty());
}
