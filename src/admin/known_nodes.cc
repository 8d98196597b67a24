#include "admin/known_nodes.h"

#include <algorithm>

namespace farline::admin {
namespace {

std::vector<policy::Supernode> all_supernodes(const Plan& plan) {
  std::vector<policy::Supernode> out = plan.root.rules.supernodes;
  for (const policy::SitePolicy& site : plan.sites)
    out.insert(out.end(), site.rules.supernodes.begin(), site.rules.supernodes.end());
  return out;
}

}  // namespace

std::vector<std::string> doubtful_nodes(const Plan& next, const KnownNodes& known) {
  const auto before = known.previous ? all_supernodes(*known.previous) : std::vector<policy::Supernode>();
  const auto listed = all_supernodes(next);
  const auto is_known = [&](const policy::Supernode& node) {
    return std::ranges::find(before, node.key, &policy::Supernode::key) != before.end() ||
           std::ranges::find(known.certified, node.key) != known.certified.end();
  };
  std::vector<std::string> out;
  if (listed.empty() || (before.empty() && known.certified.empty())) return out;
  for (size_t i = 0; i < listed.size(); ++i) {
    const policy::Supernode& node = listed[i];
    const auto earlier = std::span(listed).first(i);
    if (is_known(node) || std::ranges::find(earlier, node) != earlier.end()) continue;
    const auto former = std::ranges::find(before, node.address, &policy::Supernode::address);
    out.push_back("supernodes: the key " + to_hex(node.key) + " of " + node.address +
                  " is known neither from delegate nor from the policy before" +
                  (former == before.end() ? "" : ", which has " + to_hex(former->key) + " there") +
                  ": compare it with node_key of farline-node status on that machine");
  }
  if (std::ranges::none_of(listed, is_known))
    out.emplace_back(
        "supernodes: none of the keys is known: if they are wrong, devices reach only the nodes that they were "
        "attached "
        "to before, and new ones none");
  return out;
}

}  // namespace farline::admin
