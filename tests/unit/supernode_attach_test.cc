#include <doctest/doctest.h>

#include "supernode/attach_load.h"
#include "support/supernode_world.h"

using namespace farline;
using namespace farline::testing;
using wire::AttachStatus;

namespace {

AttachStatus status_of(SupernodeWorld& world, MiniClient& client, Bytes initiation) {
  const auto response = world.deliver(client, initiation);
  REQUIRE(response.has_value());
  const auto payload = client.take_response(world.now, response->datagram.bytes());
  REQUIRE(payload.has_value());
  return payload->status;
}

bool answers(SupernodeWorld& world, MiniClient& client) {
  const auto answer = world.deliver(client, client.keepalive());
  return answer && answer->to == client.address &&
         wire::packet_type(answer->datagram.bytes()) == wire::PacketType::keepalive_answer;
}

}  // namespace

TEST_CASE("a known device attaches in one round trip, with the bytes the document says") {
  SupernodeWorld world({.asymmetric = &crypto::real_asymmetric()});
  auto ann = world.member("Ann");
  const ByteVector initiation = ann->attach_by_hash();
  CHECK_EQ(initiation.size(), 140);
  const auto response = world.deliver(*ann, initiation);
  REQUIRE(response.has_value());
  CHECK_EQ(response->datagram.size, 80);
  const auto payload = ann->take_response(world.now, response->datagram.bytes());
  REQUIRE(payload.has_value());
  CHECK_EQ(payload->status, AttachStatus::attached);
  CHECK_EQ(payload->time.seconds, SupernodeWorld::kWall + 3600);
  CHECK_GE(payload->spread_seconds, 5);
  CHECK(answers(world, *ann));
  CHECK_EQ(world.node->status().attached, 1);
}

TEST_CASE("a session is committed only by the first packet under its keys") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  const uint64_t committed = world.node->counters().attached;
  const auto response = world.deliver(*ann, ann->attach_by_hash());
  CHECK_EQ(world.node->counters().attached, committed);
  CHECK_EQ(world.node->status().pending, 1);
  // The older session still works, and after a minute the pending one is gone.
  auto old_transport = std::move(ann->transport);
  ann->transport.reset();
  REQUIRE(ann->take_response(world.now, response->datagram.bytes()));
  std::swap(ann->transport, old_transport);
  CHECK(answers(world, *ann));
  world.advance(wire::kResponseCache + wire::kSweepEvery);
  CHECK_EQ(world.node->status().pending, 0);
  CHECK(answers(world, *ann));
  std::swap(ann->transport, old_transport);
  CHECK_FALSE(answers(world, *ann));
  CHECK_EQ(world.node->counters().attached, committed);
}

TEST_CASE("a record under a short header commits too, also beside an older session at the same address") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  const auto response = world.deliver(*ann, ann->attach_by_hash());
  REQUIRE(ann->take_response(world.now, response->datagram.bytes()));
  world.sent.clear();
  world.send(*ann, wire::Lookup{.request = 7, .name = "ann"});
  const auto result = world.take<wire::LookupResult>(*ann);
  REQUIRE(result.has_value());
  CHECK_EQ(result->request, 7);
  CHECK_EQ(world.node->status().attached, 1);
  CHECK_EQ(world.node->status().pending, 0);
}

TEST_CASE("a repeated initiation gets the same response, a changed or older one nothing") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  const ByteVector first = ann->attach_by_hash();
  const auto response = world.deliver(*ann, first);
  const uint64_t saves = world.saves;
  const auto again = world.deliver(*ann, first);
  REQUIRE((response && again));
  CHECK(equal(response->datagram.bytes(), again->datagram.bytes()));
  CHECK_EQ(world.saves, saves);
  CHECK_EQ(world.node->status().pending, 1);

  const ByteVector second = ann->attach_by_hash();
  const auto newer = world.deliver(*ann, second);
  REQUIRE(newer.has_value());
  CHECK_EQ(world.node->status().pending, 1);
  CHECK_FALSE(world.deliver(*ann, first).has_value());
  CHECK_EQ(world.node->counters().replayed, 1);
  CHECK(world.deliver(*ann, second).has_value());
  // Once committed, the device has its response: no more answers.
  REQUIRE(ann->take_response(world.now, newer->datagram.bytes()));
  CHECK(answers(world, *ann));
  CHECK_FALSE(world.deliver(*ann, second).has_value());
  CHECK_EQ(world.node->counters().replayed, 2);
}

