// The door before any Diffie-Hellman (docs/PROTOCOL.md 1.1, 1.3): length, mac1, rate, and under load a cookie that
// shows that the sender receives at its address. Keeps no state of anybody; a stranger gets a cookie reply at most, and
// that is shorter than any initiation.
#pragma once

#include "base/log.h"
#include "session/handshake_mac.h"
#include "supernode/outbox.h"
#include "supernode/supernode.h"
#include "wire/limits.h"

namespace farline::supernode {

class Gate {
 public:
  Gate(const crypto::PublicKey& node, Rng& rng, Counters& counters) : node_(node), cookies_(rng), counters_(counters) {}

  // Whether this initiation may cost a Diffie-Hellman. Counts it and sends the cookie reply if not.
  bool admit(Time now, const Address& from, const wire::InitiationFrame& frame, Outbox& out);

 private:
  const crypto::PublicKey& node_;
  session::CookieIssuer cookies_;
  Counters& counters_;
  // Strangers share the first; addresses that have shown a cookie have the rest of the second to themselves.
  RateLimit free_{wire::kHandshakesPerSecondFree, Duration{1s} / wire::kHandshakesPerSecondFree};
  RateLimit all_{wire::kHandshakesPerSecondMax, Duration{1s} / wire::kHandshakesPerSecondMax};
};

}  // namespace farline::supernode
