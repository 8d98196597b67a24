// The client's door for messages: what the policy holds back stays here, says why, and goes out by itself.
#include <doctest/doctest.h>

#include "support/client_world.h"

using namespace farline;
using namespace farline::testing;
using client::EventKind;
using policy::Rule;

namespace {

constexpr wire::DeviceId kBela{{1}}, kClinic{{2}}, kCesar{{3}};
// The world's time: a Tuesday, 22:13:20 UTC.
constexpr int32_t kWorldDay = 19'675;

policy::RootPolicy rules(uint32_t serial = 1) {
  policy::RootPolicy root;
  root.organisation = {"Relief"};
  root.serial = serial;
  root.from = {kWorldDay - 20};
  root.until = {kWorldDay + 100};
  root.rules.contacts = {{"clinic"}};
  return root;
}
policy::RootPolicy messages_at(std::initializer_list<std::string_view> windows, uint32_t serial = 1) {
  policy::RootPolicy root = rules(serial);
  auto& schedule = root.rules.hours.emplace().emplace_back();
  schedule.classes.add(policy::Class::messages);
  for (const std::string_view text : windows)
    schedule.windows.push_back(policy::Form<policy::Window>::parse(text).value());
  return root;
}

class MailOffice : public ClientWorld {
 public:
  using ClientWorld::ClientWorld;

  void enforce(const policy::RootPolicy& root) {
    node.response.time = kWall;
    attach();
    REQUIRE(client.import_policy(now, sign(root)).has_value());
    settle();
    events.clear();
  }
  void write(uint64_t handle, std::vector<wire::DeviceId> to, std::vector<std::string> people, bool keep = true) {
    REQUIRE(client.post_mail(now, {.to = std::move(to),
                                   .people = std::move(people),
                                   .sealed = ByteVector(70, static_cast<uint8_t>(handle)),
                                   .keep = keep,
                                   .handle = handle}));
    settle();
  }
  // To whom something has left since the last time, and it is confirmed.
  std::vector<wire::DeviceId> sent() {
    std::vector<wire::DeviceId> out;
    while (const auto put = node.take<wire::MailPut>()) {
      for (size_t i = 0; i < put->recipient_count(); ++i) out.push_back(put->recipient(i));
      const uint8_t number = put->number;
      say(wire::MailStored{Bytes(&number, 1)});
    }
    return out;
  }
  std::vector<client::MailOutcome> outcomes() {
    std::vector<client::MailOutcome> out;
    for (client::MailOutcome next; client.poll_mail_outcome(next);) out.push_back(next);
    return out;
  }
  std::optional<Rule> refused(const std::string& person) const {
    const client::Verdict verdict = client.may_write(now, person);
    return verdict.allowed ? std::nullopt : std::optional(verdict.rule);
  }
  const client::Event* told(EventKind kind) const {
    const auto it = std::ranges::find(events, kind, &client::Event::kind);
    return it == events.end() ? nullptr : &*it;
  }
};

using Devices = std::vector<wire::DeviceId>;

}  // namespace

TEST_CASE("a line that is written when messages are closed waits, says until when, and goes out when they open") {
  MailOffice w;
  w.enforce(messages_at({"daily 08:00-18:00"}));
  w.write(1, {kBela}, {"Bela"});
  CHECK(w.sent().empty());
  const client::Event* held = w.told(EventKind::held);
  REQUIRE((held && held->verdict));
  CHECK_EQ(held->verdict->rule, Rule::hours);
  CHECK_EQ(held->verdict->words, "Messages are closed at this hour; open again on Wed 2023-11-15 at 08:00, site time");
  CHECK_EQ(w.refused("Bela"), Rule::hours);
  w.wait(9h + 46min);
  CHECK(w.sent().empty());
  CHECK(w.outcomes().empty());  // waits, has not failed
  w.wait(42s);                  // 08:00:02
  CHECK_EQ(w.sent(), Devices{kBela});
  CHECK_EQ(w.count(EventKind::released), 1);
  CHECK_EQ(w.outcomes().size(), 1);
  CHECK_FALSE(w.refused("Bela"));
}

