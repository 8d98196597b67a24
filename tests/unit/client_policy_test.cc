// The client's door: what a device with a policy does and refuses, alone, whatever its supernode says.
#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::CallState;
using client::EndReason;
using client::Event;
using client::EventKind;
using policy::Rule;

namespace {

// The world's time: a Tuesday, 22:13:20 UTC.
constexpr int32_t kToday = 19'675;

policy::Window window(std::string_view text) {
  return policy::Form<policy::Window>::parse(text).value();
}

policy::RootPolicy root_policy(uint32_t serial = 1) {
  policy::RootPolicy root;
  root.organisation = {"Relief"};
  root.serial = serial;
  root.from = {kToday - 20};
  root.until = {kToday + 100};
  root.rules.contacts = {{"clinic"}};
  return root;
}
policy::RootPolicy open_at(std::initializer_list<std::string_view> windows, uint32_t serial = 1) {
  policy::RootPolicy root = root_policy(serial);
  auto& schedule = root.rules.hours.emplace().emplace_back();
  for (const std::string_view text : windows) schedule.windows.push_back(window(text));
  return root;
}

void enforce(ClientWorld& w, const policy::RootPolicy& root) {
  w.node.response.time = ClientWorld::kWall;
  w.attach();
  REQUIRE(w.client.import_policy(w.now, w.sign(root)).has_value());
  w.settle();
  w.events.clear();
}

const Event* last(const ClientWorld& w, EventKind kind) {
  for (auto it = w.events.rbegin(); it != w.events.rend(); ++it)
    if (it->kind == kind) return &*it;
  return nullptr;
}

// By which rule a call to this person is refused; nothing: it begins. It is over afterwards.
std::optional<Rule> refusal(ClientWorld& w, std::string_view name) {
  w.events.clear();
  w.call(name);
  std::optional<Rule> rule;
  if (const Event* ended = last(w, EventKind::ended)) {
    CHECK_EQ(ended->reason, EndReason::not_allowed);
    REQUIRE(ended->verdict.has_value());
    CHECK_FALSE(ended->verdict->words.empty());
    rule = ended->verdict->rule;
  }
  w.client.hang_up(w.now);
  w.settle();
  while (w.node.take<wire::Lookup>()) CHECK_FALSE(rule.has_value());  // what is refused sends nothing
  return rule;
}

void connect(ClientWorld& w, FakePeer& peer, std::string_view name) {
  w.call(name);
  w.answer_lookup({&peer});
  w.ring(peer, 11);
  w.signal(wire::SealedKind::answer, 11, peer.answer());
  REQUIRE_EQ(w.client.call_state(), CallState::connected);
}

std::optional<wire::HangupReason> hung_up(ClientWorld& w, FakePeer& peer) {
  while (const auto signal = w.node.take<wire::SealedSignal>()) {
    if (signal->kind != wire::SealedKind::hangup) continue;
    const auto plain = peer.keys->signals.open(signal->kind, signal->sealed);
    if (!plain) return std::nullopt;
    const auto reason = wire::decode_hangup_payload(*plain);
    return reason ? std::optional(*reason) : std::nullopt;
  }
  return std::nullopt;
}

// As the host gives back what was saved: the last value of each.
std::vector<SaveRecord> stored(const ClientWorld& w) {
  std::vector<SaveRecord> out;
  for (const SaveRecord& record : w.saved) {
    const auto same = [&](const SaveRecord& r) { return r.kind == record.kind && r.key == record.key; };
    std::erase_if(out, same);
    if (!record.value.empty()) out.push_back(record);
  }
  return out;
}
SaveRecord mark_of(const ClientWorld& w) {
  for (const SaveRecord& record : stored(w))
    if (record.kind == static_cast<uint8_t>(client::RecordKind::policy_mark)) return record;
  return {};
}
void load(ClientWorld& w, const std::vector<SaveRecord>& records) {
  for (const SaveRecord& record : records) w.client.load(record);
}

}  // namespace

TEST_CASE("without a policy everything is as it was") {
  ClientWorld w;
  w.attach();
  CHECK_FALSE(refusal(w, "bela"));
  CHECK_FALSE(w.client.admission().is_in_force());
}

