// Policies between a device and its node: fetched, given, told, and what happens when the node says nothing, or lies.
#include <doctest/doctest.h>

#include "policy/exchange.h"
#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::CallState;
using client::EventKind;

namespace {

policy::RootPolicy root_policy(uint32_t serial) {
  policy::RootPolicy root;
  root.organisation = {"Relief"};
  root.serial = serial;
  root.from = {19'655};
  root.until = {19'775};
  root.rules.contacts = {{"clinic"}};
  return root;
}
wire::PolicyVersion v(uint32_t serial) {
  return {0, serial};
}

// The node's end.
struct Source {
  ClientWorld& w;
  policy::PolicySource held{};
  size_t questions = 0;
  size_t deltas = 0;

  void hold(uint32_t serial) {
    held.hold(v(serial), w.sign(root_policy(serial)));
    w.node.response.policy = held.version();
    w.node.response.time = ClientWorld::kWall;
  }
  void serve() {
    while (const auto wanted = w.node.take<wire::PolicyWanted>()) {
      ++questions;
      const auto part = held.answer(*wanted);
      REQUIRE(part.has_value());
      if (part->form == wire::PolicyForm::delta) ++deltas;
      w.say(*part);
    }
  }
  // What the client has told last that it holds.
  std::optional<wire::PolicyVersion> told() {
    std::optional<wire::PolicyVersion> last;
    while (const auto news = w.node.take<wire::PolicyNews>()) last = news->held;
    return last;
  }
};

// What the client asks the far device of its call within a second of talk; nothing: nothing.
std::optional<wire::PolicyWanted> asks_in_call(ClientWorld& w, FakePeer& peer) {
  const size_t before = w.datagrams.size();
  const std::array<int16_t, voice::kUnitSamples> pcm{};
  for (int i = 0; i < 50; ++i) {
    w.now += 20ms;
    w.client.handle_pcm(w.now, pcm);
    w.settle();
  }
  for (size_t i = before; i < w.datagrams.size(); ++i) {
    const Bytes datagram = w.datagrams[i];
    if (wire::packet_type(datagram) != wire::PacketType::media) continue;
    std::array<uint8_t, 1280> plain;
    session::MediaSeal::Failure failure{};
    const auto opened = peer.keys->media.open(datagram.subspan(wire::kMediaHeader), plain, failure);
    REQUIRE(opened.has_value());
    if (!wire::is_policy_payload(opened->payload)) continue;
    const auto message = wire::decode_control(opened->payload.subspan(1), wire::ControlFrom::client);
    REQUIRE(message.has_value());
    if (const auto* wanted = std::get_if<wire::PolicyWanted>(&*message)) return *wanted;
  }
  return std::nullopt;
}

wire::PolicyVersion version_of(const ClientWorld& w) {
  return w.client.admission().version();
}

}  // namespace

TEST_CASE("without any policy nothing is asked or told") {
  ClientWorld w;
  w.attach();
  w.wait(1h);
  CHECK_FALSE(w.node.take<wire::PolicyWanted>().has_value());
  CHECK_FALSE(w.node.take<wire::PolicyNews>().has_value());
}

TEST_CASE("a device without a policy fetches it at once, and a call that begins meanwhile waits for it") {
  ClientWorld w;
  Source source{w};
  source.hold(3);
  w.attach();
  w.call("bao");
  CHECK_FALSE(w.node.take<wire::Lookup>().has_value());
  source.serve();
  CHECK((version_of(w) == v(3)));
  CHECK(w.node.take<wire::Lookup>().has_value());
  CHECK((source.told() == v(3)));
  CHECK(source.questions == 1);
}

TEST_CASE("a newer one is fetched within a minute of the attachment, as a difference") {
  ClientWorld w;
  Source source{w};
  source.hold(3);
  w.attach();
  source.serve();
  source.hold(4);
  w.client.detach(w.now);
  w.settle();
  w.attach();
  CHECK_FALSE(w.node.take<wire::PolicyWanted>().has_value());
  w.wait(60s);
  source.serve();
  CHECK((version_of(w) == v(4)));
  CHECK(source.deltas == source.questions - 1);  // all but the first
}

TEST_CASE("a program that ends soon asks at once for the newer one, and says when it has it") {
  ClientWorld w;
  Source source{w};
  source.hold(3);
  w.attach();
  source.serve();
  source.hold(4);
  w.client.detach(w.now);
  w.settle();
  w.attach();
  w.client.hurry(w.now);
  w.settle();
  CHECK(w.client.is_hurrying());
  source.serve();
  CHECK((version_of(w) == v(4)));
  CHECK_FALSE(w.client.is_hurrying());
}

TEST_CASE("news while attached are fetched, and told back; a repetition is answered") {
  ClientWorld w;
  Source source{w};
  source.hold(3);
  w.attach();
  source.serve();
  source.hold(4);
  w.say(wire::PolicyNews{v(4)});
  source.serve();
  CHECK((version_of(w) == v(4)));
  CHECK((source.told() == v(4)));
  w.say(wire::PolicyNews{v(4)});  // it has heard
  w.wait(1h);
  (void)source.told();
  w.say(wire::PolicyNews{v(4)});  // it has not
  CHECK((source.told() == v(4)));
  w.wait(1h);
  CHECK_FALSE(source.told().has_value());
}

TEST_CASE("news that the node does not acknowledge are told three times more") {
  ClientWorld w;
  w.attach();
  REQUIRE(w.client.import_policy(w.now, w.sign(root_policy(5))).has_value());
  w.settle();
  w.wait(10min);
  size_t times = 0;
  while (w.node.take<wire::PolicyNews>()) ++times;
  CHECK(times == 4);
}

TEST_CASE("what was imported while the attachment was under way is told") {
  ClientWorld w;
  w.client.attach(w.now, ClientWorld::kWall);
  REQUIRE(w.client.import_policy(w.now, w.sign(root_policy(5))).has_value());
  w.settle();
  CHECK((w.node.take<wire::PolicyNews>().value().held == v(5)));
}

TEST_CASE("what was imported here the node can have") {
  ClientWorld w;
  w.attach();
  const ByteVector file = w.sign(root_policy(5));
  REQUIRE(w.client.import_policy(w.now, file).has_value());
  w.settle();
  policy::PolicyFetch node;
  node.hear(w.now, w.node.take<wire::PolicyNews>().value().held, {}, w.now);
  std::optional<ByteVector> got;
  while (const auto wanted = node.poll(w.now, {.most = 100, .every = {}, .patience = 5s})) {
    w.say(*wanted);
    const auto part = w.node.take<wire::PolicyPart>();
    REQUIRE(part.has_value());
    CHECK(part->bytes.size() <= 100);
    got = node.handle(w.now, *part);
    if (got) break;
  }
  CHECK(got == file);
  w.say(wire::PolicyWanted{v(5), policy::base_of(file), 0, 100});  // nothing more to give
  CHECK((w.node.take<wire::PolicyNews>().value().held == v(5)));
}

TEST_CASE("an older policy under a newer number is not taken, nor asked for again for hours") {
  ClientWorld w;
  Source source{w};
  source.hold(3);
  source.hold(4);
  w.attach();
  source.serve();
  source.held.hold(v(9), w.sign(root_policy(3)));
  w.say(wire::PolicyNews{v(9)});
  source.serve();
  CHECK((version_of(w) == v(4)));
  const size_t asked = source.questions;
  for (int i = 0; i < 20; ++i) {
    w.say(wire::PolicyNews{v(9)});
    w.wait(10min);
    source.serve();
  }
  CHECK(source.questions == asked);
  // The right one is taken all the same.
  source.hold(10);
  w.say(wire::PolicyNews{v(10)});
  source.serve();
  CHECK((version_of(w) == v(10)));
}

TEST_CASE("a node that has a policy and does not give it is asked ever more rarely") {
  ClientWorld w;
  Source source{w};
  source.hold(3);
  w.attach();
  size_t in_first_hour = 0;
  w.wait(1h);
  while (w.node.take<wire::PolicyWanted>()) ++in_first_hour;
  CHECK(in_first_hour <= 15);
  w.wait(1h);
  size_t in_second_hour = 0;
  while (w.node.take<wire::PolicyWanted>()) ++in_second_hour;
  CHECK(in_second_hour <= 7);
  CHECK(in_second_hour >= 5);
}

TEST_CASE("a transfer goes on where it was when the session was lost") {
  ClientWorld w;
  Source source{w};
  policy::RootPolicy large = root_policy(3);
  for (uint32_t i = 0; i < 500; ++i)
    large.rules.revoked.push_back({{static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)}});
  source.held.hold(v(3), w.sign(large));
  w.node.response.policy = v(3);
  w.node.response.time = ClientWorld::kWall;
  w.attach();
  for (int i = 0; i < 3; ++i) {
    const auto wanted = w.node.take<wire::PolicyWanted>();
    REQUIRE(wanted.has_value());
    w.say(*source.held.answer(*wanted));
  }
  w.say(wire::Detach{wire::DetachReason::shutting_down});
  while (w.node.take<wire::PolicyWanted>()) {
  }
  w.wait(5min);
  const auto next = w.node.take<wire::PolicyWanted>();
  REQUIRE(next.has_value());
  CHECK(next->offset == 3 * policy::kPieceBytesMax);
  w.say(*source.held.answer(*next));
  source.serve();
  CHECK((version_of(w) == v(3)));
}

TEST_CASE("the far device of a call is asked when it says, calling or called, that it holds a newer one") {
  for (const bool calls_us : {false, true}) {
    for (const char* name : {"bao", "bao@goma"}) {
      ClientWorld w;
      w.node.response.time = ClientWorld::kWall;
      w.attach();
      REQUIRE(w.client.import_policy(w.now, w.sign(root_policy(3))).has_value());
      w.settle();
      FakePeer bao = w.peer(name, 2);
      bao.policy = v(5);
      if (calls_us) {
        w.invite(bao, 7, 11, 1);
        const auto ringing = w.node.take<wire::RingingFromCallee>();
        REQUIRE(ringing.has_value());
        REQUIRE(bao.take_ringing(ringing->noise).has_value());
        w.signal(wire::SealedKind::confirm, 11, bao.confirm());
        w.client.answer(w.now);
        w.settle();
      } else {
        w.call(name);
        w.answer_lookup({&bao});
        w.ring(bao, 11);
        w.signal(wire::SealedKind::answer, 11, bao.answer());
      }
      REQUIRE(w.client.call_state() == CallState::connected);
      const auto wanted = asks_in_call(w, bao);
      CHECK(wanted.has_value() == (std::string_view(name) == "bao"));  // another site's files are not for us
      if (wanted) CHECK((wanted->have == v(3)));
    }
  }
}