TEST_CASE("the counter is saved before the response and holds after a restart") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  const ByteVector initiation = ann->attach_by_hash();
  world.advance(1s);
  world.node->handle_datagram(world.now, ann->address, initiation);
  SaveRecord record;
  REQUIRE(world.node->poll_save(record));
  CHECK_EQ(Reader(record.value).u64(), ann->counter);
  world.saved[{record.kind, record.key}] = record.value;

  world.start();
  CHECK_EQ(world.node->status().attached, 0);
  CHECK_EQ(world.node->status().devices, 1);
  CHECK_FALSE(world.deliver(*ann, initiation).has_value());
  CHECK_EQ(world.node->counters().replayed, 1);
  CHECK(world.attach(*ann));
}

TEST_CASE("a node that does not hold the certificate asks for it, and keeps it") {
  SupernodeWorld world;
  auto guest = world.new_client();
  guest->certificate = world.certificate_by_root(*guest, "Guest", SupernodeWorld::kWall + 9000);
  CHECK_EQ(status_of(world, *guest, guest->attach_by_hash()), AttachStatus::certificate_wanted);
  CHECK_EQ(world.node->status().pending, 0);
  CHECK_EQ(world.node->status().devices, 0);
  CHECK_EQ(status_of(world, *guest, guest->attach_with_certificate()), AttachStatus::attached);
  CHECK_EQ(world.node->status().devices, 1);
  CHECK(answers(world, *guest));
  world.start();
  CHECK(world.attach(*guest));
}

TEST_CASE("certificates that do not hold are refused and nothing is kept of them") {
  SupernodeWorld world;
  auto guest = world.new_client();
  SUBCASE("expired") {
    guest->certificate = world.certificate_by_root(*guest, "G", SupernodeWorld::kWall + 10);
  }
  SUBCASE("signed by another root") {
    SupernodeWorld other;
    other.root = world.asymmetric.generate_signing_key_pair(*std::make_unique<SeededRng>(99));
    guest->certificate = other.certificate_by_root(*guest, "G", SupernodeWorld::kWall + 9000);
  }
  SUBCASE("an issuer's") {
    guest->certificate = world.issuer_certificate;
  }
  SUBCASE("no certificate at all") {
    guest->certificate = ByteVector(100, 0x55);
  }
  CHECK_EQ(status_of(world, *guest, guest->attach_with_certificate()), AttachStatus::certificate_refused);
  CHECK_EQ(world.node->status().devices, 0);
  CHECK_EQ(world.node->status().pending, 0);
  CHECK(world.saved.empty());
}

TEST_CASE("a certificate stolen from another device opens nothing") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto thief = world.new_client();
  thief->certificate = ann->certificate;
  const uint64_t refused = world.node->counters().refused;
  CHECK_FALSE(world.deliver(*thief, thief->attach_with_certificate()).has_value());
  CHECK_EQ(world.node->counters().refused, refused + 1);
  CHECK_EQ(status_of(world, *thief, thief->attach_by_hash()), AttachStatus::certificate_wanted);
}

TEST_CASE("certificates expire while the device is known") {
  SupernodeWorld world;
  auto guest = world.new_client();
  guest->certificate = world.certificate_by_root(*guest, "Guest", SupernodeWorld::kWall + 3600 + 60);
  CHECK(world.attach(*guest, true));
  world.advance(2min);
  CHECK_EQ(status_of(world, *guest, guest->attach_by_hash()), AttachStatus::certificate_refused);
}

TEST_CASE("the newer session replaces the older, which is told only when it is elsewhere") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  SUBCASE("another address") {
    auto older = std::move(*ann->transport);
    const Address old_address = ann->address;
    // The response goes to the new place.
    ann->address.port = 5000;
    const auto moved = world.deliver(*ann, ann->attach_by_hash());
    REQUIRE(ann->take_response(world.now, moved->datagram.bytes()));
    world.sent.clear();
    world.deliver(*ann, ann->keepalive(false));
    REQUIRE_EQ(world.sent.size(), 1);
    CHECK_EQ(world.sent[0].to == old_address, true);
    session::OpenError error{};
    std::array<uint8_t, 64> plain{};
    const auto opened = older.open(world.sent[0].datagram.bytes(), plain, error);
    REQUIRE(opened.has_value());
    const auto message = wire::decode_control(*opened, wire::ControlFrom::node);
    REQUIRE((message && std::holds_alternative<wire::Detach>(*message)));
    CHECK_EQ(std::get<wire::Detach>(*message).reason, wire::DetachReason::replaced);
  }
  SUBCASE("the same address") {
    const auto response = world.deliver(*ann, ann->attach_by_hash());
    REQUIRE(ann->take_response(world.now, response->datagram.bytes()));
    world.sent.clear();
    world.deliver(*ann, ann->keepalive(false));
    CHECK(world.sent.empty());
  }
  CHECK_EQ(world.node->status().attached, 1);
}