TEST_CASE("closed hours: refused at once with the reason and the next opening, and the contact is called") {
  ClientWorld w;
  enforce(w, open_at({"daily 08:00-18:00"}));
  CHECK_EQ(refusal(w, "bela"), Rule::hours);
  const Event* ended = last(w, EventKind::ended);
  REQUIRE(ended);
  CHECK_EQ(ended->verdict->until, WallTime{static_cast<uint64_t>(kToday + 1) * 86'400 + 8 * 3600});
  CHECK_EQ(ended->verdict->words, "Voice is closed at this hour; open again on Wed 2023-11-15 at 08:00, site time");
  CHECK_FALSE(refusal(w, "CLINIC"));
}

TEST_CASE("an emergency contact can be called in every state, and nobody else") {
  const policy::Build old_build{.platform = {}, .version = policy::Version::of(0, 1, 0), .hash = {}};
  struct State {
    Rule rule;
    policy::RootPolicy root;
  };
  std::vector<State> states{{Rule::validity, root_policy()},
                            {Rule::build, root_policy()},
                            {Rule::hours, open_at({})},
                            {Rule::quota, root_policy()},
                            {Rule::feature, root_policy()}};
  states[0].root.from = {kToday - 60};
  states[0].root.until = {kToday - 30};
  states[0].root.grace_days = 0;
  states[1].root.rules.builds.emplace();
  states[3].root.rules.quotas.emplace_back().voice_minutes_a_day = 0;
  states[4].root.rules.forbid.add(policy::Feature::guests);
  for (State& state : states) {
    CAPTURE(policy::name_of(state.rule));
    state.root.rules.forbid.add(policy::Feature::video);
    const bool guest = state.rule == Rule::feature;
    ClientWorld w(1, old_build, guest ? policy::Role::guest : policy::Role::staff);
    enforce(w, state.root);
    CHECK_EQ(refusal(w, "bela@kalemie"), state.rule);
    CHECK_FALSE(refusal(w, "clinic"));
    FakePeer clinic = w.peer("Clinic", 9);
    w.invite(clinic, 5, 31, 1);
    CHECK_EQ(w.count(EventKind::incoming), 1);
  }
}

TEST_CASE("without a trusted time only the contact is called, until the supernode says it") {
  ClientWorld w;
  w.attach();  // this node does not say what time it is
  REQUIRE(w.client.import_policy(w.now, w.sign(root_policy())).has_value());
  w.settle();
  CHECK_EQ(refusal(w, "bela"), Rule::time);
  CHECK_FALSE(refusal(w, "clinic"));
}

TEST_CASE("a running call: warned 15 and 5 minutes before, told of its grace, and ended") {
  ClientWorld w;
  policy::RootPolicy root = open_at({"daily 08:00-23:00"});
  root.rules.call_grace_minutes = 10;
  enforce(w, root);
  FakePeer bela = w.peer("Bela", 2);
  connect(w, bela, "bela");
  std::vector<int64_t> left;
  const auto collect = [&] {
    for (const Event& e : w.events)
      if (e.kind == EventKind::closing)
        left.push_back(std::chrono::duration_cast<std::chrono::seconds>(e.left).count());
    std::erase_if(w.events, [](const Event& e) { return e.kind == EventKind::closing; });
  };
  w.wait(30min);
  CHECK_EQ(w.count(EventKind::closing), 0);
  w.wait(16min + 40s + 5min);  // 23:05:00
  collect();
  REQUIRE_EQ(left.size(), 3);
  CHECK((left[0] <= 900 && left[0] > 880));
  CHECK((left[1] <= 300 && left[1] > 280));
  CHECK((left[2] <= 600 && left[2] > 580));
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_FALSE(hung_up(w, bela));
  w.wait(5min + 10s);
  CHECK_EQ(w.ended(), EndReason::closed_by_policy);
  CHECK_EQ(last(w, EventKind::ended)->verdict->rule, Rule::hours);
  CHECK_EQ(hung_up(w, bela), wire::HangupReason::policy);
}

TEST_CASE("a call with a contact is never warned and never ended") {
  ClientWorld w;
  enforce(w, open_at({"daily 08:00-22:30"}));
  FakePeer clinic = w.peer("Clinic", 2);
  connect(w, clinic, "clinic");
  w.wait(2h);
  CHECK_EQ(w.client.call_state(), CallState::connected);
  CHECK_EQ(w.count(EventKind::closing), 0);
}

TEST_CASE("minutes of the day: warned, grace, ended; the next day they are there again") {
  ClientWorld w;
  policy::RootPolicy root = root_policy();
  root.rules.quotas.emplace_back().voice_minutes_a_day = 20;
  root.rules.call_grace_minutes = 3;
  enforce(w, root);
  FakePeer bela = w.peer("Bela", 2);
  connect(w, bela, "bela");
  w.wait(19min);
  CHECK_EQ(w.count(EventKind::closing), 2);
  w.wait(3min);
  CHECK_EQ(w.count(EventKind::closing), 3);
  CHECK_EQ(w.client.call_state(), CallState::connected);
  w.wait(90s);
  CHECK_EQ(w.ended(), EndReason::closed_by_policy);
  CHECK_EQ(refusal(w, "bela"), Rule::quota);
  // A restart changes nothing.
  ClientWorld again;
  load(again, stored(w));
  again.node.response.time = {ClientWorld::kWall.seconds + 1800};
  again.attach();
  CHECK_EQ(refusal(again, "bela"), Rule::quota);
  again.wait(2h);
  CHECK_FALSE(refusal(again, "bela"));
}

TEST_CASE("a policy that closes in the middle of a call gives a minute") {
  ClientWorld w;
  enforce(w, root_policy());
  FakePeer bela = w.peer("Bela", 2);
  connect(w, bela, "bela");
  REQUIRE(w.client.import_policy(w.now, w.sign(open_at({}, 2))).has_value());
  w.wait(20s);
  CHECK_EQ(w.count(EventKind::closing), 1);
  CHECK_EQ(w.client.call_state(), CallState::connected);
  w.wait(60s);
  CHECK_EQ(w.ended(), EndReason::closed_by_policy);
}

TEST_CASE("a callee whose program is too old is no riddle to the caller") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.call("bela");
  w.answer_lookup({&bela});
  const auto invite = w.node.take<wire::Invite>();
  REQUIRE(invite);
  w.say(wire::CallFailed{invite->call, wire::CallFailure::not_allowed});
  const Event* ended = last(w, EventKind::ended);
  REQUIRE((ended && ended->verdict));
  CHECK_EQ(ended->verdict->rule, Rule::build);
  CHECK(ended->verdict->words.find("updated") != std::string::npos);
}

TEST_CASE("what the supernode refuses and closes is told with its rule") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  w.call("bela");
  w.answer_lookup({&bela});
  const auto invite = w.node.take<wire::Invite>();
  REQUIRE(invite);
  const WallTime until{ClientWorld::kWall.seconds + 3600};
  w.say(wire::CallFailed{invite->call, wire::CallFailure::by_policy, static_cast<uint8_t>(Rule::quota), until});
  const Event* ended = last(w, EventKind::ended);
  REQUIRE(ended);
  CHECK_EQ(ended->reason, EndReason::not_allowed);
  REQUIRE(ended->verdict);
  CHECK_EQ(ended->verdict->rule, Rule::quota);
  CHECK_EQ(ended->verdict->until, until);

  w.events.clear();
  w.call("bela");
  w.ring(bela, 12);
  w.signal(wire::SealedKind::answer, 12, bela.answer());
  w.say(wire::CallClosing{12, static_cast<uint8_t>(Rule::hours), 600});
  REQUIRE(last(w, EventKind::closing));
  CHECK_EQ(last(w, EventKind::closing)->left, 600s);
  CHECK_EQ(w.client.call_state(), CallState::connected);
  w.say(wire::CallClosing{12, static_cast<uint8_t>(Rule::hours), 595});  // the same again
  CHECK_EQ(w.count(EventKind::closing), 1);
  w.say(wire::CallClosing{12, 200, 0});  // a rule of a newer supernode
  CHECK_EQ(w.ended(), EndReason::closed_by_policy);
}

