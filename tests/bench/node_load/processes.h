// Processes that are measured from outside: started, read in /proc, ended by their own id. Linux.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"

namespace farline::bench {

// Its standard output comes through `out`; nothing else of it is seen.
inline int start_process(const std::vector<std::string>& words, std::FILE*& out) {
  std::array<int, 2> ends{};
  INVARIANT(::pipe(ends.data()) == 0);
  const int process = ::fork();
  if (process == 0) {
    ::dup2(ends[1], 1);
    ::close(ends[0]);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    (void)!std::freopen("/dev/null", "w", stderr);
    ::execvp(arguments[0], arguments.data());
    std::_Exit(127);
  }
  ::close(ends[1]);
  out = ::fdopen(ends[0], "r");
  return process;
}

inline void end_process(int process) {
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
}

// Of all its threads.
inline double processor_seconds(int process) {
  double nanoseconds = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    double ran = 0;
    if (std::ifstream(task.path() / "schedstat") >> ran) nanoseconds += ran;
  }
  return nanoseconds / 1e9;
}

inline double resident_bytes(int process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace farline::bench