TEST_CASE("silence ends a session, keepalives hold it") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  for (int i = 0; i < 20; ++i) {
    world.advance(wire::kKeepaliveEveryMax);
    world.deliver(*ann, ann->keepalive(false));
  }
  CHECK_EQ(world.node->status().attached, 1);
  CHECK(answers(world, *ann));
  CHECK_FALSE(answers(world, *bob));
  world.send(*ann, wire::Detach{});
  CHECK_EQ(world.node->status().attached, 0);
  world.advance(1min);
  CHECK_FALSE(world.node->next_timeout().has_value());
}

TEST_CASE("an answer after a silence goes once to where it was asked for, and moves nothing") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  const Address spare = Address::v4(10, 9, 9, 9, 4'001);
  const auto ask = [&](uint8_t silence) {
    ByteVector question(wire::kPatienceQuestionBytes);
    Writer writer(question);
    ann->transport->seal_keepalive(wire::PacketType::patience_question, writer, std::array<uint8_t, 1>{silence});
    world.deliver(spare, question);
    return question;
  };
  const auto answers_there = [&] {
    size_t count = 0;
    for (; !world.sent.empty(); world.sent.pop_front()) {
      const Transmit& out = world.sent.front();
      CHECK(wire::packet_type(out.datagram.bytes()) == wire::PacketType::patience_answer);
      CHECK(out.to == spare);
      CHECK_EQ(out.datagram.size, wire::kKeepaliveBytes);
      ++count;
    }
    return count;
  };
  ask(0);
  CHECK_EQ(answers_there(), 1);
  const ByteVector question = ask(10);
  ask(10);  // only the last one counts
  world.deliver(spare, question);
  CHECK_EQ(answers_there(), 0);
  world.advance(49s);
  CHECK_EQ(answers_there(), 0);
  world.advance(2s);
  CHECK_EQ(answers_there(), 1);
  ask(61);  // longer than a node remembers
  world.advance(10min - 1s);
  CHECK_EQ(answers_there(), 0);
  CHECK_EQ(world.node->counters().path_moves, 0);
}

TEST_CASE("an answer that was asked for dies with its session") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  ByteVector question(wire::kPatienceQuestionBytes);
  Writer writer(question);
  ann->transport->seal_keepalive(wire::PacketType::patience_question, writer, std::array<uint8_t, 1>{10});
  world.deliver(*ann, question);
  world.send(*ann, wire::Detach{});
  world.sent.clear();
  world.advance(2min);
  CHECK(world.sent.empty());
  CHECK_FALSE(world.node->next_timeout().has_value());
}