TEST_CASE("the far device closes by its policy: this side says so") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  connect(w, bela, "bela");
  w.signal(wire::SealedKind::hangup, 11, bela.hangup(wire::HangupReason::policy));
  CHECK_EQ(w.ended(), EndReason::closed_by_policy);
}

TEST_CASE("a revoked device does not ring and is not called; a revoked one of our own calls nobody") {
  ClientWorld w;
  FakePeer stolen = w.peer("Bela", 2), other = w.peer("Bela", 3);
  policy::RootPolicy root = root_policy();
  root.rules.revoked = {stolen.id()};
  root.rules.contacts.push_back({"bela"});
  enforce(w, root);
  w.invite(stolen, 7, 21, 1);
  CHECK_EQ(w.count(EventKind::incoming), 0);
  CHECK_FALSE(w.node.take<wire::RingingFromCallee>());
  w.invite(other, 7, 22, 1);
  CHECK_EQ(w.count(EventKind::incoming), 1);
  w.client.hang_up(w.now);
  w.settle();
  w.call("bela");
  while (const auto invite = w.node.take<wire::Invite>()) CHECK_EQ(invite->callee, other.id());
  w.client.hang_up(w.now);
  w.settle();

  root.serial = 2;
  root.rules.revoked = {wire::device_id_of(w.own_key())};
  REQUIRE(w.client.import_policy(w.now, w.sign(root)).has_value());
  CHECK_EQ(refusal(w, "clinic"), Rule::revoked);
}

