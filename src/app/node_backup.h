// A node in one file: its key file as it is and a copy of node.db, which is sealed under it. So the backup is protected
// as the key file is: by a passphrase, or, where the node has none, by its mode 0600 alone: whoever reads it can be the
// node. Messages that wait (mail.db) are not in it; their senders keep them until they are received.
//   deterministic CBOR: ["farline-node backup 1", key file, node.db]
#pragma once

#include <string>

#include "app/node_home.h"

namespace farline::app {

// The copy that NodeHome::copy_store has just made, into `file`. Throws Failure.
void write_backup(const NodeFolder& folder, const std::string& file);

// Makes the folder from `file`. Throws Failure; then there is no node in it. A node that is there is never replaced.
void restore_backup(const NodeFolder& folder, const std::string& file);

}  // namespace farline::app