TEST_CASE("a session follows its device to a new address after a challenge, and forgets the old one") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  const Address old_address = ann->address;
  const Address new_address = Address::v4(192, 0, 2, 9, 777);
  world.deliver(new_address, ann->keepalive());
  REQUIRE_EQ(world.sent.size(), 1);
  CHECK_EQ(world.sent[0].to == new_address, true);
  CHECK_EQ(world.sent[0].datagram.size, wire::kKeepaliveBytes);  // no longer than the question
  CHECK_EQ(wire::packet_type(world.sent[0].datagram.bytes()) == wire::PacketType::keepalive_moved, true);
  world.sent.clear();
  world.deliver(new_address, ann->record(world.now, wire::PathResponse{}, true));
  REQUIRE_EQ(world.sent.size(), 1);
  CHECK_EQ(world.sent[0].to == new_address, true);
  ann->address = new_address;
  const auto challenge = world.take<wire::PathChallenge>(*ann);
  REQUIRE(challenge.has_value());
  // Until the answer: nothing moved. A record under a short header from there belongs to no session.
  world.deliver(new_address, ann->record(world.now, wire::Lookup{.request = 1, .name = "ann"}));
  CHECK(world.sent.empty());

  SUBCASE("answered from there") {
    world.deliver(new_address, ann->record(world.now, wire::PathResponse{challenge->nonce}, true));
    CHECK_EQ(world.node->counters().path_moves, 1);
    CHECK(answers(world, *ann));
    const uint64_t unknown = world.node->counters().unknown_session;
    world.deliver(old_address, ann->record(world.now, wire::Lookup{.request = 1, .name = "ann"}));
    CHECK_EQ(world.node->counters().unknown_session, unknown + 1);
  }
  SUBCASE("answered from elsewhere, or with another nonce") {
    world.deliver(old_address, ann->record(world.now, wire::PathResponse{challenge->nonce}, true));
    world.deliver(Address::v4(198, 51, 100, 1, 1), ann->record(world.now, wire::PathResponse{challenge->nonce}, true));
    auto wrong = challenge->nonce;
    wrong[0] ^= 1;
    world.deliver(new_address, ann->record(world.now, wire::PathResponse{wrong}, true));
    CHECK_EQ(world.node->counters().path_moves, 0);
  }
  SUBCASE("answered too late") {
    world.now += 2 * wire::kPathNonceLifetime;
    world.deliver(new_address, ann->record(world.now, wire::PathResponse{challenge->nonce}, true));
    CHECK_EQ(world.node->counters().path_moves, 0);
  }
}

TEST_CASE(
    "a record under a long header from a new address is handled, and answered at the old one until that has moved") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  const Address new_address = Address::v4(192, 0, 2, 9, 777);
  world.deliver(new_address, ann->record(world.now, wire::Lookup{.request = 1, .name = "ann"}, true));
  REQUIRE_EQ(world.sent.size(), 2);
  CHECK_EQ(world.sent[0].to == new_address, true);
  CHECK(world.take<wire::LookupResult>(*ann).has_value());
}

TEST_CASE("shutting down tells everybody once") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  world.node->shut_down(world.now);
  int told = 0;
  for (Transmit out; world.node->poll_transmit(out); ++told) {
    MiniClient& client = out.to == ann->address ? *ann : *bob;
    const auto message = client.open(out.datagram.bytes());
    REQUIRE((message && std::holds_alternative<wire::Detach>(*message)));
    CHECK_EQ(std::get<wire::Detach>(*message).reason, wire::DetachReason::shutting_down);
  }
  CHECK_EQ(told, 2);
  CHECK_FALSE(world.deliver(*ann, ann->keepalive()).has_value());
}

TEST_CASE("a full node says so, and still takes back the devices it has") {
  SupernodeWorld world({.sessions_max = 2});
  auto ann = world.member("Ann");
  auto bob = world.member("Bob");
  auto guest = world.new_client();
  guest->certificate = world.certificate_by_root(*guest, "Guest", SupernodeWorld::kWall + 9000);
  CHECK_EQ(status_of(world, *guest, guest->attach_with_certificate()), AttachStatus::full);
  CHECK_EQ(world.node->counters().node_full, 1);
  CHECK_EQ(world.node->status().devices, 2);
  CHECK(world.attach(*ann));
  world.send(*bob, wire::Detach{});
  CHECK(world.attach(*guest, true));
}

TEST_CASE("under load only addresses that show a cookie are heard, and none beyond the hard limit") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  world.advance(1min);
  const auto& counters = world.node->counters();
  const uint64_t before = counters.handshakes;
  std::vector<std::unique_ptr<MiniClient>> crowd;
  world.is_patient = false;
  uint64_t waiting = 0;
  uint64_t busy = 0;
  for (int i = 0; i < 300; ++i) {
    auto client = world.new_client();
    client->certificate = ann->certificate;
    const auto answer = world.deliver(*client, client->attach_by_hash());
    if (!answer || wire::packet_type(answer->datagram.bytes()) == wire::PacketType::handshake_response) {
      ++waiting;
      continue;
    }
    CHECK_EQ(answer->datagram.size, wire::kCookieReplyBytes);
    const ByteVector with_cookie = client->with_cookie(answer->datagram.bytes());
    // From elsewhere the cookie is worth nothing.
    const auto stolen = world.deliver(Address::v4(203, 0, 113, 5, 9), with_cookie);
    if (stolen) CHECK_EQ(stolen->datagram.size, wire::kCookieReplyBytes);
    const auto second = world.deliver(*client, with_cookie);
    if (!second) continue;
    REQUIRE_EQ(second->datagram.size, wire::kBusyBytes);
    const auto seconds = client->retry_after(second->datagram.bytes());
    REQUIRE(seconds);
    CHECK_GE(*seconds, supernode::AttachLoad::kRetryAfterMin);
    CHECK_LE(*seconds, supernode::AttachLoad::kRetryAfterMax);
    ++busy;
  }
  CHECK_EQ(waiting, wire::kHandshakesPerSecondFree);
  CHECK_EQ(counters.handshakes - before, 2);  // of so many at once
  CHECK_EQ(busy, 300 - 2 * wire::kHandshakesPerSecondMax);
  CHECK_EQ(counters.rate_limited, busy);
  world.advance(1s);
  CHECK_EQ(counters.handshakes - before, 2 + wire::kHandshakesPerSecondMax);
  world.advance(2s);
  CHECK_EQ(counters.handshakes - before, 2 * wire::kHandshakesPerSecondMax);
  CHECK_EQ(world.log.lines, 1);
  world.advance(2s);
  CHECK(world.attach(*ann));
}

