// What the client core saves (SaveRecord::kind), and the queues its parts write to.
#pragma once

#include <deque>

#include "base/core.h"
#include "client/events.h"

namespace farline::client {

enum class RecordKind : uint8_t {
  counter = 1,        // key empty; value u64: the highest counter this device has used
  node_knows_us = 2,  // key: the node's public key; value 1 byte: it holds our certificate
  device = 3,         // key: device id; value: its certificate
  caller_counter = 4, // key: device id; value u32: the highest invitation counter seen of it
  blocked = 5,        // key: folded name; value 1 byte
  network = 6,        // key and value: network_memory.h
};

inline SaveRecord make_record(RecordKind kind, Bytes key, Bytes value) {
  return {static_cast<uint8_t>(kind), to_vector(key), to_vector(value)};
}

// Drained by the driver after every turn.
struct Outputs {
  std::deque<SaveRecord> saves;
  std::deque<Transmit> transmits;
  std::deque<Event> events;
  Counters counters;

  void transmit(const Address& to, const Datagram& datagram, bool spare = false) {
    counters.bytes_sent += datagram.size + to.header_bytes();
    transmits.push_back({to, datagram, spare});
  }
};

// The first of two deadlines, either of which may not exist.
inline std::optional<Time> earliest(std::optional<Time> a, std::optional<Time> b) {
  if (!a) return b;
  if (!b) return a;
  return std::min(*a, *b);
}

}  // namespace farline::client
