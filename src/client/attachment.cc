#include "client/attachment.h"

#include "wire/certificate.h"

namespace farline::client {
namespace {

constexpr Duration kRetryFirst = 5s;  // a certificate of 349 B and its answer take up to 4.5 s at 2,400 bit/s
constexpr Duration kRetryMax = 60s;
constexpr unsigned kSameInitiation = 3;  // the node answers a repetition from its cache
constexpr unsigned kAnswersMissing = 3;
constexpr Duration kRefusedRetry = 30s;

}  // namespace

Attachment::Attachment(Setup setup, DeviceCounter& counter, Outputs& out)
    : setup_(std::move(setup)), counter_(counter), out_(out) {}

void Attachment::start(Time now, WallTime wall) {
  host_clock_ = {wall, now};
  begin_handshake(now);
}

void Attachment::stop(Time now) {
  if (transport_) send(now, wire::Detach{wire::DetachReason::leaving});
  forget();
  state_ = State::stopped;
}

WallTime Attachment::ClockReading::then(Time now) const {
  if (wall.seconds == 0) return {};
  const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - at);
  return {wall.seconds + static_cast<uint64_t>(passed.count())};
}

WallTime Attachment::host_time(Time now) const { return host_clock_.then(now); }

WallTime Attachment::wall_time(Time now) const {
  return node_clock_.wall.seconds != 0 ? node_clock_.then(now) : host_time(now);
}

Duration Attachment::repeat_interval() const {
  return 3 * round_trip_.smoothed().value_or(wire::kRoundTripGuess) + wire::kRepeatMargin;
}

Duration Attachment::repeat_interval(Duration peer_round_trip) const {
  return 2 * (round_trip_.smoothed().value_or(wire::kRoundTripGuess) + peer_round_trip) + wire::kRepeatMargin;
}

// --- Handshake -------------------------------------------------------------------------------------------------------

void Attachment::begin_handshake(Time now) {
  state_ = transport_ ? State::attached : State::handshaking;
  index_ = static_cast<wire::SessionIndex>(1 + setup_.rng.below(wire::kSessionIndexMax));
  handshake_.emplace(crypto::NoiseConfig{
      .pattern = crypto::kNoiseIk,
      .role = crypto::NoiseRole::initiator,
      .asymmetric = setup_.asymmetric,
      .rng = setup_.rng,
      .prologue = as_bytes("farline 1 attach"),
      .local_static = &setup_.static_keys,
      .remote_static = &setup_.node.static_key,
  });
  const uint64_t counter = counter_.next(host_time(now));
  wire::InitiationPayload payload;
  if (setup_.token) {
    payload = wire::EnrolRequest{*setup_.token, counter};
  } else {
    wire::AttachRequest attach{.counter = counter};
    attach.certificate_hash = wire::certificate_hash_of(setup_.certificate);
    if (!node_knows_us_) attach.certificate = setup_.certificate;
    payload = attach;
  }
  std::array<uint8_t, wire::kInitiationPayloadMax> buffer{};
  Writer w(buffer);
  wire::encode_initiation_payload(payload, w);
  noise_message_.resize(w.size() + wire::kNoiseIk1Overhead);
  if (!handshake_->write_message(w.written(), noise_message_)) {
    refuse("the supernode's key in the invitation is not a valid key; ask for a new invitation");
    return;
  }
  tries_ = 0;
  send_initiation(now);
}

void Attachment::send_initiation(Time now) {
  const auto type = cookie_ ? wire::PacketType::handshake_initiation_cookie : wire::PacketType::handshake_initiation;
  Datagram d;
  Writer w(d.data);
  w.u8(static_cast<uint8_t>(type));
  w.u24(index_);
  w.bytes(noise_message_);
  mac1_sent_ = session::mac1(setup_.node.static_key, w.written());
  w.bytes(mac1_sent_);
  if (cookie_) w.bytes(session::mac2(*cookie_, w.written()));
  ++tries_;
  ++out_.counters.handshakes;
  sent_ = now;
  const Duration wait = std::min<Duration>(kRetryFirst * (1U << std::min(failures_, 4U)), kRetryMax);
  retry_due_ = now + wait + Duration{static_cast<int64_t>(setup_.rng.below(static_cast<uint64_t>(wait.count() / 4)))};
  transmit(w.written());
}