TEST_CASE("what is on its way when messages close is not repeated before they open") {
  MailOffice w;
  w.enforce(messages_at({"daily 22:00-22:15"}));
  w.write(1, {kBela}, {"Bela"});
  REQUIRE(w.node.take<wire::MailPut>().has_value());
  while (w.node.take<wire::MailPut>()) {
  }
  w.wait(2min);  // 22:15:20
  while (w.node.take<wire::MailPut>()) {
  }
  w.wait(23h);
  CHECK_FALSE(w.node.take<wire::MailPut>().has_value());
  CHECK_EQ(w.count(EventKind::held), 1);
  w.wait(44min + 42s);  // 22:00:02
  CHECK_EQ(w.sent(), Devices{kBela});
}

TEST_CASE("a group with an emergency contact: the contact has the line at once, the others when it opens") {
  MailOffice w;
  w.enforce(messages_at({}));
  w.write(1, {kBela, kClinic, kCesar}, {"Bela", "Clinic", "Cesar@kalemie"});
  CHECK_EQ(w.sent(), Devices{kClinic});
  CHECK(w.outcomes().empty());
  REQUIRE(w.client.import_policy(w.now, w.sign(rules(2))).has_value());
  w.settle();
  CHECK_EQ(w.sent(), Devices{kBela, kCesar});
  CHECK_EQ(w.outcomes().size(), 1);
}

TEST_CASE("an emergency contact can be written to in every state, and nobody else") {
  const policy::Build old_build{.platform = {}, .version = policy::Version::of(0, 1, 0), .hash = {}};
  struct State {
    Rule rule;
    policy::RootPolicy root;
    policy::Role role = policy::Role::staff;
  };
  std::vector<State> states{{Rule::validity, rules()},
                            {Rule::build, rules()},
                            {Rule::hours, messages_at({})},
                            {Rule::quota, rules()},
                            {Rule::feature, rules(), policy::Role::guest}};
  states[0].root.from = {kWorldDay - 60};
  states[0].root.until = {kWorldDay - 30};
  states[0].root.grace_days = 7;
  states[1].root.rules.builds.emplace().emplace_back().from_version = policy::Version::of(0, 2, 0);
  states[3].root.rules.client_megabytes_a_month = 0;
  states[4].root.rules.forbid.add(policy::Feature::guests);
  for (const State& state : states) {
    CAPTURE(policy::name_of(state.rule));
    MailOffice w(1, old_build, state.role);
    w.enforce(state.root);
    w.write(1, {kBela}, {"Bela@kalemie"});
    CHECK(w.sent().empty());
    CHECK_EQ(w.refused("Bela@kalemie"), state.rule);
    w.write(2, {kClinic}, {"CLINIC"});
    CHECK_EQ(w.sent(), Devices{kClinic});
    CHECK_FALSE(w.refused("CLINIC"));
  }
}

TEST_CASE("without a trusted time only the contact is written to") {
  MailOffice w;
  w.attach();  // this node does not say what time it is
  REQUIRE(w.client.import_policy(w.now, w.sign(rules())).has_value());
  w.write(1, {kBela, kClinic}, {"Bela", "Clinic"});
  CHECK_EQ(w.sent(), Devices{kClinic});
  CHECK_EQ(w.refused("Bela"), Rule::time);
}

TEST_CASE("a revoked device writes to nobody, not even to the contact") {
  MailOffice w;
  policy::RootPolicy root = rules();
  root.rules.revoked = {wire::device_id_of(w.own_key())};
  w.enforce(root);
  w.write(1, {kBela, kClinic}, {"Bela", "Clinic"});
  CHECK(w.sent().empty());
  CHECK_EQ(w.refused("Clinic"), Rule::revoked);
}

TEST_CASE("until the first policy has come, messages wait for it") {
  MailOffice w;
  w.node.response.time = ClientWorld::kWall;
  w.node.response.policy = {1, 1};
  w.attach();
  w.write(1, {kBela}, {"Bela"});
  CHECK(w.sent().empty());
  CHECK_EQ(w.refused("Bela"), Rule::serial);
  CHECK_EQ(w.count(EventKind::held), 0);  // a matter of seconds
  REQUIRE(w.client.import_policy(w.now, w.sign(rules())).has_value());
  w.settle();
  CHECK_EQ(w.sent(), Devices{kBela});
}

