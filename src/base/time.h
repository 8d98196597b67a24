// Time as the cores know it: a point on a clock that has no now(). The host reads its clock (one that counts suspend)
// once a turn and passes it in; the simulator invents it. WallTime is a second type, for certificate and policy
// validity and for display only: wall clocks in the field are often wrong.
#pragma once

#include <chrono>
#include <cstdint>

namespace farline {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

struct MonotonicClock {  // deliberately without now()
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
};
using Time = MonotonicClock::time_point;

// Seconds since 1970-01-01 UTC. Zero means "not known".
struct WallTime {
  uint64_t seconds = 0;
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

constexpr double to_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
constexpr int64_t to_milliseconds(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}
// Time the wire takes to carry `bytes` at `bits_per_second` (> 0).
constexpr Duration serialisation_time(uint64_t bytes, uint64_t bits_per_second) {
  return Duration{static_cast<int64_t>(bytes * 8'000'000'000ULL / bits_per_second)};
}

// Bytes that `bits_per_second` carry in that time, which is not negative; rounded down.
constexpr uint64_t bytes_in(uint32_t bits_per_second, Duration time) {
  return uint64_t{bits_per_second} * static_cast<uint64_t>(to_milliseconds(time)) / 8000;
}

}  // namespace farline
