#include <doctest/doctest.h>

#include "policy/break_glass.h"
#include "policy/signed_policy.h"
#include "support/mini_calls.h"
#include "wire/pass.h"

using namespace farline;
using namespace farline::testing;
using policy::Rule;

namespace {

std::vector<policy::Schedule> hours(std::initializer_list<std::string_view> windows) {
  policy::Schedule out;
  for (const std::string_view text : windows) out.windows.push_back(policy::Form<policy::Window>::parse(text).value());
  return {out};
}

// An organisation whose node starts on Friday 2027-01-15 at 09:00 UTC.
struct Organisation : SupernodeWorld {
  explicit Organisation(const WorldOptions& options = {}) : SupernodeWorld(options) {
    rules.organisation = {"Relief"};
    rules.from = {20'000};
    rules.until = {30'000};
    rules.serial = 1;
    rules.rules.contacts = {{"Radio@hq"}};
  }
  ByteVector signed_policy() { return policy_file(rules, sites); }
  // Comes into force; those who are attached hear of it.
  void publish(std::initializer_list<MiniClient*> who = {}) {
    REQUIRE(give(signed_policy()).has_value());
    for (MiniClient* client : who) {
      client->policy = {rules.generation, rules.serial};
      send(*client, wire::PolicyNews{client->policy});
    }
  }
  Result<bool> give(Bytes file) {
    auto taken = node->take_policy(now, file);
    drain();
    return taken;
  }
  // Why a call is refused; nothing: it rings.
  std::optional<Rule> refusal(MiniClient& caller, MiniClient& callee) {
    send(caller, invite_to(callee, ++call));
    if (take<wire::Incoming>(callee)) return {};
    const auto failed = take<wire::CallFailed>(caller);
    REQUIRE(failed.has_value());
    REQUIRE(failed->reason == wire::CallFailure::by_policy);
    until = failed->until;
    return static_cast<Rule>(failed->rule);
  }
  policy::RootPolicy rules;
  std::vector<policy::SitePolicy> sites;
  wire::CallNumber call = 100;
  WallTime until;
};

}  // namespace

TEST_CASE("door: without a policy everything is allowed, and nothing is counted") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  CHECK_FALSE(org.node->policy_in_force(org.now).has_value());
}

TEST_CASE("door: a file of another key, of an older serial or damaged changes nothing") {
  Organisation org;
  org.rules.serial = 5;
  org.publish();
  Organisation stranger(WorldOptions{});
  SeededRng rng(99);
  stranger.root = stranger.asymmetric.generate_signing_key_pair(rng);
  stranger.rules.serial = 9;
  CHECK(org.give(stranger.signed_policy()).error().code == Errc::auth);
  org.rules.serial = 4;
  CHECK(org.give(org.signed_policy()).error().code == Errc::denied);
  org.rules.serial = 6;
  ByteVector torn = org.signed_policy();
  torn.resize(torn.size() / 2);
  CHECK_FALSE(org.give(torn).has_value());
  CHECK(org.node->policy_in_force(org.now)->version == wire::PolicyVersion{0, 5});
  org.rules.generation = 1;
  org.rules.serial = 1;
  CHECK(org.give(org.signed_policy()).value());
  CHECK_FALSE(org.give(org.signed_policy()).value());
  org.start();  // what was in force still is
  CHECK(org.node->policy_in_force(org.now)->version == wire::PolicyVersion{1, 1});
  org.rules.generation = 0;
  org.rules.serial = 7;
  CHECK(org.give(org.signed_policy()).error().code == Errc::denied);
}

TEST_CASE("door: closed hours refuse with the rule and the opening, contacts always pass") {
  Organisation org;
  auto ann = org.member("Ann@beirut");
  auto bob = org.member("Bob@beirut");
  auto radio = org.member("Radio@hq");
  org.rules.rules.hours = hours({"Mon-Fri 10:00-18:00"});
  org.publish({ann.get(), bob.get(), radio.get()});
  CHECK(org.refusal(*ann, *bob) == Rule::hours);
  CHECK(org.until == policy::time_from_text("2027-01-15T10:00Z"));
  CHECK_FALSE(org.refusal(*ann, *radio).has_value());
  CHECK_FALSE(org.refusal(*radio, *bob).has_value());
  const auto in_force = org.node->policy_in_force(org.now);
  CHECK(in_force->in_floor == 2);  // the contact may call anybody
  CHECK(org.node->counters().refused_by_rule[static_cast<size_t>(Rule::hours)] == 1);
  org.send(*ann, wire::Lookup{.request = 3, .name = "Bob@beirut"});
  CHECK(org.take<wire::LookupResult>(*ann)->status == wire::LookupStatus::found);
  org.advance(1h);
  for (auto* client : {ann.get(), bob.get(), radio.get()}) REQUIRE(org.attach(*client));
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
}

TEST_CASE("door: each site by its own file, and roles by their certificates") {
  Organisation org;
  auto ann = org.member("Ann@Beirut");
  auto bob = org.member("Bob@goma");
  auto guest = org.member("Gus@goma", static_cast<uint8_t>(policy::Role::guest));
  org.sites = {{.name = {"beirut"}, .serial = 1, .rules = {}}};
  org.sites[0].rules.hours = hours({"daily 20:00-21:00"});
  org.rules.rules.forbid.add(policy::Feature::guests);
  org.publish({ann.get(), bob.get(), guest.get()});
  CHECK(org.refusal(*ann, *bob) == Rule::hours);
  CHECK_FALSE(org.refusal(*bob, *ann).has_value());
  CHECK(org.refusal(*guest, *bob) == Rule::feature);
  org.start();  // site files are saved too
  for (auto* client : {ann.get(), bob.get()}) REQUIRE(org.attach(*client));
  CHECK(org.refusal(*ann, *bob) == Rule::hours);
}

TEST_CASE("door: a device without the policy, far behind, or gone back to an older one") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  const auto serial = [&](uint32_t number) {
    org.rules.serial = number;
    org.publish();
  };
  const auto claim = [&](uint32_t number) {
    ann->policy = {0, number};
    REQUIRE(org.attach(*bob));
    REQUIRE(org.attach(*ann));
  };
  serial(3);
  claim(0);
  CHECK(org.refusal(*ann, *bob) == Rule::serial);
  claim(3);
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  serial(6);
  claim(3);
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());  // it had no time to hear of it
  org.advance(73h);
  claim(3);
  CHECK(org.refusal(*ann, *bob) == Rule::serial);
  org.start();  // since when is not forgotten
  claim(3);
  CHECK(org.refusal(*ann, *bob) == Rule::serial);
  claim(4);
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  org.send(*ann, wire::PolicyNews{{0, 6}});
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  CHECK(org.node->counters().policies_gone_back == 0);
  claim(4);  // a disk image of last week
  CHECK(org.refusal(*ann, *bob) == Rule::serial);
  CHECK(org.node->counters().policies_gone_back == 1);
  claim(1'000'000);  // newer than anything that is known here: neither believed nor held against it
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  claim(6);
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
}

