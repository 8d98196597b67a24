#include "supernode/gate.h"

namespace farline::supernode {

const crypto::KeyPair* Gate::key_of(Time now, const wire::InitiationFrame& frame) const {
  const auto is_meant = [&](const crypto::KeyPair& keys) {
    return crypto::equal_constant_time(session::mac1(keys.public_key, frame.before_mac1), frame.mac1);
  };
  if (is_meant(keys_.static_keys)) return &keys_.static_keys;
  for (const FormerKey& former : keys_.former_keys)
    if (clock_.at(now) < former.until && is_meant(former.keys)) return &former.keys;
  return nullptr;
}

const crypto::KeyPair* Gate::admit(Time now, const Address& from, const wire::InitiationFrame& frame, uint32_t clients,
                                   Outbox& out) {
  const crypto::KeyPair* keys = key_of(now, frame);
  if (keys == nullptr) {
    ++counters_.unauthentic;
    return nullptr;
  }
  if (!free_.take(now) && !cookies_.accepts(now, frame, from)) {
    Datagram& datagram = out.push(from);
    Writer writer(datagram.buffer());
    wire::encode_cookie_reply(cookies_.reply(now, keys->public_key, frame, from), writer);
    datagram.size = static_cast<uint16_t>(writer.size());
    ++counters_.cookies_sent;
    return nullptr;
  }
  if (is_closed_) clients = UINT32_MAX;
  const bool is_full = load_.is_full(clients);
  const bool may_return = is_full && !is_closed_ && returning_.take(now);
  const auto retry_after = load_.ask(now, may_return ? 0 : clients, rng_);
  if (!retry_after) return keys;
  ++(is_full ? counters_.node_full : counters_.rate_limited);
  Datagram& datagram = out.push(from);
  Writer writer(datagram.buffer());
  wire::encode_busy(session::make_busy(rng_, keys->public_key, frame, static_cast<uint8_t>(*retry_after)), writer);
  datagram.size = static_cast<uint16_t>(writer.size());
  return nullptr;
}

}  // namespace farline::supernode
