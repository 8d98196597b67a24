// What one turn of the core leaves for the driver: datagrams to send and records to save. Bounded by the turn: each
// datagram that comes in causes a handful. Buffers are kept, so a relayed packet allocates nothing.
#pragma once

#include <vector>

#include "base/core.h"
#include "supernode/records.h"

namespace farline::supernode {

class Outbox {
 public:
  // A datagram to `to` that the caller fills before the next call.
  Datagram& push(const Address& to) {
    Transmit& next = transmits_.emplace_back();
    next.to = to;
    return next.datagram;
  }
  void save(RecordKind kind, Bytes key, Bytes value) {
    saves_.push_back({static_cast<uint8_t>(kind), to_vector(key), to_vector(value)});
  }
  void erase(RecordKind kind, Bytes key) { save(kind, key, {}); }

  bool poll_transmit(Transmit& out) { return poll(transmits_, transmits_taken_, out); }
  bool poll_save(SaveRecord& out) { return poll(saves_, saves_taken_, out); }

 private:
  template <typename T>
  static bool poll(std::vector<T>& queue, size_t& taken, T& out) {
    if (taken == queue.size()) {
      queue.clear();
      taken = 0;
      return false;
    }
    out = std::move(queue[taken++]);
    return true;
  }

  std::vector<Transmit> transmits_;
  std::vector<SaveRecord> saves_;
  size_t transmits_taken_ = 0;
  size_t saves_taken_ = 0;
};

}  // namespace farline::supernode