TEST_CASE("a blocked build declines calls, but a contact's") {
  ClientWorld w;
  policy::RootPolicy root = root_policy();
  root.rules.builds.emplace();
  enforce(w, root);
  FakePeer bela = w.peer("Bela", 2), clinic = w.peer("Clinic", 3);
  w.invite(bela, 7, 21, 1);
  CHECK_EQ(w.count(EventKind::incoming), 0);
  const auto message = w.node.take<wire::RingingFromCallee>();
  REQUIRE(message);
  CHECK_EQ(bela.take_ringing(message->noise), wire::RingStatus::declined);
  w.invite(clinic, 8, 22, 1);
  CHECK_EQ(w.count(EventKind::incoming), 1);
}

TEST_CASE("a build is known by its hash, here and at the supernode that asks for it") {
  ClientWorld w;
  const policy::ShortHash ours{7};
  policy::RootPolicy root = root_policy();
  root.rules.builds.emplace().emplace_back().hash = ours;
  w.node.response.capabilities = wire::kNodeWantsBuildHash;
  enforce(w, root);
  CHECK(w.client.admission().wants_build_hash());
  CHECK_EQ(refusal(w, "bela"), Rule::build);
  w.client.set_build_hash(w.now, ours);
  w.settle();
  CHECK_FALSE(w.client.admission().wants_build_hash());
  const auto told = w.node.take<wire::BuildHash>();
  REQUIRE(told);
  CHECK(told->hash == ours);
  CHECK_FALSE(refusal(w, "bela"));
  CHECK(w.node.take<wire::BuildHash>());  // it may have been lost
}

TEST_CASE("features and caps: no direct path, no files, a rate for both directions") {
  ClientWorld w;
  policy::RootPolicy root = root_policy();
  root.rules.forbid.add(policy::Feature::direct_paths);
  root.rules.forbid.add(policy::Feature::files);
  root.rules.client_bps = 8000;
  enforce(w, root);
  FakePeer bela = w.peer("Bela", 2);
  connect(w, bela, "bela");
  CHECK_EQ(bela.invited.capabilities & wire::kCapabilityDirect, 0);
  CHECK_EQ(bela.invited.receive_max_bps, 8000);
  CHECK((bela.invited.policy == wire::PolicyVersion{0, 1}));
  w.client.hang_up(w.now);
  w.settle();
  w.events.clear();
  REQUIRE(w.client.start_call(w.now, "bela", {.stream = client::Stream{100, [](uint32_t, MutableBytes) {}}}));
  w.settle();
  REQUIRE(last(w, EventKind::ended));
  CHECK_EQ(last(w, EventKind::ended)->verdict->rule, Rule::feature);
}

