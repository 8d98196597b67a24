// A policy's supernodes and hours as rules for a site's firewall: the supernodes are let through in the hours in which
// the policy allows anything to anybody, everything else is blocked. A firewall knows neither people nor emergencies:
// in closed hours it lets nothing through, unless a trickle is asked for that carries emergency calls.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "admin/gateway_hours.h"
#include "base/address.h"

namespace farline::admin {

struct GatewayNode {
  std::string name;  // as the policy has it
  Address address;
  std::string ip;  // the address without its port, as text
};
struct GatewayRules {
  std::string title;  // organisation, site and serial; one line
  std::vector<GatewayNode> nodes;
  GatewayHours hours;
  uint32_t emergency_bps = 0;  // in closed hours, of both directions together; 0: nothing
};

// For `nft -f`; loading it again replaces it. A table inet farline, whose forward chain drops what it does not know;
// chain others is where an administrator lets other things through.
std::string nftables_rules(const GatewayRules& rules);
// For RouterOS 7: `/import`. Sets the router's clock to UTC; jobs of the scheduler switch at changes and on holidays.
std::string mikrotik_rules(const GatewayRules& rules, WallTime now);
// A PowerShell script for each laptop: lets farline's programs reach nothing but the supernodes, and sets up a task
// that asks for the hours every quarter of an hour.
std::string windows_firewall_rules(const GatewayRules& rules);

}  // namespace farline::admin
