// One seed, one run: a random town on random links lives through random misfortune; then the network heals, and within
// a bounded time everybody must be attached again and able to call.
#pragma once

#include <cstdint>
#include <string>

namespace farline::sim {

struct RunOptions {
  uint64_t seed = 1;
  bool real = false;
  bool verbose = false;
};

struct RunResult {
  bool ok = true;
  std::string finding;
  double at_seconds = 0;  // virtual, since the run's start
  uint64_t trace_hash = 0;
  // What happened, so that a simulator that exercises nothing is noticed.
  uint64_t calls_started = 0;
  uint64_t calls_connected = 0;
  uint64_t frames_heard = 0;
  uint64_t seals = 0;
  double virtual_seconds = 0;
};

RunResult run_seed(const RunOptions& options);

}  // namespace farline::sim
