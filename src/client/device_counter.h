// The one counter of this device that never goes back: handshake initiations and invitations carry it, so that a replay
// is recognised. It is saved before it is used. The clock may raise it, so that a profile restored from a backup passes
// the values it has already used; a wrong clock does no harm.
#pragma once

#include "client/records.h"

namespace farline::client {

class DeviceCounter {
 public:
  explicit DeviceCounter(Outputs& out) : out_(out) {}

  // Skips what next() cannot have saved.
  void load(Bytes value) {
    Reader reader(value);
    const uint64_t saved = reader.u64();
    if (reader.finish() && saved <= kMax) last_ = std::max(last_, saved);
  }
  uint64_t next(WallTime wall) {
    last_ = std::max(last_ + 1, std::min(wall.seconds, kClockMax));
    std::array<uint8_t, 8> value{};
    Writer(value).u64(last_);
    out_.saves.push_back(make_record(RecordKind::counter, {}, value));
    return last_;
  }

 private:
  // An invitation carries 32 bits of it. Seconds since 1970 leave room there until 2097.
  static constexpr uint64_t kClockMax = 0xf0000000;
  static constexpr uint64_t kMax = UINT32_MAX;

  Outputs& out_;
  uint64_t last_ = 0;
};

}  // namespace farline::client
