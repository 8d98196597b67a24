// What the bench programs share: a line per figure, a title that says how the figures below it are got, and the
// processor time of a piece of work.
#pragma once

#include <cstdio>
#include <ctime>

namespace farline::bench {

inline void section(const char* title) {
  std::printf("\n%s\n", title);
  std::fflush(stdout);
}

// One line: what was measured, the figure, its unit.
inline void print(const char* what, double figure, const char* unit) {
  std::printf("  %-56s %12.6g %s\n", what, figure, unit);
  std::fflush(stdout);
}

// Seconds of this process's processor time that one call of `work` takes, the mean of at least half a second of calls.
template <typename Work>
double cpu_seconds(Work work) {
  long calls = 0;
  const std::clock_t start = std::clock();
  std::clock_t spent = 0;
  for (long batch = 1; spent < CLOCKS_PER_SEC / 2; batch *= 2) {
    for (long i = 0; i < batch; ++i) work();
    calls += batch;
    spent = std::clock() - start;
  }
  return static_cast<double>(spent) / CLOCKS_PER_SEC / static_cast<double>(calls);
}

}  // namespace farline::bench