// A fresh handshake later.
void Attachment::wait_to_try(Time now, Duration least, Duration spread) {
  handshake_.reset();
  state_ = transport_ ? State::attached : State::handshaking;
  const uint64_t beyond = setup_.rng.below(1 + static_cast<uint64_t>(spread.count()));
  retry_due_ = now + least + Duration{static_cast<int64_t>(beyond)};
}

void Attachment::handle_cookie_reply(Time now, Bytes datagram) {
  const auto reply = wire::decode_cookie_reply(datagram);
  if (!reply || !handshake_ || reply->receiver != index_ || cookie_) {
    ++out_.counters.unexpected;
    return;
  }
  cookie_ = session::open_cookie_reply(*reply, setup_.node.static_key, mac1_sent_);
  if (!cookie_) {
    ++out_.counters.unauthentic;
    return;
  }
  send_initiation(now);
}

void Attachment::handle_response(Time now, Bytes datagram) {
  const auto frame = wire::decode_response(datagram);
  if (!frame) {
    ++out_.counters.malformed;
    return;
  }
  if (!handshake_ || frame->receiver != index_) {
    ++out_.counters.unknown_session;
    return;
  }
  std::array<uint8_t, wire::kResponsePayloadBytes> plain{};
  const auto size = handshake_->read_message(frame->noise, plain);
  if (!size) {
    ++out_.counters.unauthentic;
    return;
  }
  const auto payload = wire::decode_response_payload(Bytes(plain).first(*size));
  if (!payload) {
    ++out_.counters.malformed;
    return;
  }
  switch (payload->status) {
    case wire::AttachStatus::attached:
    case wire::AttachStatus::enrolment_open:
      accept_session(now, *frame, *payload);
      return;
    case wire::AttachStatus::certificate_wanted:
      if (!node_knows_us_) {  // it has just been sent
        wait_to_try(now, kRefusedRetry, kRefusedRetry);
        return;
      }
      set_node_knows_us(false);
      begin_handshake(now);
      return;
    case wire::AttachStatus::revoked:
      refuse("this device has been revoked by your organisation; ask your administrator for a new invitation");
      return;
    case wire::AttachStatus::certificate_refused:
      refuse("this device's certificate is expired, or of another organisation than the supernode; enroll again");
      return;
    case wire::AttachStatus::full:
      wait_to_try(now, kRefusedRetry, kRefusedRetry);
      return;
  }
}

void Attachment::accept_session(Time now, const wire::ResponseFrame& frame, const wire::ResponsePayload& payload) {
  if (tries_ == 1) round_trip_.sample(now - sent_);
  session_hash_ = handshake_->handshake_hash();
  transport_.emplace(session::Side::client, handshake_->split(), frame.sender, now);
  handshake_.reset();
  cookie_.reset();
  retry_due_.reset();
  failures_ = 0;
  spread_ = std::chrono::seconds(payload.spread_seconds);
  state_ = State::attached;
  if (payload.time.seconds != 0) node_clock_ = {payload.time, now};
  handshake_due_ = now + wire::kHandshakeEvery;
  keepalives_ = 0;
  keepalive_due_ = now + wire::kKeepaliveEvery;
  heard(now);
  if (!setup_.token) {
    set_node_knows_us(true);
    ask_for_answer(now);  // the first packet under the new keys is what commits us at the node
  }
  out_.events.push_back({.kind = EventKind::attached});
}

void Attachment::set_node_knows_us(bool knows) {
  if (knows == node_knows_us_) return;
  node_knows_us_ = knows;
  const std::array<uint8_t, 1> yes{1};
  out_.saves.push_back(make_record(RecordKind::node_knows_us, setup_.node.static_key, knows ? Bytes(yes) : Bytes{}));
}

