#include "host/clock.h"

#include <uv.h>

#include <chrono>

#include "base/check.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <ctime>
#endif

namespace farline::host {

#if defined(_WIN32)
Time read_clock() {
  // GetTickCount64 counts sleep and hibernation but ticks each 10 to 16 ms; uv_hrtime (the performance counter) is fine
  // grained but may stop. The coarse clock only adds what the fine one has missed by more than a second.
  static const auto fine_start = uv_hrtime();
  static const auto coarse_start = GetTickCount64();
  static Duration missed{};
  const Duration fine{static_cast<int64_t>(uv_hrtime() - fine_start)};
  const Duration coarse = std::chrono::milliseconds(static_cast<int64_t>(GetTickCount64() - coarse_start));
  if (coarse - fine - missed > 1s) missed = coarse - fine;
  return Time{fine + missed};
}
#else
Time read_clock() {
#ifdef CLOCK_BOOTTIME
  constexpr clockid_t kClock = CLOCK_BOOTTIME;
#else
  constexpr clockid_t kClock = CLOCK_MONOTONIC;  // macOS: counts sleep
#endif
  timespec now{};
  INVARIANT(clock_gettime(kClock, &now) == 0);
  return Time{std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec)};
}
#endif

WallTime read_wall_clock() {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  return {now.count() > 0 ? static_cast<uint64_t>(now.count()) : 0};
}

}  // namespace farline::host
