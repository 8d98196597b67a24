#include "host/clock.h"

#include <uv.h>

#include <chrono>
#include <ctime>

#include "base/check.h"

#ifdef _WIN32
#include <windows.h>
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

int32_t utc_offset_minutes(WallTime at) {
  const auto seconds = static_cast<time_t>(at.seconds);
  std::tm local{}, utc{};
#ifdef _WIN32
  if (localtime_s(&local, &seconds) != 0 || gmtime_s(&utc, &seconds) != 0) return 0;
#else
  if (localtime_r(&seconds, &local) == nullptr || gmtime_r(&seconds, &utc) == nullptr) return 0;
#endif
  const int days = local.tm_year != utc.tm_year ? (local.tm_year > utc.tm_year ? 1 : -1) : local.tm_yday - utc.tm_yday;
  return days * 24 * 60 + (local.tm_hour - utc.tm_hour) * 60 + local.tm_min - utc.tm_min;
}

}  // namespace farline::host
