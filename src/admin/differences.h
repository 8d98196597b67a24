// What changes between two policies, for whom, in words: read by an administrator before signing.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace farline::admin {

struct Plan {  // a whole policy, signed or not
  policy::RootPolicy root;
  std::vector<policy::SitePolicy> sites;
};

// Lines; empty when nothing changes. What would keep devices from taking the new one stands first.
std::vector<std::string> differences(const Plan& before, const Plan& after);

}  // namespace farline::admin
