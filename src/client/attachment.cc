#include "client/attachment.h"

#include <algorithm>

namespace farline::client {
namespace {

constexpr unsigned kAnswersMissing = 3;
constexpr unsigned kAddressTries = 3;

}  // namespace

Attachment::Attachment(Setup setup, DeviceCounter& counter, Outputs& out)
    : setup_(std::move(setup)),
      counter_(counter),
      out_(out),
      nodes_(setup_.node, setup_.nodes, setup_.static_keys.public_key, out),
      home_(setup_.node) {}

void Attachment::start(Time now, WallTime wall) {
  host_clock_ = {wall, now};
  turn_to(at_);
  try_node(now, at_);
}

void Attachment::stop(Time now) {
  if (transport_) send(now, wire::Detach{wire::DetachReason::leaving});
  forget();
  state_ = State::stopped;
}

void Attachment::follow_list(Time now, std::span<const policy::Supernode> listed,
                             std::span<const wire::DeviceId> revoked) {
  const NodeTarget old = setup_.node;
  if (!nodes_.follow(listed, revoked)) return;
  const size_t there = nodes_.index_of(old);
  const NodeTarget& node = nodes_.at(there);
  const bool is_same_key = node.static_key == old.static_key;
  const bool is_elsewhere = node.place != old.place && (!is_same_key || node.address != old.address);
  when_.replace(nodes_.candidates(), static_cast<uint16_t>(there));
  if (is_elsewhere && transport_) {
    send(now, wire::Detach{wire::DetachReason::leaving});
    out_.events.push_back({.kind = EventKind::detached, .text = "this device moves to another supernode"});
  }
  if (is_elsewhere) {
    forget();
  } else if (!is_same_key) {  // under its next key it still holds our certificate
    nodes_.set_knows_us(node.static_key, nodes_.knows_us(old.static_key));
    nodes_.set_knows_us(old.static_key, false);
  }
  turn_to(there);
  home_ = setup_.node;
  if (!is_stopped() && (is_elsewhere || !is_same_key)) try_node(now, there);
}

void Attachment::found(Time now, std::string_view place, const std::optional<Address>& address) {
  nodes_.found(place, address);
  if (!is_finding_ || place != setup_.node.place) return;
  is_finding_ = false;
  turn_to(at_);
  if (setup_.node.address.port != 0)
    begin_handshake(now);
  else
    nothing_heard(now);
}

void Attachment::seen_at(Time now, const Address& address) {
  const bool is_tried = address == setup_.node.address && handshake_ && !is_pausing_;
  if (state_ != State::handshaking || !fell_silent_ || is_tried) return;
  const auto there = nodes_.index_at(address);
  if (!there || nodes_.rests_until(*there) > now) return;
  when_.replace(nodes_.candidates(), static_cast<uint16_t>(*there));
  try_node(now, *there);
}

void Attachment::try_stand_in(Time now, const NodeTarget& stand_in) {
  if (is_stopped() || (transport_ && !is_at_stand_in())) return;
  if (transport_ && setup_.node.static_key == stand_in.static_key && setup_.node.address == stand_in.address) return;
  if (transport_) send(now, wire::Detach{wire::DetachReason::leaving});
  forget();
  const size_t there = nodes_.set_stand_in(stand_in);
  when_.replace(nodes_.candidates(), static_cast<uint16_t>(there));
  try_node(now, there);
}

void Attachment::leave_stand_in(Time now) {
  INVARIANT(is_at_stand_in());
  send(now, wire::Detach{wire::DetachReason::leaving});
  forget();
  out_.events.push_back({.kind = EventKind::detached, .text = "looking whether a supernode answers again"});
  when_.replace(nodes_.candidates(), 0);
  nodes_.found(nodes_.at(0).place, {});  // it is asked where it was; the host looks names up meanwhile
  try_node(now, 0);
}

std::vector<crypto::PublicKey> Attachment::node_keys() const {
  std::vector<crypto::PublicKey> keys;
  for (size_t i = 0; i < nodes_.candidates().total(); ++i)
    if (!nodes_.is_stand_in(i)) keys.push_back(nodes_.at(i).static_key);
  return keys;
}

WallTime Attachment::ClockReading::then(Time now) const {
  if (wall.seconds == 0) return {};
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - at);
  return {wall.seconds + static_cast<uint64_t>(passed.count())};
}

WallTime Attachment::host_time(Time now) const {
  return host_clock_.then(now);
}

WallTime Attachment::wall_time(Time now) const {
  return node_clock_.wall.seconds != 0 ? node_clock_.then(now) : host_time(now);
}

Duration Attachment::repeat_interval() const {
  return 3 * round_trip_.smoothed().value_or(wire::kRoundTripGuess) + wire::kRepeatMargin;
}

Duration Attachment::repeat_interval(Duration peer_round_trip) const {
  return 2 * (round_trip_.smoothed().value_or(wire::kRoundTripGuess) + peer_round_trip) + wire::kRepeatMargin;
}

