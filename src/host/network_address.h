// What addresses this machine has.
#pragma once

#include <optional>
#include <vector>

#include "base/address.h"

namespace farline::host {

// The first address that others may reach this machine at: not loopback, not link-local; IPv4 before IPv6. Port 0.
// Nothing when there is no such interface. Behind a NAT it is not the one the world sees.
std::optional<Address> first_network_address();

// Of every interface but loopback; port 0.
std::vector<Address> network_addresses();

}  // namespace farline::host
