#include "admin/firewall.h"

namespace farline::admin {
namespace {

// Moments, not weekdays: the kernel's weekday is that of a time zone which few gateways set, and its hour is UTC's.
std::string open_times(const GatewayHours& hours) {
  std::string out;
  for (const auto& [start, end] : open_stretches(hours))
    out += "      " + std::to_string(start_of(start).seconds) + "-" + std::to_string(start_of(end).seconds) + ",  # " +
           policy::time_text(start_of(start), {}) + " to " + policy::time_text(start_of(end), {}) + "\n";
  return out;
}

std::string node_set(const GatewayRules& rules, bool v4) {
  std::string elements;
  for (const GatewayNode& node : rules.nodes)
    if (node.address.is_v4() == v4)
      elements += (elements.empty() ? "" : ", ") + node.ip + " . " + std::to_string(node.address.port);
  return std::string("  set nodes") + (v4 ? "4" : "6") + " {\n    type " + (v4 ? "ipv4_addr" : "ipv6_addr") +
         " . inet_service\n" + (elements.empty() ? "" : "    elements = { " + elements + " }\n") + "  }\n";
}

}  // namespace

std::string nftables_rules(const GatewayRules& rules) {
  std::string out =
      "#!/usr/sbin/nft -f\n# " + rules.title +
      ".\n# Written by farline-admin export nftables; times are UTC. Load it with nft -f; loading it again "
      "replaces it.\n";
  for (const GatewayNode& node : rules.nodes) out += "# supernode " + node.name + " is " + node.ip + "\n";
  out += "table inet farline\ndelete table inet farline\ntable inet farline {\n" + node_set(rules, true) +
         node_set(rules, false);
  out +=
      "\n  # Whatever else may pass this gateway: your rules, each with accept.\n  chain others {\n  }\n\n"
      "  chain forward {\n    type filter hook forward priority filter; policy drop;\n    jump others\n"
      "    icmp type { destination-unreachable, time-exceeded } accept\n"
      "    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } accept\n"
      "    meta l4proto { tcp, udp } ip daddr . th dport @nodes4 goto hours\n"
      "    meta l4proto { tcp, udp } ip saddr . th sport @nodes4 goto hours\n"
      "    meta l4proto { tcp, udp } ip6 daddr . th dport @nodes6 goto hours\n"
      "    meta l4proto { tcp, udp } ip6 saddr . th sport @nodes6 goto hours\n  }\n";
  out += "\n  chain closed {\n";
  if (rules.emergency_bps > 0)
    out += "    limit rate " + std::to_string((rules.emergency_bps + 7) / 8) + " bytes/second accept  # emergencies\n";
  out += "    drop\n  }\n";
  const std::string times = open_times(rules.hours);
  out += "\n  set open {\n    typeof meta time\n    flags interval\n" +
         (times.empty() ? "" : "    elements = {\n" + times + "    }\n") + "  }\n\n  chain hours {\n" +
         "    meta time @open accept\n    meta time >= " + std::to_string(start_of(rules.hours.ends).seconds) +
         " accept  # expired: for calls within the site\n    goto closed\n  }\n}\n";
  return out;
}

}  // namespace farline::admin