TEST_CASE("door: another generation is behind after three days, however high its serial") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  org.rules.serial = 4'000'000'000;  // a stolen key ran it up
  org.publish({ann.get(), bob.get()});
  org.rules.generation = 1;
  org.rules.serial = 1;
  org.publish();
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  org.advance(73h);
  REQUIRE(org.attach(*bob));
  REQUIRE(org.attach(*ann));
  CHECK(org.refusal(*ann, *bob) == Rule::serial);
}

TEST_CASE("door: a withdrawn device is thrown out at once, and its owner's other device works") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  auto other = org.new_client();
  const auto token = org.invite({.uses = 1, .name = "Ann"});
  REQUIRE(org.enrol(*other, token, "Ann") == wire::EnrolStatus::done);
  REQUIRE(org.attach(*other));
  const Channels channels = connect(org, *ann, *bob, 1);
  org.rules.rules.contacts = {{"Bob"}};
  org.rules.rules.revoked = {ann->id()};
  REQUIRE(org.give(org.signed_policy()).has_value());
  const auto closing = org.take<wire::CallClosing>(*bob);
  REQUIRE(closing.has_value());
  CHECK(closing->channel == channels.callee);
  CHECK(closing->seconds == 0);
  CHECK(closing->rule == static_cast<uint8_t>(Rule::revoked));
  const auto detached = org.take<wire::Detach>(*ann);
  REQUIRE(detached.has_value());
  CHECK(detached->reason == wire::DetachReason::revoked);
  org.sent.clear();
  org.deliver(*ann, MiniClient::media(channels.caller));
  CHECK(org.sent.empty());

  for (const bool with_certificate : {false, true}) {
    const auto response = org.deliver(*ann, with_certificate ? ann->attach_with_certificate() : ann->attach_by_hash());
    REQUIRE(response.has_value());
    CHECK(ann->take_response(org.now, response->datagram.bytes())->status == wire::AttachStatus::revoked);
  }
  const auto again = org.deliver(*ann, ann->enrol_with(org.invite({.uses = 5})));
  CHECK(ann->take_response(org.now, again->datagram.bytes())->status == wire::AttachStatus::revoked);

  org.publish({other.get(), bob.get()});
  CHECK_FALSE(org.refusal(*other, *bob).has_value());
  // Neither is it called, nor found.
  org.send(*other, invite_to(*ann, 77));
  CHECK(org.take<wire::CallFailed>(*other)->reason == wire::CallFailure::no_such_device);
  org.send(*bob, wire::Lookup{.request = 1, .name = "Ann"});
  CHECK(org.take<wire::LookupResult>(*bob)->device_count == 1);
}

