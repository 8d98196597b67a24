// Bits per second over the last 5 s, and the total, of what passes on the wire in one direction. Measured from packet
// to packet: voice leaves in few and large packets, and cutting the window anywhere else would read up to 8 % too much.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace farline::path {

class RateMeter {
 public:
  static constexpr Duration kWindow = 5s;
  static constexpr size_t kPacketsMax = 128;  // of the window; the shortest packet time is 40 ms

  void add(Time now, uint64_t bytes) {
    packets_[count_++ % kPacketsMax] = {now, bytes};
    total_ += bytes;
  }
  uint32_t bits_per_second(Time now) const {
    const size_t kept = std::min(count_, kPacketsMax);
    size_t packets = 0;
    uint64_t bytes = 0;
    while (packets < kept && now - back(packets).at < kWindow) bytes += back(packets++).bytes;
    if (packets < 2) return static_cast<uint32_t>(rate(bytes, kWindow));
    const Time oldest = back(packets - 1).at;
    const Time newest = back(0).at;
    const Duration between = (newest - oldest) / static_cast<int64_t>(packets - 1);
    // When nothing has come for longer than usual, the silence counts.
    if (now - newest > 2 * between) return static_cast<uint32_t>(rate(bytes, std::max<Duration>(now - oldest, 1s)));
    // Each packet pays for the time up to the next one, so the newest has not begun to count.
    return static_cast<uint32_t>(rate(bytes - back(0).bytes, newest - oldest));
  }
  uint64_t total() const { return total_; }

 private:
  struct Packet {
    Time at{};
    uint64_t bytes = 0;
  };
  const Packet& back(size_t age) const { return packets_[(count_ - 1 - age) % kPacketsMax]; }
  static uint64_t rate(uint64_t bytes, Duration span) {
    return bytes * 8'000'000'000ULL / static_cast<uint64_t>(std::max<Duration>(span, 1ms).count());
  }

  std::array<Packet, kPacketsMax> packets_{};
  size_t count_ = 0;
  uint64_t total_ = 0;
};

}  // namespace farline::path
