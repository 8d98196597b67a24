// What a device reports of itself, as its supernode sees it.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/client_world.h"
#include "wire/audit.h"

using namespace farline;
using namespace farline::testing;
using client::CallState;
using wire::AuditUse;

namespace {

// The world's time: a Tuesday, 22:13:20 UTC.
constexpr int32_t kToday = 19'675;

policy::RootPolicy root_policy(bool is_open) {
  policy::RootPolicy root;
  root.organisation = {"Relief"};
  root.serial = 7;
  root.from = {kToday - 20};
  root.until = {kToday + 100};
  root.rules.contacts = {{"clinic"}};
  if (!is_open) root.rules.hours.emplace();
  return root;
}

void enforce(ClientWorld& w, const policy::RootPolicy& root) {
  w.node.response.time = ClientWorld::kWall;
  w.attach();
  REQUIRE(w.client.import_policy(w.now, w.sign(root)).has_value());
  w.settle();
}

void call_and_hang_up(ClientWorld& w, FakePeer& peer, std::string_view name) {
  w.call(name);
  w.answer_lookup({&peer});
  w.ring(peer, 11);
  w.signal(wire::SealedKind::answer, 11, peer.answer());
  REQUIRE_EQ(w.client.call_state(), CallState::connected);
  w.wait(30s);
  CHECK_FALSE(w.node.take<wire::Audit>().has_value());
  w.client.hang_up(w.now);
  w.settle();
  w.say(wire::HangupAck{11});
}

std::optional<wire::AuditReport> reported(ClientWorld& w) {
  const auto message = w.node.take<wire::Audit>();
  if (!message) return {};
  const auto parsed = wire::parse_audit(message->report);
  REQUIRE(parsed.has_value());
  return parsed->report;
}

const wire::AuditRow* row_of(const wire::AuditReport& report, AuditUse use) {
  const auto found = std::ranges::find(report.rows, use, &wire::AuditRow::use);
  return found == report.rows.end() ? nullptr : &*found;
}

bool contains(Bytes haystack, Bytes needle) {
  return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}

}  // namespace

TEST_CASE("an emergency call is reported when it is over: that it was, not with whom") {
  ClientWorld w;
  enforce(w, root_policy(false));
  FakePeer clinic = w.peer("Clinic", 2);
  call_and_hang_up(w, clinic, "clinic");
  w.wait(wire::kLegLinger + 15s);
  const auto message = w.node.take<wire::Audit>();
  REQUIRE(message.has_value());
  const auto parsed = wire::parse_audit(message->report);
  REQUIRE(parsed.has_value());
  const wire::AuditReport& report = parsed->report;
  CHECK((report.policy == wire::PolicyVersion{0, 7}));
  CHECK_EQ(report.health.stalls, 1);
  const wire::AuditRow* emergency = row_of(report, AuditUse::emergency);
  REQUIRE(emergency);
  CHECK_EQ(report.first_hour + emergency->hour, ClientWorld::kWall.seconds / 3600);
  CHECK_EQ(emergency->count, 1);
  const wire::AuditRow* voice = row_of(report, AuditUse::voice);
  REQUIRE(voice);
  CHECK_EQ(voice->count, 1);
  CHECK_EQ(voice->minutes, 1);
  CHECK(row_of(report, AuditUse::other));
  const wire::DeviceId clinic_id = clinic.id();
  for (const Bytes trace : {as_bytes("linic"), Bytes(clinic_id.bytes), Bytes(clinic.static_keys.public_key)})
    CHECK_FALSE(contains(message->report, trace));
  // Acknowledged, it is not sent again.
  w.say(wire::AuditAck{report.number});
  w.wait(10min);
  CHECK_FALSE(reported(w).has_value());
}

TEST_CASE("where anybody may be called, a call to a contact is one like others, and told when the day is over") {
  ClientWorld w;
  enforce(w, root_policy(true));
  FakePeer clinic = w.peer("Clinic", 2);
  call_and_hang_up(w, clinic, "clinic");
  w.wait(1h);
  CHECK_FALSE(reported(w).has_value());
  w.wait(1h + 30min);  // past midnight, and the spread
  const auto report = reported(w);
  REQUIRE(report.has_value());
  CHECK_FALSE(row_of(*report, AuditUse::emergency));
  REQUIRE(row_of(*report, AuditUse::voice));
  CHECK_EQ(row_of(*report, AuditUse::voice)->count, 1);
}

TEST_CASE("what the policy refuses is counted") {
  ClientWorld w;
  enforce(w, root_policy(false));
  for (int i = 0; i < 3; ++i) w.call("bela");
  w.wait(2h + 30min);
  const auto report = reported(w);
  REQUIRE(report.has_value());
  CHECK_EQ(report->health.calls_refused, 3);
  CHECK_FALSE(row_of(*report, AuditUse::voice));
}

TEST_CASE("without a policy, or with one that keeps no logs, nothing is reported") {
  for (const bool has_policy : {false, true}) {
    ClientWorld w;
    policy::RootPolicy root = root_policy(true);
    root.rules.log_days = 0;
    if (has_policy) enforce(w, root);
    w.attach();
    FakePeer clinic = w.peer("Clinic", 2);
    call_and_hang_up(w, clinic, "clinic");
    w.wait(26h);
    CHECK_FALSE(reported(w).has_value());
  }
}

TEST_CASE("a program that ends soon sends what is signed, and waits for nothing else") {
  ClientWorld w;
  enforce(w, root_policy(true));
  FakePeer clinic = w.peer("Clinic", 2);
  call_and_hang_up(w, clinic, "clinic");
  w.client.hurry(w.now);
  w.settle();
  CHECK_FALSE(w.client.is_hurrying());  // the day is not over: nothing is signed
  policy::RootPolicy next = root_policy(true);
  ++next.serial;
  REQUIRE(w.client.import_policy(w.now, w.sign(next)).has_value());
  w.wait(wire::kLegLinger);
  CHECK_FALSE(reported(w).has_value());
  w.client.hurry(w.now);
  w.settle();
  CHECK(w.client.is_hurrying());
  const auto report = reported(w);
  REQUIRE(report.has_value());
  w.say(wire::AuditAck{report->number});
  CHECK_FALSE(w.client.is_hurrying());
}
