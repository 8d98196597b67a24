// Policies spread: from the node to everybody and from one device to the node, over links that lose, through calls,
// crashes and nights.
#include <doctest/doctest.h>

#include "sim/town.h"

namespace farline::sim {
namespace {

policy::RootPolicy policy_of(uint32_t serial) {
  policy::RootPolicy policy;
  policy.organisation = {"Relief"};
  policy.generation = 1;
  policy.serial = serial;
  policy.until = {policy::kDayMax};
  // About as long as a real one.
  for (uint32_t i = 0; i < 12; ++i) policy.rules.contacts.push_back({"radio-room-" + std::to_string(i * 977) + "@hq"});
  policy.rules.client_bps = 20'000 + serial;
  return policy;
}

// How many hold it.
size_t holders(Town& town, uint32_t serial) {
  size_t count = 0;
  for (size_t i = 0; i < town.device_count(); ++i)
    if (town.world().is_up(town.host(i)) && town.program(i).client().admission().version().serial == serial) ++count;
  return count;
}
uint32_t at_node(Town& town) {
  const auto policy = town.node().node().policy_in_force(town.world().now());
  return policy ? policy->version.serial : 0;
}
// Until all hold it; nothing: not in that time.
std::optional<Duration> spread(Town& town, uint32_t serial, Duration within) {
  for (Duration passed{}; passed < within; passed += 1s) {
    if (holders(town, serial) == town.device_count()) return passed;
    town.run_for(1s);
  }
  return std::nullopt;
}

TownPlan thin_plan(uint64_t seed) {
  TownPlan plan{.seed = seed};
  for (const char* name : {"Canary-Anna", "Canary-Bela", "Canary-Chidi", "Canary-Dora", "Canary-Emil"})
    plan.devices.push_back({.person = name, .link = "clean,rate=2400,delay_ms=700,jitter_ms=300,loss=0.08"});
  return plan;
}

TEST_CASE("policies reach everybody, over links that lose each twelfth packet and through running calls") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Town town(thin_plan(seed));
    town.boot_all();
    town.run_for(3min);
    REQUIRE(town.all_attached());
    town.give_policy(policy_of(1));
    const auto first = spread(town, 1, 15min);
    REQUIRE(first.has_value());

    CHECK(town.call(0, "Canary-Bela"));
    town.run_for(1min);
    REQUIRE(town.conduct().is_connected(town.host(0)));
    town.give_policy(policy_of(2));
    const auto second = spread(town, 2, 15min);
    REQUIRE(second.has_value());
    CHECK(town.conduct().is_connected(town.host(0)));

    // Somebody is handed a file, in the call; the node learns of it, and through it everybody.
    town.give_policy(policy_of(3), 1);
    const auto third = spread(town, 3, 20min);
    REQUIRE(third.has_value());
    CHECK(at_node(town) == 3);
    CHECK(town.conduct().is_connected(town.host(0)));
    MESSAGE("all five: " << to_seconds(*first) << " s, in a call " << to_seconds(*second) << " s, from a device in it "
                         << to_seconds(*third) << " s");
    CHECK_MESSAGE(!town.findings().failed(), town.findings().what());
  }
}

TEST_CASE("who was off, and a node that begins anew, hold the newest soon; an older one never comes back") {
  Town town(thin_plan(7));
  town.boot_all();
  town.run_for(3min);
  town.give_policy(policy_of(1));
  REQUIRE(spread(town, 1, 15min).has_value());
  town.world().crash(town.host(2));
  town.give_policy(policy_of(2), 0);
  town.run_for(10min);
  CHECK(holders(town, 2) == 4);
  town.world().crash(town.node_host());
  town.run_for(1min);
  town.boot_node();
  town.boot_device(2);
  CHECK(at_node(town) == 2);
  REQUIRE(spread(town, 2, 30min).has_value());
  CHECK_MESSAGE(!town.findings().failed(), town.findings().what());
}

TEST_CASE("in a direct call a policy passes from device to device while the node is gone") {
  TownPlan plan{.seed = 11};
  for (const char* name : {"Canary-Anna", "Canary-Bela"}) plan.devices.push_back({.person = name, .max_bps = 0});
  Town town(plan);
  town.boot_all();
  town.run_for(20s);
  CHECK(town.call(0, "Canary-Bela"));
  town.run_for(10s);
  REQUIRE(town.program(0).client().call_stats(town.world().now()).is_direct);
  town.world().crash(town.node_host());
  town.run_for(10s);
  town.give_policy(policy_of(4), 0);
  CHECK(spread(town, 4, 30s).has_value());
  CHECK(town.conduct().is_connected(town.host(1)));
  CHECK_MESSAGE(!town.findings().failed(), town.findings().what());
}

}  // namespace
}  // namespace farline::sim