TEST_CASE("door: who would enrol at a withdrawn node is told, and its administrator too") {
  Organisation org;
  const wire::Token token = org.invite({.uses = 5});
  CHECK(org.node->enrolment_open(org.now).has_value());
  org.rules.revoked_issuers = {wire::parse_certificate(org.issuer_certificate)->signing_key};
  org.publish();
  auto cleo = org.new_client();
  const auto response = org.deliver(*cleo, cleo->enrol_with(token));
  REQUIRE(response.has_value());
  CHECK(cleo->take_response(org.now, response->datagram.bytes())->status == wire::AttachStatus::enrolment_closed);
  CHECK_FALSE(org.deliver(*cleo, cleo->enrol_with(wire::Token{})).has_value());  // a stranger learns nothing
  const auto open = org.node->enrolment_open(org.now);
  REQUIRE_FALSE(open.has_value());
  CHECK(open.error().what.find("revoked_issuers") != std::string_view::npos);
  CHECK(org.node->invite(org.now, {}).error().code == Errc::denied);
}

TEST_CASE("door: builds by what a device claims, by the hash it sends; a blocked callee is called by contacts only") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  auto radio = org.member("Radio@hq");
  policy::BuildRule rule;
  rule.platforms.add(policy::Platform::linux_pc);
  rule.from_version = policy::Version::of(0, 4, 0);
  rule.hash = policy::ShortHash{7};
  policy::BuildRule windows;
  windows.platforms.add(policy::Platform::windows);
  org.rules.rules.builds = {rule, windows};
  org.publish();
  for (auto* client : {ann.get(), bob.get(), radio.get()}) client->policy = {0, 1};
  ann->build = {0, policy::Version::of(0, 4, 1).code};
  bob->build = {1, 1};
  radio->build = {200, 1};
  const auto response = org.deliver(*ann, ann->attach_by_hash());
  const auto payload = ann->take_response(org.now, response->datagram.bytes());
  CHECK(payload->capabilities == wire::kNodeWantsBuildHash);
  CHECK(payload->policy == wire::PolicyVersion{0, 1});
  for (auto* client : {ann.get(), bob.get(), radio.get()}) REQUIRE(org.attach(*client));
  CHECK(org.refusal(*ann, *bob) == Rule::build);
  org.send(*bob, invite_to(*ann, 1));
  CHECK(org.take<wire::CallFailed>(*bob)->reason == wire::CallFailure::not_allowed);
  CHECK_FALSE(org.refusal(*radio, *ann).has_value());
  org.send(*ann, wire::BuildHash{{7}});
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  CHECK_FALSE(org.refusal(*bob, *ann).has_value());
}

TEST_CASE("door: a running call is told of its closing, has its grace, and then its channel is gone") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  org.rules.rules.hours = hours({"Mon-Fri 08:00-09:15"});
  org.rules.rules.call_grace_minutes = 5;
  org.publish({ann.get(), bob.get()});
  const Channels channels = connect(org, *ann, *bob, 1);
  std::vector<std::pair<int64_t, int>> told;  // after the start, seconds
  bool is_relayed = true;
  const Time start = org.now;
  for (int second = 0; second < 22 * 60; ++second) {
    org.advance(1s);
    if (second % 20 == 0)
      for (auto* client : {ann.get(), bob.get()}) org.deliver(*client, client->keepalive());
    if (const auto closing = org.take<wire::CallClosing>(*bob)) {
      CHECK(closing->rule == static_cast<uint8_t>(Rule::hours));
      told.emplace_back((org.now - start) / 1s, closing->seconds);
    }
    const auto relayed = org.deliver(*ann, MiniClient::media(channels.caller));
    is_relayed = relayed && relayed->to == bob->address && relayed->datagram.bytes()[0] == 0x20;
  }
  REQUIRE(told.size() >= 3);
  CHECK(told.front().first >= 15 * 60);
  CHECK(told.front().first <= 15 * 60 + 10);
  CHECK(told.front().second > 4 * 60);
  CHECK(told.front().second <= 5 * 60);
  CHECK(told.back().second == 0);
  CHECK(told.back().first >= 20 * 60 + 30);
  CHECK(told.back().first <= 20 * 60 + 50);
  CHECK_FALSE(is_relayed);
  CHECK(org.refusal(*ann, *bob) == Rule::hours);
}

