// Questions to a running node (node_service.h) over its control socket: one frame up; down come lines that begin with
// '>' for standard output, then one that begins with '=': exit code, a space and the error's words.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/node_service.h"
#include "host/control_pipe.h"

namespace farline::app {

class NodeControl {
 public:
  // Throws Failure. `answer` is called on the loop; nothing: no answer may be given any more.
  NodeControl(host::Loop& loop, const NodeFolder& folder,
              std::function<std::optional<NodeAnswer>(const NodeQuestion&)> answer);

 private:
  void handle(host::ControlClientId client, Bytes request);

  std::function<std::optional<NodeAnswer>(const NodeQuestion&)> answer_;
  std::unique_ptr<host::ControlServer> server_;
};

// Blocks. Nothing when no node listens there.
std::optional<NodeAnswer> ask_running_node(const NodeFolder& folder, const NodeQuestion& question);

}  // namespace farline::app
