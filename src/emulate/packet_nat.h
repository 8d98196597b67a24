// A Nat (nat.h) for whole IPv4 packets, as a TUN device gives them: addresses, ports and checksums (RFC 791, 768,
// 1624). UDP without options and fragments passes, nothing else does. Pure and bounded as Nat is.
#pragma once

#include "base/bytes.h"
#include "emulate/nat.h"

namespace farline::emulate {

class PacketNat {
 public:
  explicit PacketNat(const Nat::Options& options) : nat_(options) {}

  // The packet in place as the other side gets it. False, and nothing is changed: it does not pass.
  bool outbound(Time now, MutableBytes packet);
  bool inbound(Time now, MutableBytes packet);

 private:
  Nat nat_;
};

}  // namespace farline::emulate
