#include "supernode/gate.h"

namespace farline::supernode {

bool Gate::admit(Time now, const Address& from, const wire::InitiationFrame& frame, uint32_t clients, Outbox& out) {
  if (!crypto::equal_constant_time(session::mac1(node_, frame.before_mac1), frame.mac1)) {
    ++counters_.unauthentic;
    return false;
  }
  if (!free_.take(now) && !cookies_.accepts(now, frame, from)) {
    Datagram& datagram = out.push(from);
    Writer writer(datagram.buffer());
    wire::encode_cookie_reply(cookies_.reply(now, node_, frame, from), writer);
    datagram.size = static_cast<uint16_t>(writer.size());
    ++counters_.cookies_sent;
    return false;
  }
  const bool is_full = load_.is_full(clients);
  const auto retry_after = load_.ask(now, is_full && returning_.take(now) ? 0 : clients, rng_);
  if (!retry_after) return true;
  ++(is_full ? counters_.node_full : counters_.rate_limited);
  Datagram& datagram = out.push(from);
  Writer writer(datagram.buffer());
  wire::encode_busy(session::make_busy(rng_, node_, frame, static_cast<uint8_t>(*retry_after)), writer);
  datagram.size = static_cast<uint16_t>(writer.size());
  return false;
}

}  // namespace farline::supernode
