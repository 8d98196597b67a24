#include "client/node_list.h"

#include <algorithm>

namespace farline::client {

const policy::Supernode* choose_node(std::span<const policy::Supernode> listed, std::string_view address,
                                     const crypto::PublicKey& key) {
  const auto find = [&](const auto& fits) {
    const auto it = std::ranges::find_if(listed, [&](const policy::Supernode& node) {
      return node.roles.all_or_has(policy::NodeRole::directory) && fits(node);
    });
    return it == listed.end() ? nullptr : &*it;
  };
  const auto* same_key = find([&](const policy::Supernode& node) { return node.key == key; });
  if (same_key != nullptr) address = same_key->address;
  const auto* same_address = find([&](const policy::Supernode& node) { return node.address == address; });
  return same_address != nullptr ? same_address : find([](const policy::Supernode&) { return true; });
}

}  // namespace farline::client
