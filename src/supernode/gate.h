// The door before any Diffie-Hellman (docs/PROTOCOL.md 1.1, 1.3, 1.7): length, mac1, under load a cookie that shows
// that the sender receives at its address, and what this node can take (attach_load.h). Keeps no state of anybody; a
// stranger gets a cookie reply or "busy" at most, and both are shorter than any initiation. mac1 says which of the
// node's keys is meant.
#pragma once

#include "base/log.h"
#include "session/handshake_mac.h"
#include "supernode/attach_load.h"
#include "supernode/node_clock.h"
#include "supernode/outbox.h"
#include "supernode/supernode.h"
#include "wire/limits.h"

namespace farline::supernode {

class Gate {
 public:
  struct Setup {
    const NodeKeys& keys;
    const NodeClock& clock;
    size_t clients_max = 0;
    Rng& rng;
    Counters& counters;
  };
  explicit Gate(const Setup& setup)
      : keys_(setup.keys),
        clock_(setup.clock),
        rng_(setup.rng),
        cookies_(setup.rng),
        load_({.attaches_per_second = wire::kHandshakesPerSecondMax,
               .clients_max = static_cast<uint32_t>(setup.clients_max),
               .calm_per_second = wire::kHandshakesPerSecondFree}),
        counters_(setup.counters) {}

  // The key with which this initiation may cost a Diffie-Hellman while there are `clients`. Nothing: it was counted,
  // and answered.
  const crypto::KeyPair* admit(Time now, const Address& from, const wire::InitiationFrame& frame, uint32_t clients,
                               Outbox& out);
  // Nobody comes in any more: this node is going away.
  void close() { is_closed_ = true; }
  uint16_t spread_seconds(size_t clients) const { return load_.spread_seconds(static_cast<uint32_t>(clients)); }

 private:
  // When the node is full: so many a second may show that they have a place already.
  static constexpr uint32_t kReturningPerSecond = 10;

  const crypto::KeyPair* key_of(Time now, const wire::InitiationFrame& frame) const;

  const NodeKeys& keys_;
  const NodeClock& clock_;
  Rng& rng_;
  session::CookieIssuer cookies_;
  AttachLoad load_;
  Counters& counters_;
  bool is_closed_ = false;
  // Strangers share it; who has shown a cookie has the rest of what the node can take.
  RateLimit free_{wire::kHandshakesPerSecondFree, Duration{1s} / wire::kHandshakesPerSecondFree};
  RateLimit returning_{kReturningPerSecond, Duration{1s} / kReturningPerSecond};
};

}  // namespace farline::supernode