std::optional<wire::ControlMessage> Attachment::handle(Time now, Bytes datagram) {
  const auto type = wire::packet_type(datagram);
  if (!type) {
    ++out_.counters.malformed;
    return std::nullopt;
  }
  switch (*type) {
    case wire::PacketType::handshake_response:
      handle_response(now, datagram);
      return std::nullopt;
    case wire::PacketType::cookie_reply:
      handle_cookie_reply(now, datagram);
      return std::nullopt;
    case wire::PacketType::busy:
      handle_busy(now, datagram);
      return std::nullopt;
    case wire::PacketType::control_short:
      return handle_record(now, datagram);
    case wire::PacketType::keepalive_answer:
    case wire::PacketType::keepalive_moved:
      handle_keepalive(now, *type, datagram);
      return std::nullopt;
    case wire::PacketType::patience_answer: {
      session::OpenError error{};
      if (transport_ && transport_->open_keepalive(datagram, error))
        patience_.answered(now);
      else
        ++out_.counters.unauthentic;
      return std::nullopt;
    }
    case wire::PacketType::patience_question:
    case wire::PacketType::handshake_initiation:
    case wire::PacketType::handshake_initiation_cookie:
    case wire::PacketType::control_long:
    case wire::PacketType::keepalive:
    case wire::PacketType::keepalive_wanted:
    case wire::PacketType::media:
      ++out_.counters.unexpected;
      return std::nullopt;
  }
  return std::nullopt;
}

void Attachment::handle_keepalive(Time now, wire::PacketType type, Bytes datagram) {
  session::OpenError error{};
  if (!transport_ || !transport_->open_keepalive(datagram, error)) {
    ++out_.counters.unauthentic;
    return;
  }
  if (answer_due_ && asked_times_ == 1) round_trip_.sample(now - asked_);
  heard(now);
  if (type != wire::PacketType::keepalive_moved) return;
  own_address_.reset();
  address_tries_ = 0;
  ask_for_address(now);
}

std::optional<wire::ControlMessage> Attachment::handle_record(Time now, Bytes datagram) {
  if (!transport_) {
    ++out_.counters.unknown_session;
    return std::nullopt;
  }
  session::OpenError error{};
  const auto plain = transport_->open(datagram, plaintext_, error);
  if (!plain) {
    auto& c = out_.counters;
    ++(error == session::OpenError::replayed    ? c.replayed
       : error == session::OpenError::malformed ? c.malformed
                                                : c.unauthentic);
    return std::nullopt;
  }
  heard(now);
  const auto message = wire::decode_control(*plain, wire::ControlFrom::node);
  if (!message) {
    ++out_.counters.malformed;
    return std::nullopt;
  }
  return filter(now, *message);
}

std::optional<wire::ControlMessage> Attachment::filter(Time now, const wire::ControlMessage& message) {
  if (const auto* challenge = std::get_if<wire::PathChallenge>(&message)) {
    answer_path(now, challenge->nonce);
    address_tries_ = 0;
    address_due_ = now + repeat_interval();
    return std::nullopt;
  }
  if (const auto* own = std::get_if<wire::OwnAddress>(&message)) {
    see_own_address(now, own->address);
    address_due_.reset();
    return std::nullopt;
  }
  if (const auto* detach = std::get_if<wire::Detach>(&message)) {
    if (is_at_stand_in()) {
      lose(now, "who stands in for the supernode has gone");
      return std::nullopt;
    }
    switch (detach->reason) {
      case wire::DetachReason::leaving:
      case wire::DetachReason::shutting_down:
        lose(now, "the supernode is shutting down");
        break;
      case wire::DetachReason::replaced:
        refuse("another program is attached with this profile's keys");
        break;
      case wire::DetachReason::revoked:
        refuse("this device has been revoked by your organisation");
        break;
    }
    return std::nullopt;
  }
  return message;
}

void Attachment::answer_path(Time now, const wire::PathNonce& nonce) {
  std::array<uint8_t, 16> buffer{};
  Writer w(buffer);
  wire::encode_control(wire::PathResponse{nonce}, w);
  Datagram d;
  Writer out(d.data);
  transport_->seal(now, true, w.written(), out);
  transmit(out.written());
}

// With a PATH_RESPONSE of zeros: from an address that is new to the node it asks for the challenge.
void Attachment::ask_for_address(Time now) {
  address_due_.reset();
  if (!transport_ || address_tries_ >= kAddressTries) return;
  ++address_tries_;
  address_due_ = now + repeat_interval();
  answer_path(now, {});
}

void Attachment::heard(Time now) {
  last_heard_ = now;
  asked_since_.reset();
  answer_due_.reset();
  asked_times_ = 0;
}

void Attachment::ask_for_answer(Time now) {
  // It may have begun anew and not know us: in a call that is found out before the session is given up.
  if (in_call_ && asked_times_ + 1 == kAnswersMissing && !handshake_) begin_handshake(now);
  Datagram d;
  Writer w(d.data);
  transport_->seal_keepalive(wire::PacketType::keepalive_wanted, w);
  transmit(w.written());
  asked_ = now;
  if (!asked_since_) asked_since_ = now;
  ++asked_times_;
  answer_due_ = now + repeat_interval();
  keepalive_due_ = now + patience_.keepalive_every();
}

