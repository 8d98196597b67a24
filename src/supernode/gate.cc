#include "supernode/gate.h"

namespace farline::supernode {

bool Gate::admit(Time now, const Address& from, const wire::InitiationFrame& frame, Outbox& out) {
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
  if (!all_.take(now)) {
    ++counters_.rate_limited;
    return false;
  }
  return true;
}

}  // namespace farline::supernode
