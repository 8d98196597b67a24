// The running node: the supernode core under the driver, its control socket, signals and the wall clock.
#pragma once

#include <functional>

#include "app/node_home.h"
#include "base/log.h"

namespace farline::app {

struct NodeOptions {
  std::string listen = "*:4747";
  std::string advertise;   // empty: as remembered
  std::string tls_listen;  // HOST:PORT where TLS is taken too; empty: not
  std::string tls_chain;   // PEM files; empty: a certificate of its own, new at each start
  std::string tls_key;
  bool answers_lan = false;             // devices that ask their own network for this node
  std::string policy_file;              // read at the start and on SIGHUP; empty: what is held stays in force
  std::vector<std::string> backbone{};  // NATS servers; none: no other nodes
  LogLevel log_level = LogLevel::notice;
  std::string metrics;          // HOST:PORT of the page for people and of Prometheus; empty: none
  uint32_t drain_seconds = 60;  // the longest that the attached are sent elsewhere for before the end
};

// The options as they are now, on SIGHUP. Throws Failure; then everything stays as it is.
using ReadOptions = std::function<NodeOptions()>;

// Until SIGTERM or SIGINT and the drain that follows, or a second one. Throws Failure. On the first start nothing is
// saved before the port is ours, and all of it or nothing then.
void run_node(NodeHome& home, const NodeOptions& options, const ReadOptions& read_again);

}  // namespace farline::app
