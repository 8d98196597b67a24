#include "supernode/sessions.h"

#include "crypto/hash.h"

namespace farline::supernode {
namespace {

int64_t period_of(Time now) {
  return now.time_since_epoch() / wire::kPathNonceLifetime;
}

}  // namespace

Sessions::Sessions(Rng& rng, Outbox& out, Counters& counters) : rng_(rng), out_(out), counters_(counters) {
  rng_.fill(path_secret_.mutable_bytes());
}

// --- Handshakes ------------------------------------------------------------------------------------------------------

wire::SessionIndex Sessions::new_index() {
  // At most one index in 300 is taken.
  for (;;) {
    const auto index = static_cast<wire::SessionIndex>(1 + rng_.below(wire::kSessionIndexMax));
    if (!sessions_.contains(index)) return index;
  }
}

const ResponseBytes* Sessions::cached_response(const wire::DeviceId& device, const Fingerprint& question) const {
  const auto found = pending_.find(device);
  if (found == pending_.end() || found->second.exchange.question != question) return nullptr;
  return &found->second.exchange.response;
}

uint64_t Sessions::enrol_counter(const wire::DeviceId& device) {
  const auto counter = [](const Session* session) { return session && session->enrol ? session->enrol->counter : 0; };
  const auto pending = pending_.find(device);
  return std::max(counter(of(device)), pending == pending_.end() ? 0 : counter(find(pending->second.index)));
}

void Sessions::add(Session session, const Pending& pending) {
  const wire::SessionIndex index = session.index;
  if (const auto earlier = pending_.find(session.device); earlier != pending_.end()) remove(earlier->second.index);
  pending_[session.device] = {index, pending};
  by_address_.try_emplace(session.address, index);
  sessions_.emplace(index, std::move(session));
}

void Sessions::commit(Time now, Session& session) {
  if (Session* older = of(session.device)) {
    // At the same address there is nobody left who holds the older keys.
    if (older->address != session.address) send(now, *older, wire::Detach{wire::DetachReason::replaced});
    session.invites = older->invites;
    if (older->visitor.own) session.visitor.own = older->visitor.own;
    remove(older->index);
  }
  pending_.erase(session.device);
  session.committed = true;
  arrivals_.push_back(session.device);
  by_device_[session.device] = session.index;
  by_address_[session.address] = session.index;
  ++counters_.attached;
}

void Sessions::remove(const wire::SessionIndex& index) {
  const auto found = sessions_.find(index);
  INVARIANT(found != sessions_.end());
  Session& session = found->second;
  forget_late_answer(session);
  if (const auto at = by_address_.find(session.address); at != by_address_.end() && at->second == index)
    by_address_.erase(at);
  if (session.committed) {
    by_device_.erase(session.device);
  } else {
    pending_.erase(session.device);
  }
  sessions_.erase(found);
}

// --- Packets ---------------------------------------------------------------------------------------------------------

std::optional<Sessions::Received> Sessions::open_record(Time now, const Address& from, Bytes datagram,
                                                        MutableBytes plaintext) {
  Bytes sealed;
  const auto header = wire::decode_control_header(datagram, sealed);
  if (!header) {
    ++counters_.malformed;
    return std::nullopt;
  }
  wire::SessionIndex index = header->receiver;
  if (!header->is_long) {
    const auto here = by_address_.find(from);
    index = here == by_address_.end() ? 0 : here->second;
  }
  Session* session = find(index);
  if (!session) {
    ++counters_.unknown_session;
    return std::nullopt;
  }
  session::OpenError error{};
  auto plain = session->transport.open(datagram, plaintext, error);
  if (!plain && !header->is_long) {
    // The device may have made a new session behind the same address.
    if (Session* newer = pending_of(session->device, from)) {
      session = newer;
      plain = session->transport.open(datagram, plaintext, error);
    }
  }
  if (!plain) {
    count(error);
    return std::nullopt;
  }
  authentic(now, *session);
  if (!session->records.take(now)) {
    ++counters_.rate_limited;
    return std::nullopt;
  }
  const auto message = wire::decode_control(*plain, wire::ControlFrom::client);
  if (!message) {
    ++counters_.malformed;
    return std::nullopt;
  }
  if (const auto* answer = std::get_if<wire::PathResponse>(&*message)) {
    if (is_answer(now, *session, from, answer->nonce)) move(*session, from);
    if (from == session->address) {
      send(now, *session, wire::OwnAddress{from});
    } else {
      ++counters_.refused;
      challenge(now, *session, from);  // asked for with zeros, or the nonce has aged
    }
    return std::nullopt;
  }
  if (from != session->address) challenge(now, *session, from);
  return Received{*session, *message};
}

void Sessions::handle_keepalive(Time now, const Address& from, Bytes datagram) {
  Reader reader(datagram);
  reader.u8();
  Session* session = find(reader.u24());
  if (!session) {
    ++counters_.unknown_session;
    return;
  }
  session::OpenError error{};
  if (!session->transport.open_keepalive(datagram, error)) {
    count(error);
    return;
  }
  authentic(now, *session);
  if (!session->records.take(now)) {
    ++counters_.rate_limited;
    return;
  }
  if (wire::packet_type(datagram) == wire::PacketType::patience_question) {
    answer_late(now, *session, from, datagram[5] * wire::kPatienceUnit);
    return;
  }
  const bool moved = from != session->address;
  if (!moved && wire::packet_type(datagram) != wire::PacketType::keepalive_wanted) return;
  // A challenge would be longer than the keepalive, which somebody else may have caught and sent from there.
  answer_keepalive(*session, from, moved ? wire::PacketType::keepalive_moved : wire::PacketType::keepalive_answer);
}

void Sessions::answer_keepalive(Session& session, const Address& to, wire::PacketType type) {
  Datagram& answer = out_.push(to);
  Writer writer(answer.buffer());
  session.transport.seal_keepalive(type, writer);
  answer.size = static_cast<uint16_t>(writer.size());
}

// One packet for one, and shorter, wherever it came from.
void Sessions::answer_late(Time now, Session& session, const Address& to, Duration silence) {
  if (silence > wire::kPatienceMax) {
    ++counters_.refused;
    return;
  }
  forget_late_answer(session);
  session.late_answer = {now + silence, to};
  late_answers_.emplace(now + silence, session.index);
  send_late_answers(now);
}

void Sessions::send_late_answers(Time now) {
  while (!late_answers_.empty() && late_answers_.begin()->first <= now) {
    Session* session = find(late_answers_.begin()->second);
    const Address to = session->late_answer->to;
    forget_late_answer(*session);
    answer_keepalive(*session, to, wire::PacketType::patience_answer);
  }
}

std::optional<Time> Sessions::next_late_answer() const {
  return late_answers_.empty() ? std::nullopt : std::optional(late_answers_.begin()->first);
}

void Sessions::forget_late_answer(Session& session) {
  if (!session.late_answer) return;
  late_answers_.erase({session.late_answer->due, session.index});
  session.late_answer.reset();
}

void Sessions::authentic(Time now, Session& session) {
  session.heard = now;
  if (!session.committed) commit(now, session);
}

void Sessions::count(session::OpenError error) {
  switch (error) {
    case session::OpenError::malformed:
      ++counters_.malformed;
      return;
    case session::OpenError::replayed:
      ++counters_.replayed;
      return;
    case session::OpenError::unauthentic:
      ++counters_.unauthentic;
      return;
  }
}

// --- Addresses -------------------------------------------------------------------------------------------------------

wire::PathNonce Sessions::nonce(const Session& session, const Address& address, int64_t period) const {
  std::array<uint8_t, 32> fields{};
  Writer writer(fields);
  writer.u24(session.index);
  writer.bytes(address.ip);
  writer.u16(address.port);
  writer.u64(static_cast<uint64_t>(period));
  return Reader(crypto::hmac_sha256(path_secret_.bytes(), {writer.written()})).array<8>();
}

bool Sessions::is_answer(Time now, const Session& session, const Address& from, const wire::PathNonce& given) const {
  const int64_t period = period_of(now);
  return crypto::equal_constant_time(given, nonce(session, from, period)) ||
         crypto::equal_constant_time(given, nonce(session, from, period - 1));
}

void Sessions::challenge(Time now, Session& session, const Address& to) {
  ++counters_.challenges;
  seal_to(now, session, to, wire::PathChallenge{nonce(session, to, period_of(now))});
}

void Sessions::challenge_stray(Time now, Session& session, const Address& from, size_t question_bytes) {
  constexpr size_t kChallengeBytes = wire::kControlShortHeader + 1 + sizeof(wire::PathNonce) + 16;
  if (question_bytes < kChallengeBytes || !session.strays.take(now)) return;
  challenge(now, session, from);
}

void Sessions::move(Session& session, const Address& to) {
  if (to == session.address) return;
  if (const auto old = by_address_.find(session.address); old != by_address_.end() && old->second == session.index)
    by_address_.erase(old);
  session.address = to;
  by_address_[to] = session.index;
  ++counters_.path_moves;
}

// --- Sending and finding ---------------------------------------------------------------------------------------------

void Sessions::seal_to(Time now, Session& session, const Address& to, const wire::ControlMessage& message) {
  std::array<uint8_t, wire::kControlMessageMax> plain;
  Writer writer(plain);
  wire::encode_control(message, writer);
  Datagram& datagram = out_.push(to);
  Writer sealed(datagram.buffer());
  session.transport.seal(now, false, writer.written(), sealed);
  datagram.size = static_cast<uint16_t>(sealed.size());
}

void Sessions::send(Time now, Session& session, const wire::ControlMessage& message) {
  seal_to(now, session, session.address, message);
}

bool Sessions::send(Time now, const wire::DeviceId& device, const wire::ControlMessage& message) {
  Session* session = of(device);
  if (session) send(now, *session, message);
  return session != nullptr;
}

Session* Sessions::find(wire::SessionIndex index) {
  const auto found = sessions_.find(index);
  return found == sessions_.end() ? nullptr : &found->second;
}

Session* Sessions::pending_of(const wire::DeviceId& device, const Address& from) {
  const auto found = pending_.find(device);
  if (found == pending_.end()) return nullptr;
  Session* session = find(found->second.index);
  return session->address == from ? session : nullptr;
}

Session* Sessions::of(const wire::DeviceId& device) {
  const auto found = by_device_.find(device);
  return found == by_device_.end() ? nullptr : find(found->second);
}

Session* Sessions::at(const Address& address) {
  const auto found = by_address_.find(address);
  Session* session = found == by_address_.end() ? nullptr : find(found->second);
  return session && session->committed ? session : nullptr;
}

Session* Sessions::after(const std::optional<wire::DeviceId>& device) {
  const auto next = device ? by_device_.upper_bound(*device) : by_device_.begin();
  return next == by_device_.end() ? nullptr : find(next->second);
}

void Sessions::sweep(Time now) {
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    const Session& session = (it++)->second;
    const Duration idle_max = session.committed ? wire::kSessionIdleMax : wire::kResponseCache;
    if (now - session.heard >= idle_max) remove(session.index);
  }
}

}  // namespace farline::supernode
