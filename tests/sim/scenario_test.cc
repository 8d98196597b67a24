// Calls as people make them, one story each, with everything watched (town.h).
#include <doctest/doctest.h>

#include "sim/town.h"
#include "wire/limits.h"

namespace farline::sim {
namespace {

using client::EndReason;
using client::EventKind;

constexpr const char* kAnna = "Canary-Anna";
constexpr const char* kBela = "Canary-Bela";
constexpr const char* kChidi = "Canary-Chidi";

// Anna is device 0, Bela device 1, and so on.
std::unique_ptr<Town> town_of(std::vector<DevicePlan> devices) {
  TownPlan plan{.seed = 42};
  plan.devices = std::move(devices);
  auto town = std::make_unique<Town>(plan);
  town->boot_all();
  town->run_for(90s);
  CHECK(town->all_attached());
  return town;
}

std::vector<EventKind> kinds(const Town& town, size_t device) {
  std::vector<EventKind> out;
  for (const client::Event& event : town.events(device)) out.push_back(event.kind);
  return out;
}
EndReason reason(const Town& town, size_t device) {
  const auto events = town.events(device);
  REQUIRE(!events.empty());
  REQUIRE(events.back().kind == EventKind::ended);
  return events.back().reason;
}
uint64_t heard(Town& town, size_t device) {
  return town.speech().heard_by(town.host(device));
}
bool connected(Town& town, size_t device) {
  return town.conduct().is_connected(town.host(device));
}
void check_clean(Town& town) {
  CHECK_MESSAGE(!town.findings().failed(), town.findings().what());
}

using Kinds = std::vector<EventKind>;

TEST_CASE("call, answer, talk, the caller hangs up") {
  auto town = town_of({{.person = kAnna}, {.person = kBela}});
  CHECK(town->call(0, kBela));
  town->run_for(12s);
  CHECK(heard(*town, 0) > 100);  // 2,400 bit/s: frames of 40 ms
  CHECK(heard(*town, 1) > 100);
  town->hang_up(0);
  town->run_for(5s);
  CHECK(kinds(*town, 0) == Kinds{EventKind::attached, EventKind::ringing, EventKind::connected, EventKind::ended});
  CHECK(kinds(*town, 1) == Kinds{EventKind::attached, EventKind::incoming, EventKind::connected, EventKind::ended});
  CHECK(reason(*town, 0) == EndReason::hung_up);
  CHECK(reason(*town, 1) == EndReason::peer_hung_up);
  town->run_for(wire::kLegLinger + 2 * wire::kSweepEvery);
  CHECK(town->node().node().status().legs == 0);
  check_clean(*town);
}

TEST_CASE("the callee hangs up") {
  auto town = town_of({{.person = kAnna}, {.person = kBela}});
  town->habit(1).talks = 5s;
  CHECK(town->call(0, kBela));
  town->run_for(15s);
  CHECK(reason(*town, 0) == EndReason::peer_hung_up);
  CHECK(reason(*town, 1) == EndReason::hung_up);
  check_clean(*town);
}

TEST_CASE("decline") {
  auto town = town_of({{.person = kAnna}, {.person = kBela, .habit = {.answers = false, .declines = true}}});
  CHECK(town->call(0, kBela));
  town->run_for(10s);
  CHECK(reason(*town, 0) == EndReason::declined);
  CHECK(reason(*town, 1) == EndReason::declined);
  check_clean(*town);
}

TEST_CASE("nobody answers") {
  auto town = town_of({{.person = kAnna}, {.person = kBela, .habit = {.answers = false}}});
  CHECK(town->call(0, kBela));
  town->run_for(wire::kRingTime - 5s);
  CHECK(kinds(*town, 0).back() == EventKind::ringing);
  town->run_for(10s);
  CHECK(reason(*town, 0) == EndReason::no_answer);
  CHECK(reason(*town, 1) == EndReason::missed);
  check_clean(*town);
}

TEST_CASE("cancel while it rings") {
  auto town = town_of({{.person = kAnna}, {.person = kBela, .habit = {.answers = false}}});
  CHECK(town->call(0, kBela));
  town->run_for(5s);
  town->hang_up(0);
  town->run_for(5s);
  CHECK(reason(*town, 0) == EndReason::hung_up);
  CHECK(reason(*town, 1) == EndReason::missed);
  check_clean(*town);
}

TEST_CASE("busy") {
  auto town = town_of({{.person = kAnna}, {.person = kBela}, {.person = kChidi}});
  CHECK(town->call(0, kBela));
  town->run_for(10s);
  CHECK(town->call(2, kBela));
  town->run_for(10s);
  CHECK(reason(*town, 2) == EndReason::busy);
  CHECK(connected(*town, 0));
  CHECK(connected(*town, 1));
  check_clean(*town);
}

TEST_CASE("nobody of that name, and nobody at home") {
  auto town = town_of({{.person = kAnna}, {.person = kBela}});
  CHECK(town->call(0, "Canary-Nobody"));
  town->run_for(5s);
  CHECK(reason(*town, 0) == EndReason::no_such_name);
  town->world().crash(town->host(1));
  town->run_for(wire::kSessionIdleMax + 30s);
  CHECK(town->call(0, kBela));
  town->run_for(5s);
  CHECK(reason(*town, 0) == EndReason::not_attached);
  check_clean(*town);
}

TEST_CASE("all devices of a person ring, the first answer wins") {
  auto town = town_of(
      {{.person = kAnna}, {.person = kBela, .habit = {.after = 3s}}, {.person = kBela, .habit = {.after = 6s}}});
  CHECK(town->call(0, kBela));
  town->run_for(15s);
  CHECK(connected(*town, 0));
  CHECK(connected(*town, 1));
  CHECK(kinds(*town, 2) == Kinds{EventKind::attached, EventKind::incoming, EventKind::ended});
  CHECK(reason(*town, 2) == EndReason::answered_elsewhere);
  check_clean(*town);
}

TEST_CASE("both call each other at the same time") {
  for (const Duration apart : {Duration{}, Duration{1ms}, Duration{500ms}, Duration{1500ms}}) {
    CAPTURE(to_milliseconds(apart));
    auto town = town_of({{.person = kAnna, .link = "vsat-day"}, {.person = kBela, .link = "gprs"}});
    CHECK(town->call(0, kBela));
    town->run_for(apart);
    CHECK(town->call(1, kAnna));
    town->run_for(40s);
    CHECK(connected(*town, 0));
    CHECK(connected(*town, 1));
    CHECK(heard(*town, 0) > 100);
    town->hang_up(0);
    town->run_for(30s);
    CHECK(town->conduct().is_idle(town->host(0)));
    CHECK(town->conduct().is_idle(town->host(1)));
    check_clean(*town);
  }
}

TEST_CASE("a call goes on through a new address, a sleep and a cut") {
  const emulate::Nat::Options nat{.external = Address::v4(198, 18, 0, 1, 20'000)};
  auto town = town_of({{.person = kAnna, .nat = nat}, {.person = kBela}});
  CHECK(town->call(0, kBela));
  town->run_for(10s);
  const auto still_heard = [&](Duration within) {
    const uint64_t before = heard(*town, 1);
    const uint64_t back_before = heard(*town, 0);
    town->run_for(within);
    CHECK(heard(*town, 1) > before + 50);
    CHECK(heard(*town, 0) > back_before + 50);
  };
  town->world().network().rebind_nat(*town->world().network().nat_of(town->host(0)),
                                     Address::v4(198, 18, 0, 2, 30'000));
  still_heard(10s);
  town->world().sleep(town->host(0));
  town->run_for(40s);
  town->world().wake(town->host(0));
  town->network_changed(0);
  still_heard(10s);
  town->world().network().set_cut(town->host(1), true);
  town->run_for(60s);
  town->world().network().set_cut(town->host(1), false);
  still_heard(15s);
  check_clean(*town);
}

TEST_CASE("a voice call on every link that can carry one") {
  for (const auto& profile : emulate::profiles()) {
    const uint64_t rate = std::min(profile.up_bps, profile.down_bps);
    if (!profile.is_ip() || (rate != 0 && rate < 2'400)) continue;
    CAPTURE(profile.id);
    auto town = town_of({{.person = kAnna, .link = std::string(profile.id), .max_bps = 2'160},
                         {.person = kBela, .link = std::string(profile.id), .max_bps = 2'160}});
    CHECK(town->call(0, kBela));
    town->run_for(profile.link.jitter > 1s ? Duration{2min} : Duration{1min});  // nb-iot: a round trip may take 14 s
    CHECK(connected(*town, 0));
    CHECK(connected(*town, 1));
    CHECK(heard(*town, 0) > 200);
    CHECK(heard(*town, 1) > 200);
    check_clean(*town);
  }
}

TEST_CASE("a device restarts in a call: it ends for both, and the next one works") {
  for (const size_t crashed : {size_t{0}, size_t{1}}) {
    auto town = town_of({{.person = kAnna}, {.person = kBela}});
    CHECK(town->call(0, kBela));
    town->run_for(10s);
    town->world().crash(town->host(crashed));
    town->run_for(5s);
    CHECK(connected(*town, 1 - crashed));  // as long as it may be the network
    town->boot_device(crashed);
    town->run_for(10s);
    CHECK(town->conduct().is_idle(town->host(1 - crashed)));
    CHECK(reason(*town, 1 - crashed) == EndReason::failed);
    CHECK(town->call(0, kBela));
    town->run_for(10s);
    CHECK(connected(*town, 0));
    check_clean(*town);
  }
}

TEST_CASE("the node restarts in a relayed call: it goes on by itself, under fresh keys") {
  auto town = town_of({{.person = kAnna, .relay_only = true}, {.person = kBela}});
  CHECK(town->call(0, kBela));
  town->run_for(10s);
  town->world().crash(town->node_host());
  town->run_for(5s);
  town->boot_node();
  town->run_for(5min);
  CHECK(connected(*town, 0));
  CHECK(connected(*town, 1));
  const uint64_t before = heard(*town, 0);
  town->run_for(10s);
  CHECK(heard(*town, 0) > before + 100);
  town->hang_up(0);
  town->run_for(10s);
  CHECK(reason(*town, 1) == EndReason::peer_hung_up);
  CHECK(town->call(1, kAnna));
  town->run_for(10s);
  CHECK(connected(*town, 1));
  check_clean(*town);
}

}  // namespace
}  // namespace farline::sim