TEST_CASE("door: a call that is closing goes on when its caller breaks the glass") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  const policy::GlassCode code{{9}};
  org.rules.rules.hours = hours({"Mon-Fri 08:00-09:15"});
  org.rules.rules.call_grace_minutes = 5;
  org.rules.rules.break_glass = {policy::glass_hash(code, {})};
  org.publish({ann.get(), bob.get()});
  const Channels channels = connect(org, *ann, *bob, 1);
  const auto talk = [&](int seconds) {
    bool is_relayed = true;
    for (int i = 0; i < seconds; ++i) {
      org.advance(1s);
      if (i % 20 == 0)
        for (auto* client : {ann.get(), bob.get()}) org.deliver(*client, client->keepalive());
      org.sent.clear();
      const auto out = org.deliver(*ann, MiniClient::media(channels.caller));
      is_relayed = out && out->datagram.bytes()[0] == 0x20;
    }
    return is_relayed;
  };
  CHECK(talk(20 * 60 + 15));  // the node waits half a minute for the clients to end it
  org.send(*ann, wire::BreakGlass{code.bytes});
  CHECK(talk(10 * 60));
}

TEST_CASE("door: an emergency call is never closed, and a break-glass code keeps another open") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  auto radio = org.member("Radio@hq");
  org.publish({ann.get(), bob.get(), radio.get()});
  connect(org, *ann, *radio, 1);
  const policy::GlassCode code{{1, 2, 3}};
  org.rules.serial = 2;
  org.rules.rules.hours = std::vector<policy::Schedule>{};
  org.rules.rules.break_glass = {policy::glass_hash(code, bob->id())};
  org.publish({ann.get(), bob.get(), radio.get()});
  CHECK(org.refusal(*bob, *ann) == Rule::hours);
  org.send(*ann, wire::BreakGlass{code.bytes});  // it is another device's
  CHECK(org.take<wire::GlassAnswer>(*ann)->status == wire::GlassStatus::unknown_or_used);
  org.send(*bob, wire::BreakGlass{code.bytes});
  const auto answer = org.take<wire::GlassAnswer>(*bob);
  CHECK(answer->status == wire::GlassStatus::open);
  CHECK(answer->until.seconds == SupernodeWorld::kWall + 3600 + policy::kGlassOpenSeconds);
  CHECK_FALSE(org.refusal(*bob, *ann).has_value());
  CHECK(org.refusal(*ann, *bob) == Rule::hours);
  for (int i = 0; i < 20; ++i) {
    org.advance(20s);
    for (auto* client : {ann.get(), bob.get(), radio.get()}) org.deliver(*client, client->keepalive());
    CHECK_FALSE(org.take<wire::CallClosing>(*radio).has_value());
  }
  org.start();  // a code is burnt for good
  for (auto* client : {ann.get(), bob.get()}) REQUIRE(org.attach(*client));
  CHECK_FALSE(org.refusal(*bob, *ann).has_value());
  org.send(*bob, wire::BreakGlass{code.bytes});
  CHECK(org.take<wire::GlassAnswer>(*bob)->status == wire::GlassStatus::unknown_or_used);
  org.advance(4h);
  for (auto* client : {ann.get(), bob.get()}) REQUIRE(org.attach(*client));
  CHECK(org.refusal(*bob, *ann) == Rule::hours);
}