TEST_CASE("what nobody keeps is not sent later: those it was for count as absent until the door opens") {
  MailOffice w;
  w.enforce(messages_at({}));
  w.write(1, {kBela, kClinic}, {"Bela", "Clinic"}, false);
  CHECK_EQ(w.sent(), Devices{kClinic});
  auto outcomes = w.outcomes();
  REQUIRE_FALSE(outcomes.empty());
  CHECK_EQ(outcomes[0].refused, wire::MailRefusal::absent);
  CHECK_EQ(outcomes[0].devices, Devices{kBela});
  CHECK_EQ(w.count(EventKind::held), 1);
  REQUIRE(w.client.import_policy(w.now, w.sign(rules(2))).has_value());
  w.settle();
  CHECK(w.sent().empty());
  outcomes = w.outcomes();
  REQUIRE_EQ(outcomes.size(), 1);
  CHECK(outcomes[0].is_opening);
  CHECK_EQ(outcomes[0].devices, Devices{kBela});
  CHECK_EQ(w.count(EventKind::released), 1);
}

TEST_CASE("the node's rule is said, and a newer policy is tried at once") {
  MailOffice w;
  w.enforce(rules());
  w.write(1, {kBela}, {"Bela"});
  const auto put = w.node.take<wire::MailPut>();
  REQUIRE(put);
  w.say(wire::MailRefused{put->number, wire::MailRefusal::by_policy, 900, kBela.bytes,
                          static_cast<uint8_t>(Rule::serial)});
  CHECK_EQ(w.refused("Bela"), Rule::serial);
  CHECK_FALSE(w.refused("Cesar"));
  CHECK_EQ(w.count(EventKind::held), 1);
  w.wait(10min);
  CHECK(w.sent().empty());
  REQUIRE(w.client.import_policy(w.now, w.sign(rules(2))).has_value());
  w.settle();
  CHECK_EQ(w.sent(), Devices{kBela});
  CHECK_FALSE(w.refused("Bela"));
}

TEST_CASE("a device that is none any more keeps nobody waiting for the others of its person") {
  MailOffice w;
  w.enforce(rules());
  w.write(1, {kBela, kCesar}, {"Bela", "Bela"});
  const auto put = w.node.take<wire::MailPut>();
  REQUIRE(put);
  const uint8_t number = put->number;
  w.say(wire::MailRefused{number, wire::MailRefusal::no_such_device, 600, kBela.bytes});
  w.say(wire::MailStored{Bytes(&number, 1)});
  const auto outcomes = w.outcomes();
  REQUIRE_EQ(outcomes.size(), 2);
  CHECK_EQ(outcomes[1].handle, 1);
  CHECK_FALSE(outcomes[1].refused.has_value());
}

TEST_CASE("messages are counted as messages, to a contact for the device alone") {
  MailOffice w;
  w.enforce(rules());
  const auto& meter = w.client.admission().meter();
  const uint64_t before = meter.bytes_of(policy::Class::messages);
  w.datagrams.clear();
  w.write(1, {kBela}, {"Bela"});
  const uint64_t up = w.datagrams[0].size() + 28;  // IPv4 and UDP
  CHECK_EQ(meter.bytes_of(policy::Class::messages) - before, up);
  CHECK_EQ(w.sent(), Devices{kBela});
  CHECK_GT(meter.bytes_of(policy::Class::messages), before + up);  // the answer
  policy::RootPolicy full = rules(2);
  full.rules.quotas.emplace_back().megabytes_a_month = 1;
  REQUIRE(w.client.import_policy(w.now, w.sign(full)).has_value());
  for (uint64_t i = 0; !w.refused("Bela") && i < 9'000; ++i) w.write(2 + i, {kClinic}, {"Clinic"}), w.sent();
  CHECK_FALSE(w.refused("Bela"));
  for (uint64_t i = 0; !w.refused("Bela") && i < 20'000; ++i) w.write(2 + i, {kCesar}, {"Cesar"}), w.sent();
  CHECK_EQ(w.refused("Bela"), Rule::quota);
}

TEST_CASE("what nobody keeps and the node refuses by its policy is tried again when that may have changed") {
  MailOffice w;
  w.enforce(rules());
  w.write(0, {kBela}, {"Bela"}, false);
  const auto put = w.node.take<wire::MailPut>();
  REQUIRE(put);
  w.say(wire::MailRefused{put->number, wire::MailRefusal::by_policy, 900, kBela.bytes,
                          static_cast<uint8_t>(Rule::serial)});
  auto outcomes = w.outcomes();
  REQUIRE_EQ(outcomes.size(), 1);
  CHECK_EQ(outcomes[0].refused, wire::MailRefusal::absent);
  w.wait(10min);
  CHECK(w.outcomes().empty());
  w.wait(20min);
  outcomes = w.outcomes();
  REQUIRE_EQ(outcomes.size(), 1);
  CHECK(outcomes[0].is_opening);
}