TEST_CASE("a store put back from an older image does not bring its policy back") {
  ClientWorld first;
  enforce(first, root_policy(1));
  const std::vector<SaveRecord> image = stored(first);
  REQUIRE(first.client.import_policy(first.now, first.sign(open_at({}, 2))).has_value());
  first.settle();
  const SaveRecord second_place = mark_of(first);

  ClientWorld w;
  load(w, image);
  w.client.load(second_place);
  w.node.response.time = ClientWorld::kWall;
  w.attach();
  REQUIRE(last(w, EventKind::policy));
  CHECK(w.client.admission().is_at_floor());
  CHECK_EQ(refusal(w, "bela"), Rule::serial);
  CHECK_FALSE(refusal(w, "clinic"));
  CHECK_EQ(w.client.import_policy(w.now, w.sign(root_policy(1))).error().code, Errc::denied);
  CHECK_EQ(refusal(w, "bela"), Rule::serial);
  CHECK(w.client.import_policy(w.now, w.sign(open_at({"daily 00:00-24:00"}, 3))).has_value());
  CHECK_FALSE(refusal(w, "bela"));

  // The mark's second place lost, or put back: the store's counts.
  ClientWorld kept;
  load(kept, stored(first));
  kept.client.load(image.empty() ? SaveRecord{} : mark_of(first));
  kept.attach();
  CHECK_FALSE(kept.client.admission().is_at_floor());
}

TEST_CASE("a deleted policy leaves the floor, not freedom") {
  ClientWorld first;
  enforce(first, root_policy(4));
  ClientWorld w;
  w.client.load(mark_of(first));
  w.node.response.time = ClientWorld::kWall;
  w.attach();
  CHECK_EQ(refusal(w, "bela"), Rule::serial);
  CHECK_EQ(refusal(w, "clinic"), Rule::serial);  // who the contacts are is gone with it
  FakePeer clinic = w.peer("Clinic", 9);
  w.invite(clinic, 5, 31, 1);
  CHECK_EQ(w.count(EventKind::incoming), 1);
  CHECK(w.client.import_policy(w.now, w.sign(root_policy(4))).has_value());  // the same one, fetched again
  w.client.hang_up(w.now);
  w.settle();
  CHECK_FALSE(refusal(w, "bela"));
}

TEST_CASE("a policy of a day yet to come is taken then, and the one before it holds until then") {
  ClientWorld w;
  enforce(w, root_policy());
  policy::RootPolicy next = open_at({}, 2);
  next.from = {kToday + 1};
  CHECK_EQ(w.client.import_policy(w.now, w.sign(next)).error().code, Errc::denied);
  CHECK_FALSE(refusal(w, "bela"));
  w.wait(2h);
  REQUIRE(w.client.import_policy(w.now, w.sign(next)).has_value());
  CHECK_EQ(refusal(w, "bela"), Rule::hours);
}

