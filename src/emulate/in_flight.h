// Packets on their way through a Link: kept here from offer() to their delivery time. Bounded by bytes; what does not
// fit is refused: lost. `To` says where a packet goes (a socket, a device).
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace farline::emulate {

template <typename To>
class InFlight {
 public:
  static constexpr size_t kBytesMax = 64 << 20;
  struct Packet {
    Time due{};
    uint64_t serial = 0;  // keeps packets that are due together in order
    To to{};
    ByteVector bytes;
  };

  bool push(Time due, To to, Bytes bytes) {
    if (held_ + bytes.size() > kBytesMax) return false;
    held_ += bytes.size();
    packets_.push({due, serial_++, std::move(to), to_vector(bytes)});
    return true;
  }
  std::optional<Time> next_due() const {
    if (packets_.empty()) return std::nullopt;
    return packets_.top().due;
  }
  // The next packet that is due by `now`.
  std::optional<Packet> pop(Time now) {
    if (packets_.empty() || packets_.top().due > now) return std::nullopt;
    Packet packet = packets_.top();
    packets_.pop();
    held_ -= packet.bytes.size();
    return packet;
  }
  size_t size() const { return packets_.size(); }

 private:
  struct Later {
    bool operator()(const Packet& a, const Packet& b) const {
      return a.due != b.due ? a.due > b.due : a.serial > b.serial;
    }
  };
  std::priority_queue<Packet, std::vector<Packet>, Later> packets_;
  uint64_t serial_ = 0;
  size_t held_ = 0;
};

}  // namespace farline::emulate
