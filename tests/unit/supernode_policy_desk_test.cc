// Policies between a node and its devices: served by site, told at a bounded pace, fetched from who has a newer one.
#include <doctest/doctest.h>

#include "policy/exchange.h"
#include "supernode/policy_desk.h"
#include "support/supernode_world.h"

using namespace farline;
using namespace farline::testing;
using supernode::PolicyDesk;

namespace {

wire::PolicyVersion v(uint32_t serial) {
  return {1, serial};
}

struct Signed {
  ByteVector root;
  ByteVector goma;  // sites' files
  ByteVector bukavu;
  ByteVector with(std::initializer_list<const ByteVector*> sites) const {
    ByteVector out = root;
    for (const ByteVector* site : sites) out.insert(out.end(), site->begin(), site->end());
    return out;
  }
};

class DeskWorld : public SupernodeWorld {
 public:
  Signed sign(uint32_t serial) const {
    const auto site = [&](const char* name) {
      policy::SitePolicy policy;
      policy.name = {name};
      policy.serial = serial;
      policy.rules.call_grace_minutes = serial;
      return sign_site(policy, root, asymmetric);
    };
    Signed out{{}, site("goma"), site("bukavu")};
    policy::RootPolicy policy;
    policy.organisation = {"Relief"};
    policy.generation = 1;
    policy.serial = serial;
    policy.from = {20'000};
    policy.until = {30'000};
    policy.sites = {policy::pin_of(out.goma, serial), policy::pin_of(out.bukavu, serial)};
    out.root = sign_root(policy, std::array{root.copy()}, asymmetric);
    return out;
  }
  void enforce(uint32_t serial) {
    const Signed files = sign(serial);
    REQUIRE(node->take_policy(now, files.with({&files.goma, &files.bukavu})).has_value());
    drain_all();
  }
  void drain_all() { advance(0s); }

  // A device that has attached and says that it holds this.
  std::unique_ptr<MiniClient> device(const std::string& name, wire::PolicyVersion holds = {}) {
    auto client = member(name);
    REQUIRE(attach_holding(*client, holds));
    return client;
  }
  bool attach_holding(MiniClient& client, wire::PolicyVersion holds) {
    const auto response = deliver(
        client, client.initiation(wire::AttachRequest{.certificate_hash = wire::certificate_hash_of(client.certificate),
                                                      .counter = ++client.counter,
                                                      .policy = holds,
                                                      .certificate = {}}));
    if (!response) return false;
    const auto payload = client.take_response(now, response->datagram.bytes());
    sent.clear();
    if (!payload || payload->status != wire::AttachStatus::attached) return false;
    told = payload->policy;
    deliver(client, client.keepalive());
    return true;
  }
  std::optional<wire::PolicyVersion> news(MiniClient& client) {
    const auto message = take<wire::PolicyNews>(client);
    return message ? std::optional(message->held) : std::nullopt;
  }
  // All of it, in one piece.
  std::optional<wire::PolicyPart> ask(MiniClient& client, const wire::PolicyWanted& wanted) {
    send(client, wanted);
    return take<wire::PolicyPart>(client);
  }
  // The node asks this device until it is content.
  size_t give(MiniClient& client, policy::PolicySource& source) {
    size_t questions = 0;
    for (auto wanted = take<wire::PolicyWanted>(client); wanted; wanted = take<wire::PolicyWanted>(client)) {
      ++questions;
      if (const auto part = source.answer(*wanted))
        send(client, *part);
      else
        send(client, wire::PolicyNews{source.version()});
    }
    return questions;
  }
  wire::PolicyVersion in_force() const {
    const auto policy = node->policy_in_force(now);
    return policy ? policy->version : wire::PolicyVersion{};
  }
  wire::PolicyVersion told;
};

}  // namespace

TEST_CASE("each device gets the root's file and its own site's, whole or as a difference") {
  DeskWorld w;
  w.enforce(1);
  w.enforce(2);
  const auto ada = w.device("ada@goma");
  CHECK((w.told == v(2)));
  const Signed before = w.sign(1);
  const Signed after = w.sign(2);
  const auto whole = w.ask(*ada, {.have = {}, .base = {}, .offset = 0, .most = 900});
  REQUIRE(whole.has_value());
  CHECK((whole->form == wire::PolicyForm::full));
  CHECK(to_vector(whole->bytes) == after.with({&after.goma}));

  const ByteVector held = before.with({&before.goma});
  policy::PolicyFetch fetch;
  fetch.hear(w.now, v(2), {v(1), held}, w.now);
  const auto wanted = fetch.poll(w.now, {.most = 900, .every = {}, .patience = 5s});
  const auto part = w.ask(*ada, *wanted);
  REQUIRE(part.has_value());
  CHECK((part->form == wire::PolicyForm::delta));
  CHECK(fetch.handle(w.now, *part) == after.with({&after.goma}));

  // Nothing more to give: it says what it has.
  w.send(*ada, wire::PolicyWanted{v(2), policy::base_of(after.with({&after.goma})), 0, 900});
  CHECK((w.news(*ada) == v(2)));
  // Who belongs to no site learns of none.
  const auto eve = w.device("eve");
  CHECK(to_vector(w.ask(*eve, {.have = {}, .base = {}, .offset = 0, .most = 900})->bytes) == after.root);
}

TEST_CASE(
    "a policy that comes into force is told to all who are behind, some at a time, and again to who says nothing") {
  DeskWorld w;
  w.enforce(1);
  std::vector<std::unique_ptr<MiniClient>> devices;
  for (int i = 0; i < 25; ++i) {
    w.advance(1s);  // no cookies
    devices.push_back(w.device("d" + std::to_string(i) + "@goma", v(1)));
  }
  w.advance(1min);
  w.sent.clear();
  const Signed next = w.sign(2);
  REQUIRE(w.node->take_policy(w.now, next.with({&next.goma})).has_value());
  w.advance(PolicyDesk::kWalkStep / 2);
  CHECK(w.sent.size() == PolicyDesk::kToldAStep);
  w.advance(2 * PolicyDesk::kWalkStep);
  CHECK(w.sent.size() == 25);
  for (const auto& device : devices) CHECK((w.news(*device) == v(2)));
  for (size_t i = 1; i < devices.size(); ++i) w.send(*devices[i], wire::PolicyNews{v(2)});
  w.sent.clear();
  w.advance(PolicyDesk::kWalkAgainFirst);
  CHECK((w.news(*devices[0]) == v(2)));
  CHECK_FALSE(w.news(*devices[1]).has_value());
}

TEST_CASE("a newer policy is fetched from the device that has it, comes into force and is told on") {
  DeskWorld w;
  w.enforce(1);
  const auto bao = w.device("bao@goma", v(1));
  w.sent.clear();
  const Signed files = w.sign(2);
  policy::PolicySource source;
  source.hold(v(2), files.with({&files.goma}));
  const auto ada = w.device("ada@goma", v(2));
  CHECK(w.give(*ada, source) == 1);
  CHECK((w.in_force() == v(2)));
  w.advance(1s);
  CHECK((w.news(*bao) == v(2)));

  // bukavu's file comes with a device of bukavu, although the version is the same.
  policy::PolicySource other;
  other.hold(v(2), files.with({&files.bukavu}));
  const auto cora = w.device("cora@bukavu", v(2));
  CHECK(w.give(*cora, other) == 1);
  CHECK(w.node->policy_in_force(w.now)->sites == 2);
  const auto dina = w.device("dina@bukavu");
  CHECK(to_vector(w.ask(*dina, {.have = {}, .base = {}, .offset = 0, .most = 900})->bytes) ==
        files.with({&files.bukavu}));
}

TEST_CASE("by news while attached, too: the way of an administrator's push") {
  DeskWorld w;
  const auto ada = w.device("ada");
  const Signed files = w.sign(7);
  policy::PolicySource source;
  source.hold(v(7), files.root);
  w.send(*ada, wire::PolicyNews{v(7)});
  CHECK(w.give(*ada, source) == 1);
  CHECK((w.in_force() == v(7)));
  w.advance(1s);
  CHECK((w.news(*ada).has_value()));
}

TEST_CASE("who does not keep its word is not asked again for hours, and does not keep others waiting for long") {
  DeskWorld w;
  w.enforce(3);
  const Signed files = w.sign(4);
  policy::PolicySource good;
  good.hold(v(4), files.with({&files.goma}));

  SUBCASE("an old one under a new number") {
    policy::PolicySource replay;
    const Signed old = w.sign(2);
    replay.hold(v(900), old.with({&old.goma}));
    const auto eve = w.device("eve@goma", v(900));
    CHECK(w.give(*eve, replay) == 1);
    CHECK((w.in_force() == v(3)));
    w.advance(1min);
    w.attach_holding(*eve, v(900));
    CHECK(w.give(*eve, replay) == 0);
  }
  SUBCASE("one of another signer") {
    DeskWorld elsewhere;
    FakeAsymmetric other;
    SeededRng rng(99);
    policy::RootPolicy policy;
    policy.organisation = {"Relief"};
    policy.generation = 1;
    policy.serial = 5;
    policy.from = {20'000};
    policy.until = {30'000};
    policy::PolicySource forged;
    forged.hold(v(5), sign_root(policy, std::array{other.generate_signing_key_pair(rng)}, other));
    const auto eve = w.device("eve@goma", v(5));
    CHECK(w.give(*eve, forged) == 1);
    CHECK((w.in_force() == v(3)));
  }
  SUBCASE("nothing at all") {
    const auto eve = w.device("eve@goma", v(900));
    CHECK(w.take<wire::PolicyWanted>(*eve).has_value());
    const auto ada = w.device("ada@goma", v(4));
    CHECK(w.give(*ada, good) == 0);  // not while eve is asked
    for (int i = 0; i < 4; ++i) {
      w.advance(35s);
      w.deliver(*ada, ada->keepalive(false));
    }
    CHECK(w.give(*ada, good) > 0);
    CHECK((w.in_force() == v(4)));
    return;
  }
  const auto ada = w.device("ada@goma", v(4));
  CHECK(w.give(*ada, good) == 1);
  CHECK((w.in_force() == v(4)));
}
