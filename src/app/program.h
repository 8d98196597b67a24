// What farline-node and farline-admin do alike: options read, errors told in words on standard error with their exit
// code, answers written to standard output.
#pragma once

#include <exception>
#include <functional>
#include <string>

#include "app/exit_codes.h"
#include "base/result.h"
#include "base/time.h"

namespace CLI {
class App;
}

namespace farline::app {

// Ends the program. The text says what to do next.
class Failure : public std::exception {
 public:
  Failure(ExitCode code, std::string text) : code_(code), text_(std::move(text)) {}
  ExitCode code() const { return code_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  ExitCode code_;
  std::string text_;
};
[[noreturn]] void fail(ExitCode code, const std::string& what, const Error& error);
// io stays io; everything else gets `otherwise`.
[[noreturn]] void fail_unless_io(ExitCode otherwise, const std::string& what, const Error& error);

// Parses, then runs `body`; the exit code of the program.
int run_program(CLI::App& cli, int argc, char** argv, const std::function<void()>& body);

// One line on standard output, at the reader's before this returns.
void print_out(const std::string& line);

// What the wall clock says. A date before this program was written fails: certificates cannot be signed with it.
WallTime present();

// 2026-11-23 06:43 UTC
std::string date_text(WallTime time);

}  // namespace farline::app