TEST_CASE("a new generation leaves a serial that was run up behind") {
  ClientWorld w;
  enforce(w, root_policy(4'000'000'000));
  policy::RootPolicy root = root_policy(1);
  CHECK_EQ(w.client.import_policy(w.now, w.sign(root)).error().code, Errc::denied);
  root.generation = 1;
  CHECK(w.client.import_policy(w.now, w.sign(root)).has_value());
  CHECK((w.client.admission().version() == wire::PolicyVersion{1, 1}));
  // Its first day is what time it is at least; the supernode has said the rest.
  CHECK_EQ(w.client.admission().time(w.now).at, ClientWorld::kWall);
}

TEST_CASE("break-glass: opened once for four hours, told to the supernode and shown to whom is called") {
  const policy::GlassCode code{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
  ClientWorld w;
  policy::RootPolicy root = open_at({});
  root.rules.break_glass = {policy::glass_hash(code, wire::device_id_of(w.own_key()))};
  enforce(w, root);
  CHECK_EQ(w.client.break_glass(w.now, {}).error().code, Errc::denied);
  const auto until = w.client.break_glass(w.now, code);
  REQUIRE(until.has_value());
  CHECK_EQ(until->seconds, ClientWorld::kWall.seconds + policy::kGlassOpenSeconds);
  w.settle();
  CHECK_EQ(w.count(EventKind::break_glass), 1);
  CHECK(w.node.take<wire::BreakGlass>());
  w.wait(1min);
  CHECK(w.node.take<wire::BreakGlass>());                    // not answered yet
  w.say(wire::GlassAnswer{wire::GlassStatus::unknown_or_used, {}});  // this node does not have the policy yet
  while (w.node.take<wire::BreakGlass>()) {
  }
  CHECK_FALSE(refusal(w, "bela"));
  CHECK(w.node.take<wire::BreakGlass>());
  w.say(wire::GlassAnswer{wire::GlassStatus::open, *until});
  while (w.node.take<wire::BreakGlass>()) {
  }
  w.wait(10min);
  CHECK_FALSE(w.node.take<wire::BreakGlass>());
  FakePeer bela = w.peer("Bela", 2);
  connect(w, bela, "bela");
  CHECK_NE(bela.invited.capabilities & wire::kCapabilityGlass, 0);
  w.client.hang_up(w.now);
  w.settle();

  // Burnt in either place.
  ClientWorld again;
  for (const SaveRecord& record : stored(w))
    if (record.kind != static_cast<uint8_t>(client::RecordKind::policy_mark)) again.client.load(record);
  again.client.load(mark_of(w));
  again.node.response.time = ClientWorld::kWall;
  again.attach();
  CHECK_FALSE(refusal(again, "bela"));
  CHECK_EQ(again.client.break_glass(again.now, code).error().code, Errc::denied);
  again.wait(5h);
  CHECK_EQ(refusal(again, "bela"), Rule::hours);
}

TEST_CASE("a call waits for the first policy, and is decided by it or goes on without") {
  for (const bool comes : {true, false}) {
    ClientWorld w;
    w.node.response.time = ClientWorld::kWall;
    w.node.response.policy = {0, 1};
    w.attach();
    w.call("bela");
    CHECK_EQ(w.client.call_state(), CallState::looking_up);
    CHECK_FALSE(w.node.take<wire::Lookup>());
    w.wait(30s);
    CHECK_FALSE(w.node.take<wire::Lookup>());
    if (comes) {
      REQUIRE(w.client.import_policy(w.now, w.sign(open_at({}))).has_value());
      w.settle();
      CHECK_EQ(w.ended(), EndReason::not_allowed);
      CHECK_FALSE(w.node.take<wire::Lookup>());
      continue;
    }
    CHECK_FALSE(w.client.import_policy(w.now, {}).has_value());  // what came is no policy
    w.settle();
    CHECK(w.node.take<wire::Lookup>());  // the supernode decides
  }
  ClientWorld w;
  w.node.response.policy = {0, 1};
  w.attach();
  w.call("bela");
  w.wait(91s);
  CHECK(w.node.take<wire::Lookup>());
}

TEST_CASE("the wall clock of the laptop opens nothing") {
  ClientWorld first;
  enforce(first, open_at({"daily 08:00-18:00"}));
  first.wait(30min);
  for (const int64_t set_to : {-10'000'000, -3600 * 10, 40 * 86'400}) {
    ClientWorld w;
    load(w, stored(first));
    w.client.attach(w.now, {static_cast<uint64_t>(static_cast<int64_t>(ClientWorld::kWall.seconds) + set_to)});
    w.settle();
    CHECK_EQ(refusal(w, "bela"), Rule::hours);  // what either clock forbids is forbidden
    w.wait(24h);
    CHECK_EQ(refusal(w, "bela"), Rule::time);
    CHECK_FALSE(refusal(w, "clinic"));
  }
}

TEST_CASE("a new device is known by others for its break-glass") {
  ClientWorld w;
  w.attach();
  FakePeer bela = w.peer("Bela", 2);
  bela.capabilities = wire::kCapabilityGlass;
  connect(w, bela, "bela");
  REQUIRE(last(w, EventKind::break_glass));
  CHECK_EQ(last(w, EventKind::break_glass)->peer, "Bela");
}
