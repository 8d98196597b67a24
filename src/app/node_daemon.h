// The running node: the supernode core under the driver, its control socket, signals and the wall clock.
#pragma once

#include "app/node_home.h"
#include "base/log.h"

namespace farline::app {

struct NodeOptions {
  std::string listen = "*:4747";
  std::string advertise;    // empty: as remembered
  std::string policy_file;  // read at the start and on SIGHUP; empty: what is held stays in force
  LogLevel log_level = LogLevel::notice;
};

// Until SIGTERM or SIGINT. Throws Failure. On the first start nothing is saved before the port is ours, and all of it
// or nothing then.
void run_node(NodeHome& home, const NodeOptions& options);

}  // namespace farline::app
