// Which supernode this device attaches to: one that its policy lists, so that keys and addresses change by signature
// and nobody enrols again. Without a list it is the one of the invitation, or the one chosen last.
#pragma once

#include <span>
#include <string_view>

#include "policy/policy.h"

namespace farline::client {

// The entry to use now, of those that keep a directory; null when there is none. Whoever knows one of the addresses
// (host:port) or keys stays at that address, where the first key listed counts: it is the one to come, those behind it
// are being given up. Whose address and key are both gone begins at the top of the list.
const policy::Supernode* choose_node(std::span<const policy::Supernode> listed, std::string_view address,
                                     const crypto::PublicKey& key);

}  // namespace farline::client