namespace {

// Packets of 500 bytes from `from` that reach `to` in ten seconds, of 20 a second.
int relayed(Organisation& org, MiniClient& from, wire::Channel on, MiniClient& to) {
  int out = 0;
  for (int i = 0; i < 200; ++i) {
    org.advance(50ms);
    const auto sent = org.deliver(from, MiniClient::media(on, 500));
    out += sent && sent->to == to.address;
  }
  return out;
}
wire::Invite fast_invite(const MiniClient& callee, wire::CallNumber call) {
  wire::Invite out = invite_to(callee, call);
  out.rate_kbps = 200;
  return out;
}
Channels fast_call(Organisation& org, MiniClient& caller, MiniClient& callee, wire::CallNumber call) {
  org.send(caller, fast_invite(callee, call));
  const wire::Channel there = org.take<wire::Incoming>(callee)->channel;
  org.send(callee, wire::RingingFromCallee{.channel = there, .noise = kNoise});
  const wire::Channel here = org.take<wire::RingingToCaller>(caller)->channel;
  org.send(caller, signal(wire::SealedKind::confirm, here));
  org.send(callee, signal(wire::SealedKind::answer, there));
  org.sent.clear();
  return {here, there};
}

}  // namespace

TEST_CASE("door: the rate of a client and of a site; emergencies pass beyond it") {
  Organisation org;
  auto ann = org.member("Ann@beirut");
  auto amy = org.member("Amy@beirut");
  auto bob = org.member("Bob@goma");
  auto radio = org.member("Radio@hq");
  const Channels before = fast_call(org, *ann, *bob, 1);
  CHECK(relayed(org, *ann, before.caller, *bob) == 200);
  org.rules.rules.client_bps = 32'000;  // 4000 bytes a second: 7.6 packets of 528
  org.publish({ann.get(), amy.get(), bob.get(), radio.get()});
  const int burst = 25;
  const int capped = relayed(org, *ann, before.caller, *bob);
  CHECK(capped >= 75);
  CHECK(capped <= 75 + burst);
  CHECK(org.node->counters().relay_over_cap == static_cast<uint64_t>(200 - capped));
  const Channels emergency = fast_call(org, *amy, *radio, 2);
  CHECK(relayed(org, *amy, emergency.caller, *radio) == 200);

  org.rules.serial = 2;
  org.rules.rules.client_bps = 100'000;
  org.sites = {{.name = {"beirut"}, .serial = 1, .rules = {}}};
  org.sites[0].rules.site_bps = 32'000;
  org.publish({ann.get(), amy.get(), bob.get(), radio.get()});
  CHECK(relayed(org, *ann, before.caller, *bob) <= 75 + burst);
  const Channels second = fast_call(org, *amy, *bob, 3);
  CHECK(relayed(org, *amy, second.caller, *bob) <= 80);  // Ann has spent the burst of both
  CHECK(relayed(org, *bob, before.callee, *ann) <= 75 + burst);
}

TEST_CASE("door: minutes of the day and megabytes of the month, kept over a restart, renewed in site time") {
  Organisation org;
  auto ann = org.member("Ann@beirut");
  auto bob = org.member("Bob@goma");
  org.rules.rules.quotas = {{.roles = {}, .voice_minutes_a_day = 2, .megabytes_a_month = {}}};
  org.rules.rules.utc_offset = policy::UtcOffset{-8};  // 07:00 there
  org.publish({ann.get(), bob.get()});
  const Channels channels = fast_call(org, *ann, *bob, 1);
  int closing_after = 0;
  int seconds = 0;
  for (int i = 1; i <= 30 && closing_after == 0; ++i) {
    relayed(org, *ann, channels.caller, *bob);
    if (const auto closing = org.take<wire::CallClosing>(*bob)) {
      closing_after = 10 * i;
      seconds = closing->seconds;
    }
    for (auto* client : {ann.get(), bob.get()}) org.deliver(*client, client->keepalive());
  }
  CHECK(closing_after >= 120);
  CHECK(closing_after <= 190);
  CHECK(seconds == 10 * 60);  // the grace of every running call
  CHECK(org.refusal(*ann, *bob) == Rule::quota);
  CHECK(org.until == policy::time_from_text("2027-01-16T00:00-02:00"));
  org.advance(6min);  // saved by then
  org.start();
  for (auto* client : {ann.get(), bob.get()}) REQUIRE(org.attach(*client));
  CHECK(org.refusal(*ann, *bob) == Rule::quota);

  org.rules.serial = 2;
  org.rules.rules.quotas.clear();
  org.rules.rules.site_megabytes_a_month = 2;  // more than 10,500 bytes a second for three minutes
  org.publish({ann.get(), bob.get()});
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
  org.rules.serial = 3;
  org.rules.rules.site_megabytes_a_month = 1;
  org.publish({ann.get(), bob.get()});
  CHECK(org.refusal(*ann, *bob) == Rule::quota);
  CHECK(org.until == policy::time_from_text("2027-02-01T00:00-02:00"));
}

