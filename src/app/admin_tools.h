// farline-admin's commands around a policy that are not signing: understanding one before it is signed, changing
// its source, and what firewalls make of it.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace farline::app {

// Commands added to a program, and what runs the one that was given.
class AdminTools {
 public:
  AdminTools();
  ~AdminTools();
  void add_to(CLI::App& program, CLI::App& policy);
  void run() const;  // throws Failure

 private:
  struct Options;
  void add_reading(CLI::App& policy);
  void add_writing(CLI::App& program, CLI::App& policy);
  void add_exports(CLI::App& program);
  void add_push(CLI::App& policy);
  void add_audit(CLI::App& program);

  std::unique_ptr<Options> options_;
  std::vector<std::pair<CLI::App*, std::function<void()>>> commands_;
};

}  // namespace farline::app