void Attachment::check(Time now) {
  if (transport_) {
    // Not from the beginning each time: whoever asks often would never notice that nobody answers.
    if (asked_times_ < kAnswersMissing) ask_for_answer(now);
  } else if (state_ == State::handshaking) {
    when_.hurry();
    if (!is_finding_) try_node(now, next_);
  }
}

void Attachment::check_address(Time now) {
  if (transport_) answer_path(now, {});
}

void Attachment::forget() {
  transport_.reset();
  handshake_.reset();
  retry_due_.reset();
  is_finding_ = false;
  keepalive_due_.reset();
  answer_due_.reset();
  handshake_due_.reset();
  address_due_.reset();
  own_address_.reset();
  patience_.detached();
  asked_times_ = 0;
}

void Attachment::lose(Time now, std::string_view why) {
  forget();
  fell_silent_ = false;
  AttachPolicy::Try next = when_.lost(setup_.rng);
  const std::string place = next.candidate != at_ ? nodes_.at(next.candidate).place : "";
  out_.events.push_back({.kind = EventKind::detached, .peer = place, .text = why});
  if (in_call_) next.after = std::min<Duration>(next.after, AttachPolicy::kSilenceSpread);
  try_later(now, next);
}

void Attachment::refuse(std::string_view why) {
  forget();
  state_ = State::stopped;
  out_.events.push_back({.kind = EventKind::refused, .text = why});
}

void Attachment::handle_timeout(Time now) {
  if (answer_due_ && now >= *answer_due_) {
    if (asked_times_ >= kAnswersMissing) {
      lose(now, "the supernode does not answer");
      fell_silent_ = true;
    } else {
      ask_for_answer(now);
    }
  }
  if (transport_ && keepalive_due_ && now >= *keepalive_due_) keep_alive(now);
  if (const auto silence = patience_.poll(now, repeat_interval()); silence && transport_) {
    Datagram d;
    Writer w(d.data);
    transport_->seal_keepalive(wire::PacketType::patience_question, w, std::array<uint8_t, 1>{*silence});
    d.size = static_cast<uint16_t>(w.size());
    out_.transmit(setup_.node.address, d, true);
  }
  if (address_due_ && now >= *address_due_) ask_for_address(now);
  if (handshake_due_ && now >= *handshake_due_) {
    handshake_due_ = now + wire::kHandshakeEvery;
    patience_.lift_limit();
    begin_handshake(now);
  }
  if (retry_due_ && now >= *retry_due_) retry(now);  // last: a session lost above may be due at once
}

void Attachment::keep_alive(Time now) {
  const Duration late = now - *keepalive_due_;
  slept_ = late > wire::kKeepaliveEvery;
  if (late > wire::kSessionIdleMax) {
    const size_t there = at_;
    lose(now, "the supernode has forgotten us");
    when_.replace(nodes_.candidates(), static_cast<uint16_t>(there));
    try_node(now, there);  // only we: no need to spread
  } else if (++keepalives_ % patience_.answer_every() == 0 || slept_) {
    ask_for_answer(now);
  } else {
    Datagram d;
    Writer w(d.data);
    transport_->seal_keepalive(wire::PacketType::keepalive, w);
    transmit(w.written());
    keepalive_due_ = now + patience_.keepalive_every();
  }
}

void Attachment::see_own_address(Time now, const Address& address) {
  own_address_ = address;
  patience_.moved(now, address, slept_);
  keepalive_due_ = std::min(*keepalive_due_, now + patience_.keepalive_every());
}

std::optional<Time> Attachment::next_timeout() const {
  const auto session = earliest(earliest(keepalive_due_, answer_due_), earliest(handshake_due_, address_due_));
  return earliest(earliest(retry_due_, session), patience_.next_timeout());
}

// --- Sending ---------------------------------------------------------------------------------------------------------

size_t Attachment::send(Time now, const wire::ControlMessage& message) {
  std::array<uint8_t, wire::kControlMessageMax> buffer;
  Writer w(buffer);
  wire::encode_control(message, w);
  return send_encoded(now, w.written());
}

size_t Attachment::send_encoded(Time now, Bytes message) {
  if (!transport_) return 0;
  Datagram d;
  Writer w(d.data);
  transport_->seal(now, now - last_heard_ > wire::kLongHeaderAfter, message, w);
  d.size = static_cast<uint16_t>(w.size());
  return send_datagram(d);
}

size_t Attachment::send_datagram(const Datagram& datagram) {
  out_.transmit(setup_.node.address, datagram);
  return datagram.size + out_.header_bytes(setup_.node.address);
}

void Attachment::transmit(Bytes bytes) {
  Datagram d;
  d.assign(bytes);
  out_.transmit(setup_.node.address, d);
}

}  // namespace farline::client
