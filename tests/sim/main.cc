// sim --seeds N [--start S] [--real]     runs seeds S..S+N-1 (S = 1 by default)
// sim --seed N [--real] --verbose        one seed, telling what happens
// sim --hash --seeds N                   one number for everything N seeds did: equal for every compiler
// Exit 1 when an invariant is violated; the seed to repeat is printed.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "crypto/keys.h"
#include "sim/random_run.h"
#include "sim/trace.h"

namespace farline::sim {
namespace {

struct Options {
  uint64_t start = 1;
  uint64_t count = 1;
  bool real = false;
  bool verbose = false;
  bool hash = false;
};

bool parse(int argc, char** argv, Options& options) {
  const auto number = [&](int i) { return i < argc ? std::strtoull(argv[i], nullptr, 10) : 0; };
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument == "--seed") {
      options.start = number(++i);
      options.count = 1;
    } else if (argument == "--seeds") {
      options.count = number(++i);
    } else if (argument == "--start") {
      options.start = number(++i);
    } else if (argument == "--real") {
      options.real = true;
    } else if (argument == "--verbose") {
      options.verbose = true;
    } else if (argument == "--hash") {
      options.hash = true;
    } else {
      return false;
    }
  }
  return options.count > 0;
}

// An INVARIANT of the cores aborts: say which seed did it.
uint64_t g_seed = 0;
void tell_seed(int) {
  char line[64];
  const int size =
      std::snprintf(line, sizeof line, "aborted: sim --seed %llu\n", static_cast<unsigned long long>(g_seed));
  if (size > 0) std::fwrite(line, 1, static_cast<size_t>(size), stderr);
  std::_Exit(1);
}

struct Totals {
  uint64_t failed = 0;
  uint64_t calls = 0;
  uint64_t connected = 0;
  uint64_t frames = 0;
  uint64_t seals = 0;
  double virtual_seconds = 0;
};

void print_failure(const Options& options, uint64_t seed, const RunResult& result) {
  std::printf("FAILED: sim --seed %llu%s\n  after %.3f s of virtual time: %s\n", static_cast<unsigned long long>(seed),
              options.real ? " --real" : "", result.at_seconds, result.finding.c_str());
}

int run(const Options& options) {
  Totals totals;
  Trace trace;
  for (uint64_t seed = options.start; seed < options.start + options.count; ++seed) {
    g_seed = seed;
    const RunResult result = run_seed({.seed = seed, .real = options.real, .verbose = options.verbose});
    trace.number(result.trace_hash);
    totals.calls += result.calls_started;
    totals.connected += result.calls_connected;
    totals.frames += result.frames_heard;
    totals.seals += result.seals;
    totals.virtual_seconds += result.virtual_seconds;
    if (result.ok) continue;
    print_failure(options, seed, result);
    if (++totals.failed >= 10) break;
  }
  if (options.hash) {
    std::printf("%016llx\n", static_cast<unsigned long long>(trace.hash()));
  } else {
    std::printf(
        "%llu seeds, %.1f h of virtual time: %llu calls, %llu times connected, %llu frames heard, %llu seals; %llu "
        "failed\n",
        static_cast<unsigned long long>(options.count), totals.virtual_seconds / 3600,
        static_cast<unsigned long long>(totals.calls), static_cast<unsigned long long>(totals.connected),
        static_cast<unsigned long long>(totals.frames), static_cast<unsigned long long>(totals.seals),
        static_cast<unsigned long long>(totals.failed));
  }
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace farline::sim

int main(int argc, char** argv) {
  farline::sim::Options options;
  if (!farline::sim::parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: sim --seeds N [--start S] [--real] [--hash] | sim --seed N [--real] [--verbose]\n");
    return 2;
  }
  if (!farline::crypto::init()) return 1;
  std::signal(SIGABRT, farline::sim::tell_seed);
  return farline::sim::run(options);
}
