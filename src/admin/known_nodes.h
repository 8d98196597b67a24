// Whether the supernodes that a policy lists are those that an administrator knows: a key that was copied wrongly sends
// every device to a place where nobody answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin/differences.h"
#include "crypto/keys.h"

namespace farline::admin {

struct KnownNodes {
  std::optional<Plan> previous;              // that is in force
  std::vector<crypto::PublicKey> certified;  // nodes that `delegate` was asked to let enrol devices
};

// What to look at before signing, in words; empty: every key is known, or there is nothing to compare with.
std::vector<std::string> doubtful_nodes(const Plan& next, const KnownNodes& known);

}  // namespace farline::admin
