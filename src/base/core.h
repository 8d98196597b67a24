// The core contract. A core holds protocol state and nothing else: no socket, clock, thread, file or random source of
// its own. One thread calls it, under libuv in programs (host/driver.h) and in virtual time in the simulator.
//
// One turn:
//   1. exactly one mutation: handle_datagram, handle_timeout, or a command of the concrete core (each takes `now`);
//   2. drain poll_save until it is empty, and make those records durable;
//   3. drain poll_transmit and the concrete core's poll_event until they are empty;
//   4. ask next_timeout for the next deadline.
// Step 2 comes before 3, so whatever a transmitted packet acknowledges is already on disk ("durable before
// acknowledged"). `now` never goes backwards. A send that would block is a loss: the driver drops it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/datagram.h"
#include "base/result.h"
#include "base/time.h"

namespace farline {

// A record to save, or to erase when `value` is empty. `kind` is an enumerator of the core that emits it; a later
// record with the same kind and key replaces an earlier one.
struct SaveRecord {
  uint8_t kind = 0;
  ByteVector key;
  ByteVector value;
};

// Where the driver makes records durable: when save() returns success, all of them survive a power cut.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual Result<void> save(std::span<const SaveRecord> records) = 0;
};

class Core {
 public:
  virtual ~Core() = default;
  virtual void handle_datagram(Time now, const Address& from, Bytes datagram) = 0;
  virtual void handle_timeout(Time now) = 0;
  virtual bool poll_save(SaveRecord& out) = 0;
  virtual bool poll_transmit(Transmit& out) = 0;
  virtual std::optional<Time> next_timeout() const = 0;
};

}  // namespace farline
