#include "app/admin_export.h"

#include <cstdio>

#include "admin/firewall.h"
#include "app/admin_files.h"
#include "host/address_text.h"

namespace farline::app {
namespace {

// What --address says a name is; nothing where it does not.
std::vector<std::string> given_for(const std::string& name, const std::vector<std::string>& addresses) {
  std::vector<std::string> out;
  for (const std::string& pair : addresses) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos)
      throw Failure(ExitCode::usage, "--address " + pair + ": write NAME=IP, such as node1.example.org=192.0.2.1");
    if (pair.substr(0, equals) == name) out.push_back(pair.substr(equals + 1));
  }
  return out.empty() ? std::vector<std::string>{name} : out;
}

// Without the port; IPv6 without brackets.
std::string ip_text(const Address& address) {
  const std::string text = host::to_text(address);
  const auto split = host::split_address(text);
  return split ? split->host : text;
}

void add_node(std::vector<admin::GatewayNode>& out, const std::string& text,
              const std::vector<std::string>& addresses) {
  const auto where = host::split_address(text);
  if (!where) throw Failure(ExitCode::bad_data, "supernode " + text + ": write host:port");
  for (const std::string& host : given_for(where->host, addresses)) {
    const auto address = host::resolve({host, where->port});
    if (!address)
      throw Failure(ExitCode::network, "the address of supernode " + where->host +
                                           " is not known here; write --address " + where->host + "=IP");
    const std::string ip = ip_text(*address);
    if (ip != where->host)
      std::fprintf(stderr, "note: %s is %s; export again when that changes\n", where->host.c_str(), ip.c_str());
    out.push_back({text, *address, ip});
  }
}

admin::GatewayRules gateway_rules(const ExportOrder& order) {
  const admin::Plan plan = read_plan(order.file);
  const policy::SitePolicy* site = site_asked_for(plan.sites, order.site);
  const policy::Effective policy = merge(plan.root, site);
  if (policy.supernodes.empty())
    throw Failure(ExitCode::bad_data, order.file +
                                          ": names no supernodes, so that everything would be blocked; add a "
                                          "table [[supernodes]] with key and address");
  admin::GatewayRules rules;
  rules.title = plan.root.organisation.text + (site ? ", site " + site->name.text : "") + ", policy serial " +
                std::to_string(plan.root.serial);
  for (const policy::Supernode& node : policy.supernodes) add_node(rules.nodes, node.address, order.addresses);
  rules.hours = admin::gateway_hours(policy);
  rules.emergency_bps = order.emergency_bps;
  const auto open = open_stretches(rules.hours);
  const bool never_closes = open.size() == 1 && open[0] == std::pair(rules.hours.begins, rules.hours.ends);
  if (never_closes) {
    std::fprintf(stderr,
                 "note: the policy allows something to somebody at every hour, so these rules keep no hours; "
                 "farline-admin policy calendar shows to whom\n");
  } else if (order.emergency_bps == 0 && !policy.contacts.empty()) {
    std::fprintf(stderr,
                 "note: in closed hours nothing passes, emergency calls neither; --emergency-bps 6000 lets one "
                 "through\n");
  }
  return rules;
}

}  // namespace

void export_rules(const std::string& kind, const ExportOrder& order) {
  const admin::GatewayRules rules = gateway_rules(order);
  std::string text;
  if (kind == "nftables") text = nftables_rules(rules);
  if (kind == "mikrotik") text = mikrotik_rules(rules, present());
  if (kind == "windows-firewall") text = windows_firewall_rules(rules);
  if (order.out_file.empty()) return print_out(text.substr(0, text.size() - 1));
  write_output(order.out_file, as_bytes(text));
  print_out("written: " + order.out_file);
}

}  // namespace farline::app
