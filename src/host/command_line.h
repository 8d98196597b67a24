// What main() was given, in UTF-8 on every system. Made first thing in main(): on Windows it also sets the console to
// UTF-8, and standard input and output to bytes as they are (no "\r\n": lines are read by programs, sound is raw).
#pragma once

#include <string>
#include <vector>

namespace farline::host {

class CommandLine {
 public:
  CommandLine(int argc, char** argv);

  int argc() const { return static_cast<int>(argv_.size()) - 1; }
  char** argv() { return argv_.data(); }  // ends with a null pointer, as main's does

 private:
  std::vector<std::string> words_;
  std::vector<char*> argv_;
};

// A variable of the environment, in UTF-8; empty when there is none.
std::string environment(const char* name);

}  // namespace farline::host