TEST_CASE("a former key of the node is one for as long as it was given, and not a second more") {
  SupernodeWorld world;
  auto ann = world.member("Ann");
  world.rotate({SupernodeWorld::kWall + 3600 + 60});
  world.start();
  auto bob = world.member("Bob");  // invited to the new key
  CHECK(world.attach(*ann));
  CHECK(world.attach(*bob));
  world.advance(60s);
  CHECK_FALSE(world.attach(*ann));
  CHECK(world.attach(*bob));
}

namespace {

// Who was told to go elsewhere since the last time, in order.
std::vector<MiniClient*> told_to_leave(SupernodeWorld& world, const std::vector<MiniClient*>& clients) {
  std::vector<MiniClient*> out;
  for (const auto& sent : std::exchange(world.sent, {}))
    for (MiniClient* client : clients)
      if (sent.to == client->address) {
        const auto message = client->open(sent.datagram.bytes());
        const auto* detach = message ? std::get_if<wire::Detach>(&*message) : nullptr;
        if (detach && detach->reason == wire::DetachReason::shutting_down) out.push_back(client);
      }
  return out;
}

}  // namespace

TEST_CASE("draining sends its clients elsewhere one after the other, those in a call last, and lets nobody in") {
  SupernodeWorld world;
  std::vector<std::unique_ptr<MiniClient>> members;
  std::vector<MiniClient*> all;
  for (int i = 0; i < 6; ++i) {
    members.push_back(world.member("Person " + std::to_string(i)));
    all.push_back(members.back().get());
  }
  const ByteVector noise(57, 0x11);
  const wire::Invite invite{.callee = all[1]->id(), .call = 1, .rate_kbps = 10, .known_devices = 1, .noise = noise};
  world.send(*all[0], invite);
  REQUIRE_EQ(world.node->status().legs, 1);
  world.sent.clear();
  world.node->drain(world.now, 60s);
  world.advance(1ms);
  std::vector<MiniClient*> told = told_to_leave(world, all);
  CHECK_EQ(told.size(), 1);
  world.advance(40ms);  // 50 a second
  CHECK_EQ(world.node->status().attached, 3);
  for (MiniClient* client : told_to_leave(world, all)) told.push_back(client);

  const auto stranger = world.new_client();
  const auto answer = world.deliver(*stranger, stranger->initiation_with_payload(ByteVector(23)));
  REQUIRE(answer.has_value());
  CHECK_EQ(wire::packet_type(answer->datagram.bytes()), wire::PacketType::busy);

  world.advance(100ms);
  for (MiniClient* client : told_to_leave(world, all)) told.push_back(client);
  CHECK_EQ(world.node->status().attached, 0);
  REQUIRE_EQ(told.size(), 6);
  CHECK(std::ranges::find(told, all[0]) - told.begin() >= 4);
  CHECK(std::ranges::find(told, all[1]) - told.begin() >= 4);
}

TEST_CASE("draining takes no longer than it may") {
  SupernodeWorld world;
  std::vector<std::unique_ptr<MiniClient>> members;
  for (int i = 0; i < 20; ++i) members.push_back(world.member("Person " + std::to_string(i)));
  world.node->drain(world.now, 100ms);
  world.advance(100ms);
  CHECK_EQ(world.node->status().attached, 0);
}