// --- Session ---------------------------------------------------------------------------------------------------------

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
    case wire::PacketType::control_short:
      return handle_record(now, datagram);
    case wire::PacketType::keepalive_answer:
    case wire::PacketType::keepalive_moved:
      handle_keepalive(now, *type, datagram);
      return std::nullopt;
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
  if (type == wire::PacketType::keepalive_moved) answer_path(now, {});  // zeros: ask for the challenge
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
    ++(error == session::OpenError::replayed ? c.replayed
                                             : error == session::OpenError::malformed ? c.malformed : c.unauthentic);
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
    return std::nullopt;
  }
  if (const auto* detach = std::get_if<wire::Detach>(&message)) {
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

void Attachment::heard(Time now) {
  last_heard_ = now;
  answer_due_.reset();
  asked_times_ = 0;
}

void Attachment::ask_for_answer(Time now) {
  Datagram d;
  Writer w(d.data);
  transport_->seal_keepalive(wire::PacketType::keepalive_wanted, w);
  transmit(w.written());
  asked_ = now;
  ++asked_times_;
  answer_due_ = now + repeat_interval();
  keepalive_due_ = now + wire::kKeepaliveEvery;
}

void Attachment::check(Time now) {
  if (transport_) {
    // Not from the beginning each time: whoever asks often would never notice that nobody answers.
    if (asked_times_ < kAnswersMissing) ask_for_answer(now);
  } else if (state_ == State::handshaking) {
    failures_ = 0;
    begin_handshake(now);
  }
}

void Attachment::forget() {
  transport_.reset();
  handshake_.reset();
  retry_due_.reset();
  keepalive_due_.reset();
  answer_due_.reset();
  handshake_due_.reset();
  asked_times_ = 0;
}

void Attachment::lose(Time now, std::string_view why) {
  forget();
  out_.events.push_back({.kind = EventKind::detached, .text = why});
  wait_to_try(now, 0s, spread_);  // every other client may have lost it at the same moment
}

void Attachment::refuse(std::string_view why) {
  forget();
  state_ = State::stopped;
  out_.events.push_back({.kind = EventKind::refused, .text = why});
}

void Attachment::handle_timeout(Time now) {
  if (answer_due_ && now >= *answer_due_) {
    if (asked_times_ >= kAnswersMissing) lose(now, "the supernode does not answer");
    else ask_for_answer(now);
  }
  if (transport_ && keepalive_due_ && now >= *keepalive_due_) {
    const Duration late = now - *keepalive_due_;  // the machine slept
    if (late > wire::kSessionIdleMax) {
      lose(now, "the supernode has forgotten us");
      begin_handshake(now);  // only we: no need to spread
    } else if (++keepalives_ % wire::kKeepaliveAnswerEvery == 0 || late > wire::kKeepaliveEvery) {
      ask_for_answer(now);
    } else {
      Datagram d;
      Writer w(d.data);
      transport_->seal_keepalive(wire::PacketType::keepalive, w);
      transmit(w.written());
      keepalive_due_ = now + wire::kKeepaliveEvery;
    }
  }
  if (handshake_due_ && now >= *handshake_due_) {
    handshake_due_ = now + wire::kHandshakeEvery;
    begin_handshake(now);
  }
  if (retry_due_ && now >= *retry_due_) {  // last: a session lost above may be due at once
    if (handshake_) ++failures_;
    cookie_.reset();  // may be the reason for the silence when it has aged
    if (!handshake_ || tries_ >= kSameInitiation) begin_handshake(now);
    else send_initiation(now);
  }
}

std::optional<Time> Attachment::next_timeout() const {
  return earliest(earliest(retry_due_, keepalive_due_), earliest(answer_due_, handshake_due_));
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
  return datagram.size + setup_.node.address.header_bytes();
}

void Attachment::transmit(Bytes bytes) {
  Datagram d;
  d.assign(bytes);
  out_.transmit(setup_.node.address, d);
}

}  // namespace farline::client
