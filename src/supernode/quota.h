// At most a rate, with a burst: the generic cell rate algorithm (ITU-T I.371), which needs one point in time.
#pragma once

#include "base/time.h"
#include "wire/limits.h"

namespace farline::supernode {

class Quota {
 public:
  explicit Quota(uint64_t bits_per_second)  // > 0
      : bits_per_second_(bits_per_second),
        burst_(kBurst + serialisation_time(wire::kRelayBurstPackets * kWireBytesMax, bits_per_second)) {}

  bool has_room(Time now, uint32_t bytes) const { return room_in(now, bytes) == Duration{}; }
  // How long until there is; at once for what fits the burst, when nothing else comes.
  Duration room_in(Time now, uint32_t bytes) const {
    return std::max<Duration>(after(now, bytes) - now - burst_, Duration{});
  }
  bool take(Time now, uint32_t bytes) {
    const Time paid_until = after(now, bytes);
    if (paid_until - now > burst_) return false;
    paid_until_ = paid_until;
    return true;
  }

 private:
  static constexpr Duration kBurst = 2s;
  static constexpr uint64_t kWireBytesMax = wire::kDatagramBytesMax + 48;  // with IPv6 and UDP headers

  Time after(Time now, uint32_t bytes) const {
    return std::max(paid_until_, now) + serialisation_time(bytes, bits_per_second_);
  }

  uint64_t bits_per_second_;
  Duration burst_;
  Time paid_until_{};
};

}  // namespace farline::supernode
