#include <doctest/doctest.h>

#include "admin/firewall.h"
#include "support/policy_model.h"

using namespace farline;
using namespace farline::admin;

namespace {

// Whether anything is allowed to anybody, or a call still runs.
bool is_allowed(const policy::Effective& policy, policy::Quarter at) {
  for (size_t role = 0; role < policy::kNames<policy::Role>.size(); ++role) {
    for (size_t what = 0; what < policy::kNames<policy::Class>.size(); ++what) {
      policy::Request request;
      request.role = static_cast<policy::Role>(role);
      request.what = static_cast<policy::Class>(what);
      request.is_running = true;
      request.in_site = true;
      if (decide(policy, request, {start_of(at), {}}).allowed) return true;
    }
  }
  return false;
}

GatewayRules sample_rules() {
  GatewayRules out;
  out.title = "Relief, site x, policy serial 1";
  out.nodes = {{"node:4500", Address::v4(198, 51, 100, 7, 4500), "198.51.100.7"},
               {"node:443", Address::v4(198, 51, 100, 7, 443), "198.51.100.7"}};
  policy::Effective policy;
  policy.from = {20'000};
  policy.until = {20'100};
  policy.calendars[0].hours.emplace().push_back(
      {{}, {}, {policy::Form<policy::Window>::parse("Mon-Fri 08:00-18:00").value()}});
  policy.zone.utc_offset = {22};  // +05:30
  policy.call_grace_minutes = 10;
  out.hours = gateway_hours(policy);
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a gateway is open when the policy allows anything to anybody") {
  farline::testing::RandomPolicy random(11);
  farline::testing::SeededRng rng(3);
  for (int i = 0; i < 40; ++i) {
    policy::RootPolicy root = random.root();
    policy::SitePolicy site = random.site();
    for (policy::Rules* rules : {&root.rules, &site.rules}) {
      rules->builds.reset();
      rules->quotas.clear();
      rules->client_megabytes_a_month.reset();
      rules->site_megabytes_a_month.reset();
    }
    root.grace_days = 3;
    const policy::Effective policy = merge(root, &site);
    const GatewayHours hours = gateway_hours(policy);
    const int64_t first = int64_t{root.from.number - 2} * policy::kQuartersPerDay;
    const int64_t near = policy::quarter_of(random.time()).number;
    for (int k = 0; k < 60; ++k) {
      const auto within = static_cast<int64_t>(rng.below(uint64_t{1210} * policy::kQuartersPerDay));
      for (const policy::Quarter at : {policy::Quarter{first + within}, policy::Quarter{near + k}}) {
        CAPTURE(policy::time_text(start_of(at), {}));
        REQUIRE(is_open(hours, at) == is_allowed(policy, at));
      }
    }
  }
}

TEST_CASE("rules for firewalls name hosts, ports and hours in UTC") {
  GatewayRules rules = sample_rules();
  const std::string nft = nftables_rules(rules);
  CHECK(has(nft, "elements = { 198.51.100.7 . 4500, 198.51.100.7 . 443 }"));
  CHECK(has(nft, "      1728009000-1728045900,  # 2024-10-04T02:30Z to 2024-10-04T12:45Z\n"));  // a call may run on
  CHECK_FALSE(has(nft, "limit rate"));
  const std::string router = mikrotik_rules(rules, {20'050ULL * 86'400});
  CHECK(has(router, "dst-port=4500,443 time=2h30m-12h45m,mon comment=\"farline season 1\" disabled=no"));
  CHECK(has(router, "comment=\"farline open\" disabled=yes"));
  const std::string windows = windows_firewall_rules(rules);
  CHECK(has(windows, "'0.0.0.0-198.51.100.6'\n  '198.51.100.8-255.255.255.255'\n"));
  CHECK(has(windows, "'198.51.100.7' = @('0-442', '444-4499', '4501-65535')"));
  CHECK(has(windows, "    1 = @(, @(150, 765))\n"));
  CHECK(has(windows, "$HasHours = $true"));
  rules.emergency_bps = 6000;
  CHECK(has(nftables_rules(rules), "limit rate 750 bytes/second accept"));
  CHECK(has(mikrotik_rules(rules, {}), "limit=3000,6000:bit"));
  CHECK(has(windows_firewall_rules(rules), "$HasHours = $false"));
}
