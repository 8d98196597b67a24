// What the policy says on this device, for a terminal.
#pragma once

#include <string>
#include <vector>

#include "client/admission.h"

namespace farline::app {

// Lines of `policy show`; with `json` one object.
std::vector<std::string> policy_lines(const client::Admission& admission, Time now, bool json);

}  // namespace farline::app
