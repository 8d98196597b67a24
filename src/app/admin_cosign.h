// farline-admin cosign: one more signature under a delegation, an order or a policy, after saying what it permits.
// Throws Failure (program.h).
#pragma once

#include "app/admin_policy.h"

namespace farline::app {

// `order.source` is the file; what was signed and written, in lines.
std::vector<std::string> cosign_file(const SigningOrder& order);

}  // namespace farline::app