TEST_CASE("door: an emergency call uses nothing up") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  auto radio = org.member("Radio@hq");
  org.rules.rules.quotas = {{.roles = {}, .voice_minutes_a_day = 1, .megabytes_a_month = 1}};
  org.publish({ann.get(), bob.get(), radio.get()});
  const Channels channels = fast_call(org, *ann, *radio, 1);
  for (int i = 0; i < 15; ++i) {
    CHECK(relayed(org, *ann, channels.caller, *radio) == 200);
    for (auto* client : {ann.get(), bob.get(), radio.get()}) org.deliver(*client, client->keepalive());
  }
  CHECK_FALSE(org.refusal(*ann, *bob).has_value());
}

TEST_CASE("door: a node that does not know the time lets only contacts be called") {
  Organisation org;
  auto ann = org.member("Ann");
  auto bob = org.member("Bob");
  auto radio = org.member("Radio@hq");
  org.publish({ann.get(), bob.get(), radio.get()});
  org.node->set_wall_time(org.now, {});
  CHECK(org.refusal(*ann, *bob) == Rule::time);
  CHECK_FALSE(org.refusal(*ann, *radio).has_value());
}

TEST_CASE("door: a node whose clock was ten years wrong has harmed nobody but itself once it is right") {
  for (const int64_t years : {10, -10}) {
    CAPTURE(years);
    Organisation org;
    auto ann = org.member("Ann");
    auto bob = org.member("Bob@goma");
    auto radio = org.member("Radio@hq");
    org.rules.from = policy::Form<policy::Day>::parse("2027-01-01").value();
    org.rules.until = policy::Form<policy::Day>::parse("2027-12-31").value();
    org.rules.rules.quotas = {{.roles = {}, .voice_minutes_a_day = 1, .megabytes_a_month = {}}};
    const auto tell_time = [&](int64_t shift) {
      const int64_t right = static_cast<int64_t>(SupernodeWorld::kWall) + org.now.time_since_epoch() / 1s;
      org.node->set_wall_time(org.now, {static_cast<uint64_t>(right + shift)});
    };
    tell_time(years * 365 * 86'400);
    org.publish({ann.get(), bob.get(), radio.get()});
    CHECK(org.refusal(*ann, *bob) == Rule::validity);
    CHECK_FALSE(org.refusal(*ann, *radio).has_value());
    tell_time(0);
    CHECK_FALSE(org.refusal(*ann, *bob).has_value());
    const Channels channels = fast_call(org, *bob, *ann, 500);
    for (int i = 0; i < 10; ++i) {
      relayed(org, *bob, channels.caller, *ann);
      for (auto* client : {ann.get(), bob.get()}) org.deliver(*client, client->keepalive());
    }
    CHECK(org.refusal(*bob, *ann) == Rule::quota);
  }
}

TEST_CASE("door: a pass is as good as the hours that it is given in") {
  Organisation org;
  auto ann = org.member("Ann");
  org.send(*ann, wire::PassWanted{});
  CHECK_FALSE(org.take<wire::Pass>(*ann));  // nobody needs one

  const auto wall = [&] { return Organisation::kWall + static_cast<uint64_t>(org.now.time_since_epoch() / 1s); };
  const auto expires = [&]() -> std::optional<uint64_t> {
    org.advance(6min);
    org.send(*ann, wire::PassWanted{});
    const auto pass = org.take<wire::Pass>(*ann);
    if (!pass) return {};
    const auto node =
        wire::issuer_authority(wire::parse_certificate(org.issuer_certificate).value(), org.issuer_certificate);
    const auto claims = wire::verify_pass(pass->pass, node, org.asymmetric);
    REQUIRE(claims.has_value());
    CHECK(claims->device == ann->id());
    return claims->expires.seconds - wall();
  };
  org.rules.serial = 2;
  org.publish({ann.get()});
  CHECK(expires() == wire::kPassSecondsMax);

  org.rules.serial = 3;
  org.rules.rules.hours = hours({"Fri 08:00-18:00"});
  org.rules.rules.call_grace_minutes = 5;
  org.publish({ann.get()});
  const uint64_t left = expires().value();
  CHECK((wall() + left) % 86400 == 18 * 3600 + 5 * 60);

  org.rules.serial = 4;
  org.rules.rules.forbid.add(policy::Feature::direct_paths);
  org.publish({ann.get()});
  CHECK_FALSE(expires());

  org.rules.serial = 5;
  org.rules.rules.forbid = {};
  org.rules.rules.hours = hours({});
  org.publish({ann.get()});
  CHECK_FALSE(expires());
}
