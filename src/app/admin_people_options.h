// farline-admin invite, guest, renew: their options.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace farline::app {

struct KeyFiles;
// --key and --passphrase-file: whose signatures an order or a delegation gets beside that of the organisation's folder.
void add_signers(CLI::App* command, KeyFiles& keys);

class PeopleCommands {
 public:
  PeopleCommands();
  ~PeopleCommands();
  void add_to(CLI::App& program);
  void run() const;  // the one that was given; throws Failure

 private:
  struct Options;
  void add_inviting(CLI::App& program, bool is_guest);
  void add_renewing(CLI::App& program);

  std::unique_ptr<Options> options_;
  std::vector<std::pair<CLI::App*, std::function<void()>>> commands_;
};

}  // namespace farline::app
