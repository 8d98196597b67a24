// The one counter of this device that never goes back: handshake initiations and invitations carry it, so that a replay
// is recognised. It is saved before it is used. The clock may raise it, so that a profile restored from a backup passes
// the values it has already used; a wrong clock does no harm.
#pragma once

#include "client/records.h"

namespace farline::client {

class DeviceCounter {
 public:
  explicit DeviceCounter(Outputs& out) : out_(out) {}

  void load(Bytes value) { last_ = std::max(last_, Reader(value).u64()); }
  // Seconds since 1970 keep the value inside the 32 bits that an invitation carries until 2106.
  uint64_t next(WallTime wall) {
    last_ = std::max(last_ + 1, std::min<uint64_t>(wall.seconds, 0xf0000000));
    std::array<uint8_t, 8> value{};
    Writer(value).u64(last_);
    out_.saves.push_back(make_record(RecordKind::counter, {}, value));
    return last_;
  }

 private:
  Outputs& out_;
  uint64_t last_ = 0;
};

}  // namespace farline::client
