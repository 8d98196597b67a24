// What the client core saves (SaveRecord::kind), and the queues its parts write to.
#pragma once

#include <deque>

#include "base/core.h"
#include "client/events.h"

namespace farline::client {

enum class RecordKind : uint8_t {
  counter = 1,         // key empty; value u64: the highest counter this device has used
  node_knows_us = 2,   // key: the node's public key; value 1 byte: it holds our certificate
  device = 3,          // key: device id; value: its certificate
  caller_counter = 4,  // key: device id; value u32: the highest invitation counter seen of it
  blocked = 5,         // key: folded name; value 1 byte
  network = 6,         // key and value: network_memory.h
  policy = 7,          // key empty; value: policy::Bundle::bytes
  policy_mark = 8,     // key empty; value: policy/bundle_mark.h. The host keeps a second copy elsewhere
  policy_clock = 9,    // key empty; value u32 generation, u64: how late it has been under it
  usage = 10,          // key empty; value: usage_meter.h
  certificate = 12,    // key empty; value: the ENROLLED that renewed this device's; the host applies it (renewal.h)
  glass_to_tell = 11,  // key empty; value: a break-glass code that the node has not heard of
  issuer = 19,         // key: its certificate hash; value: its certificate
  audit_counts = 20,   // key empty; value: audit_log.cc
  audit_report = 21,   // key: number u32; value: wire/audit.h
  node = 22,           // key: a node's public key; value: node_list.cc
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
  // The node, while the host does not reach it by UDP.
  struct Carrier {
    Address node{};
    uint32_t header_bytes = 0;
  };
  std::optional<Carrier> carrier{};

  // Around each datagram to or from there, on the wire.
  uint32_t header_bytes(const Address& far) const {
    return carrier && carrier->node == far ? carrier->header_bytes : far.header_bytes();
  }

  template <typename T>
  static bool poll(std::deque<T>& queue, T& out) {
    if (queue.empty()) return false;
    out = std::move(queue.front());
    queue.pop_front();
    return true;
  }
  void transmit(const Address& to, const Datagram& datagram, bool spare = false) {
    counters.bytes_sent += datagram.size + header_bytes(to);
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
