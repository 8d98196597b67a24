#include <doctest/doctest.h>

#include "policy/decide.h"
#include "support/policy_model.h"

using namespace farline;
using namespace farline::policy;

namespace {

WallTime at(std::string_view text) {
  return time_from_text(text).value();
}
Schedule schedule(std::initializer_list<std::string_view> windows) {
  Schedule out;
  for (const std::string_view text : windows) out.windows.push_back(Form<Window>::parse(text).value());
  return out;
}
RootPolicy root_policy() {
  RootPolicy out;
  out.organisation = {"Relief"};
  out.from = Form<Day>::parse("2026-11-01").value();
  out.until = Form<Day>::parse("2027-10-31").value();
  out.rules.contacts = {{"Radio-Room@hq"}};
  return out;
}
SitePolicy site_policy() {
  SitePolicy out;
  out.name = {"beirut"};
  return out;
}
Decision ask(const RootPolicy& root, const Request& request, std::string_view when, const SitePolicy* site = nullptr) {
  return decide(merge(root, site), request, {at(when), {}});
}
Rule rule_at(const RootPolicy& root, const Request& request, std::string_view when) {
  return ask(root, request, when).rule;
}

}  // namespace

TEST_CASE("decide agrees with painting every minute") {
  CHECK(farline::testing::compare_with_model(1, 50'000) == "");
}

TEST_CASE("a window that crosses midnight belongs to the day it starts on") {
  RootPolicy root = root_policy();
  root.rules.hours = {schedule({"Fri 22:00-02:00"})};
  CHECK_FALSE(ask(root, {}, "2026-11-27T21:59Z").allowed);
  CHECK(ask(root, {}, "2026-11-27T22:00Z").allowed);
  CHECK(ask(root, {}, "2026-11-28T01:59:59Z").allowed);
  CHECK(ask(root, {}, "2026-11-27T22:00Z").until == at("2026-11-28T02:00Z"));
  const Decision closed = ask(root, {}, "2026-11-28T02:00Z");
  CHECK(closed.rule == Rule::hours);
  CHECK(closed.until == at("2026-12-04T22:00Z"));
  root.rules.hours = {Schedule{}};
  CHECK_FALSE(ask(root, {}, "2026-11-27T22:00Z").until.has_value());
}

TEST_CASE("the hours of a site are read in its own time, also when its clocks change") {
  RootPolicy root = root_policy();
  root.rules.hours = {schedule({"daily 02:00-03:00"})};
  SitePolicy site = site_policy();
  site.rules.utc_offset = UtcOffset{8};
  site.rules.transitions = {{Form<Quarter>::parse("2027-03-28T00:00Z").value(), UtcOffset{12}}};
  CHECK(ask(root, {}, "2027-03-27T00:30Z", &site).allowed);
  // 02:00 to 03:00 does not exist on that day.
  CHECK_FALSE(ask(root, {}, "2027-03-28T00:00Z", &site).allowed);
  CHECK(ask(root, {}, "2027-03-28T00:00Z", &site).until == at("2027-03-28T23:00Z"));
  // An hour that is repeated is open twice.
  site.rules.transitions = {{Form<Quarter>::parse("2027-03-28T01:00Z").value(), UtcOffset{4}}};
  CHECK(ask(root, {}, "2027-03-28T00:30Z", &site).until == at("2027-03-28T02:00Z"));
}

TEST_CASE("a site only tightens, unless the root lets it") {
  RootPolicy root = root_policy();
  root.rules.hours = {schedule({"daily 08:00-18:00"})};
  root.rules.forbid.add(Feature::video);
  root.rules.client_bps = 9600;
  root.rules.builds = {BuildRule{.platforms = {},
                                 .from_version = Version::of(0, 2, 0),
                                 .to_version = {},
                                 .hash = {},
                                 .action = BuildAction::allow,
                                 .since = {}}};
  SitePolicy site = site_policy();
  site.rules.hours = {schedule({"daily 06:00-12:00"})};
  site.rules.client_bps = 64000;
  site.rules.builds = {BuildRule{}};
  site.rules.contacts = {{"guard@beirut"}};
  Request request{.role = {},
                  .what = {},
                  .build = {.platform = {}, .version = Version::of(0, 2, 0), .hash = {}},
                  .peer = {},
                  .self = {},
                  .device = {},
                  .in_site = false,
                  .is_running = false,
                  .glass_is_broken = false,
                  .usage = {}};
  CHECK_FALSE(ask(root, request, "2026-11-23T07:00Z", &site).allowed);
  CHECK(ask(root, request, "2026-11-23T09:00Z", &site).allowed);
  CHECK_FALSE(ask(root, request, "2026-11-23T13:00Z", &site).allowed);
  CHECK(merge(root, &site).client_bps == 9600);
  CHECK(merge(root, &site).contacts.size() == 2);
  request.build.version = Version::of(0, 1, 9);
  CHECK(ask(root, request, "2026-11-23T09:00Z", &site).rule == Rule::build);
  request.build.version = Version::of(0, 2, 0);
  request.what = Class::video;
  CHECK(ask(root, request, "2026-11-23T09:00Z", &site).rule == Rule::feature);
  request.what = Class::voice;
  root.delegates.add(Delegable::hours);
  CHECK(ask(root, request, "2026-11-23T07:00Z", &site).allowed);
}

TEST_CASE("supernodes of a site are a choice of the root's, and never none") {
  RootPolicy root = root_policy();
  root.rules.supernodes = {{{1}, "a:1", {}}, {{2}, "b:1", {}}};
  SitePolicy site = site_policy();
  site.rules.supernodes = {{{2}, "10.0.0.1:1", {}}, {{3}, "c:1", {}}};
  REQUIRE(merge(root, &site).supernodes.size() == 1);
  CHECK(merge(root, &site).supernodes[0].address == "10.0.0.1:1");
  site.rules.supernodes.erase(site.rules.supernodes.begin());
  CHECK(merge(root, &site).supernodes == root.rules.supernodes);
  root.delegates.add(Delegable::supernodes);
  CHECK(merge(root, &site).supernodes == site.rules.supernodes);
}

TEST_CASE("a contact can be called and written to in every state, but not from a revoked device") {
  RootPolicy root = root_policy();
  root.rules.hours = std::vector<Schedule>{};
  root.rules.builds = std::vector<BuildRule>{};
  root.rules.forbid = {kSetBitsMax};
  root.rules.client_megabytes_a_month = 0;
  root.rules.revoked = {{{1, 2, 3, 4, 5, 6, 7, 8}}};
  Request request;
  request.peer = "radio-room@HQ";
  for (const char* when : {"2020-01-01T00:00Z", "2026-11-23T12:00Z", "2100-01-01T00:00Z"}) {
    for (const Class what : {Class::voice, Class::messages}) {
      request.what = what;
      CHECK(ask(root, request, when).rule == Rule::emergency);
      CHECK(ask(root, request, when).allowed);
      Request back = request;  // the contact calls
      std::swap(back.self, back.peer);
      back.peer = "anna@goma";
      CHECK(ask(root, back, when).rule == Rule::emergency);
    }
    request.what = Class::video;
    CHECK_FALSE(ask(root, request, when).allowed);
  }
  request.what = Class::voice;
  CHECK(decide(merge(root, nullptr), request, {}).allowed);
  request.device = {{1, 2, 3, 4, 5, 6, 7, 8}};
  CHECK(rule_at(root, request, "2026-11-23T12:00Z") == Rule::revoked);
  request.device = {};
  request.peer = "radio-room@hq2";
  CHECK_FALSE(ask(root, request, "2026-11-23T12:00Z").allowed);
}

TEST_CASE("validity: the first day, the last day, the grace, and what remains") {
  RootPolicy root = root_policy();
  Request request;
  CHECK(ask(root, request, "2026-10-31T23:59:59Z").until == at("2026-11-01T00:00Z"));
  CHECK_FALSE(ask(root, request, "2026-10-31T23:59:59Z").allowed);
  CHECK(ask(root, request, "2026-11-01T00:00Z").allowed);
  CHECK(ask(root, request, "2028-01-29T23:59:59Z").allowed);  // 31 October and 90 days
  CHECK(ask(root, request, "2028-01-29T23:59:59Z").until == at("2028-01-30T00:00Z"));
  CHECK(rule_at(root, request, "2028-01-30T00:00Z") == Rule::validity);
  CHECK_FALSE(ask(root, request, "2028-01-30T00:00Z").allowed);
  request.in_site = true;
  CHECK(ask(root, request, "2028-01-30T00:00Z").allowed);
  request.what = Class::files;
  CHECK_FALSE(ask(root, request, "2028-01-30T00:00Z").allowed);
  root.grace_days = 0;
  CHECK(rule_at(root, request, "2027-11-01T00:00Z") == Rule::validity);
}

TEST_CASE("builds: the first rule that fits, a day to come, and none that fits") {
  RootPolicy root = root_policy();
  BuildRule old_ones;
  old_ones.to_version = Version::of(0, 1, 9);
  old_ones.action = BuildAction::block;
  old_ones.since = Form<Day>::parse("2026-12-01").value();
  BuildRule known;
  known.hash = ShortHash{7};
  BuildRule windows;
  windows.platforms.add(Platform::windows);
  windows.action = BuildAction::update;
  root.rules.builds = {old_ones, known, windows};
  Request request;
  request.build.version = Version::of(0, 1, 4);
  const Decision soon = ask(root, request, "2026-11-30T00:00Z");
  CHECK(soon.allowed);
  CHECK(soon.should_update);
  CHECK(soon.until == at("2026-12-01T00:00Z"));
  CHECK(rule_at(root, request, "2026-12-01T00:00Z") == Rule::build);
  request.build.version = Version::of(0, 2, 0);
  CHECK(rule_at(root, request, "2026-12-01T00:00Z") == Rule::build);
  request.build.hash = ShortHash{7};
  CHECK(ask(root, request, "2026-12-01T00:00Z").allowed);
  request.build.hash = ShortHash{8};
  request.build.platform = Platform::windows;
  CHECK(ask(root, request, "2026-12-01T00:00Z").should_update);
}

TEST_CASE("a running call outlasts its window by its grace") {
  RootPolicy root = root_policy();
  root.rules.hours = {schedule({"daily 08:00-18:00"})};
  Request request;
  request.is_running = true;
  CHECK(ask(root, request, "2026-11-23T18:09:59Z").allowed);
  CHECK(ask(root, request, "2026-11-23T18:09:59Z").until == at("2026-11-23T18:10Z"));
  CHECK_FALSE(ask(root, request, "2026-11-23T18:10Z").allowed);
  CHECK_FALSE(ask(root, request, "2026-11-23T07:59Z").allowed);
  root.rules.call_grace_minutes = 30;
  CHECK(ask(root, request, "2026-11-23T18:29:59Z").allowed);
  CHECK_FALSE(ask(root, request, "2026-11-23T18:30Z").allowed);
  root.rules.call_grace_minutes = 0;
  CHECK_FALSE(ask(root, request, "2026-11-23T18:00Z").allowed);
  root.rules.call_grace_minutes = 30;
  request.what = Class::messages;
  CHECK_FALSE(ask(root, request, "2026-11-23T18:00Z").allowed);
}

TEST_CASE("quotas are renewed at the midnight and the month of the site") {
  RootPolicy root = root_policy();
  root.rules.utc_offset = UtcOffset{8};
  root.rules.quotas = {
      {.roles = {1U << static_cast<unsigned>(Role::guest)}, .voice_minutes_a_day = 20, .megabytes_a_month = 50}};
  Request request;
  request.usage.voice_minutes_today = 20;
  CHECK(ask(root, request, "2026-11-23T12:00Z").allowed);
  request.role = Role::guest;
  CHECK(ask(root, request, "2026-11-23T12:00Z").rule == Rule::quota);
  CHECK(ask(root, request, "2026-11-23T12:00Z").until == at("2026-11-23T22:00Z"));
  request.what = Class::messages;
  CHECK(ask(root, request, "2026-11-23T12:00Z").allowed);
  request.usage.person_megabytes = 50;
  CHECK(ask(root, request, "2026-12-31T12:00Z").until == at("2026-12-31T22:00Z"));
  CHECK(ask(root, request, "2026-11-30T22:00Z").until == at("2026-12-31T22:00Z"));
}

TEST_CASE("what either of two possible times forbids is forbidden; no time is the floor") {
  RootPolicy root = root_policy();
  root.rules.hours = {schedule({"daily 08:00-18:00"})};
  const Effective policy = merge(root, nullptr);
  const WallTime noon = at("2026-11-23T12:00Z");
  CHECK(decide(policy, {}, {noon, at("2026-11-23T17:00Z")}).allowed);
  CHECK_FALSE(decide(policy, {}, {noon, at("2026-11-23T19:00Z")}).allowed);
  CHECK_FALSE(decide(policy, {}, {at("2026-11-23T19:00Z"), noon}).allowed);
  CHECK(decide(policy, {}, {}).rule == Rule::time);
  CHECK_FALSE(decide(policy, {}, {}).allowed);
}

TEST_CASE("a device that is behind reaches contacts only, and may finish a call") {
  const RootPolicy root = root_policy();
  Request request;
  request.is_behind = true;
  CHECK(rule_at(root, request, "2026-11-23T12:00Z") == Rule::serial);
  CHECK_FALSE(ask(root, request, "2026-11-23T12:00Z").allowed);
  request.glass_is_broken = true;
  CHECK(rule_at(root, request, "2026-11-23T12:00Z") == Rule::serial);
  request.is_running = true;
  CHECK(ask(root, request, "2026-11-23T12:00Z").allowed);
  request.is_running = false;
  request.peer = "radio-room@hq";
  CHECK(ask(root, request, "2026-11-23T12:00Z").allowed);
}

TEST_CASE("an open break-glass code lifts hours and prohibitions, not the validity") {
  RootPolicy root = root_policy();
  root.rules.hours = std::vector<Schedule>{};
  root.rules.forbid = {kSetBitsMax};
  Request request;
  request.glass_is_broken = true;
  request.what = Class::video;
  CHECK(ask(root, request, "2026-11-23T12:00Z").rule == Rule::break_glass);
  CHECK(ask(root, request, "2026-11-23T12:00Z").allowed);
  CHECK_FALSE(ask(root, request, "2029-11-23T12:00Z").allowed);
}

TEST_CASE("every rule has words, and refusals say when it opens") {
  RootPolicy root = root_policy();
  root.rules.utc_offset = UtcOffset{8};
  root.rules.hours = {schedule({"Mon-Fri 08:00-18:00"})};
  const Effective policy = merge(root, nullptr);
  const Decision closed = decide(policy, {}, {at("2026-11-23T17:30Z"), {}});
  CHECK(reason(closed, {}, policy.zone) ==
        "Voice is closed at this hour; open again on Tue 2026-11-24 at 08:00, site time");
  for (const Rule rule : {Rule::revoked, Rule::emergency, Rule::time, Rule::validity, Rule::serial, Rule::break_glass,
                          Rule::build, Rule::feature, Rule::hours, Rule::quota, Rule::open})
    for (const bool allowed : {false, true}) CHECK(reason({allowed, rule, {}, false}, {}, policy.zone).size() > 10);
}
