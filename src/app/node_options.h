// The options of a running node: from the command line, and where it is silent from a settings file whose names are
// theirs ("log_level" for --log-level).
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/node_daemon.h"

namespace farline::app {

struct RunOptions {
  std::string config_file;
  NodeFolder folder;
  NodeOptions node;
};
void add_run_options(CLI::App& cli, RunOptions& options);

// After parsing: `cli` takes what the file of --config says and the command line does not. Throws Failure (config),
// which names the file and each line that is wrong.
void take_settings(CLI::App& cli, const std::string& config_file);

// The same words again, and the file as it is now. Throws Failure.
RunOptions read_run_options(int argc, char** argv);

}  // namespace farline::app
