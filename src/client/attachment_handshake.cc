// The handshake of an attachment: which node, initiation, repetition, cookie, response.
#include "client/attachment.h"
#include "wire/certificate.h"

namespace farline::client {
namespace {

constexpr Duration kAnswerWait = 5s;  // a certificate of 349 B and its answer take up to 4.5 s at 2,400 bit/s
static_assert(kAnswerWait >= AttachPolicy::kSilence);
constexpr Duration kFindWait = 5s;
constexpr unsigned kSameInitiation = 3;  // the node answers a repetition from its cache

}  // namespace

// --- Which node ------------------------------------------------------------------------------------------------------

void Attachment::turn_to(size_t node) {
  if (setup_.node.static_key != nodes_.at(node).static_key) cookie_.reset();
  at_ = next_ = node;
  setup_.node = nodes_.at(node);
}

void Attachment::try_node(Time now, size_t node) {
  turn_to(node);
  is_pausing_ = false;
  is_finding_ = nodes_.needs_address(node);
  if (!is_finding_) return begin_handshake(now);
  state_ = transport_ ? State::attached : State::handshaking;
  handshake_.reset();
  sent_ = now;
  retry_due_ = now + kFindWait;
}

// On a fast link silence shows earlier.
Duration Attachment::answer_wait() const {
  return std::clamp<Duration>(repeat_interval(), AttachPolicy::kSilence, kAnswerWait);
}

void Attachment::nothing_heard(Time now) {
  is_finding_ = false;
  is_pausing_ = true;
  if (transport_) {  // it is for the next key, or the next hours: no reason to leave
    retry_due_ = now + AttachPolicy::kAwayMax;
    return;
  }
  nodes_.was_silent(at_);
  const AttachPolicy::Try next = when_.silent(setup_.rng, now - sent_);
  next_ = next.candidate;
  retry_due_ = std::max(now + next.after, nodes_.rests_until(next_));
}

// --- The handshake ---------------------------------------------------------------------------------------------------

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
  handshake_counter_ = counter;
  wire::InitiationPayload payload;
  if (setup_.token) {
    payload = wire::EnrolRequest{*setup_.token, counter};
  } else {
    wire::AttachRequest attach{.counter = counter, .policy = policy_, .build = setup_.build};
    attach.certificate_hash = wire::certificate_hash_of(setup_.certificate);
    if (!nodes_.knows_us(setup_.node.static_key)) attach.certificate = setup_.certificate;
    payload = attach;
  }
  std::array<uint8_t, wire::kInitiationPayloadMax> buffer{};
  Writer w(buffer);
  wire::encode_initiation_payload(payload, w);
  noise_message_.resize(w.size() + wire::kNoiseIk1Overhead);
  if (!handshake_->write_message(w.written(), noise_message_)) {
    handshake_.reset();
    sent_ = now;
    if (nodes_.candidates().total() > 1) return nothing_heard(now);  // there are others: as if it did not answer
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
  if (!asked_since_) asked_since_ = now;
  is_pausing_ = false;
  retry_due_ = now + answer_wait();
  transmit(w.written());
}

void Attachment::retry(Time now) {
  if ((handshake_ || is_finding_) && !is_pausing_) return nothing_heard(now);  // an answer in the pause still counts
  cookie_.reset();  // may be the reason for the silence when it has aged
  if (!handshake_ || tries_ >= kSameInitiation || next_ != at_ || nodes_.needs_address(at_))
    try_node(now, next_);
  else
    send_initiation(now);
}

// A fresh handshake later.
void Attachment::try_later(Time now, AttachPolicy::Try next) {
  handshake_.reset();
  state_ = transport_ ? State::attached : State::handshaking;
  if (!transport_) next_ = next.candidate;
  retry_due_ = std::max(now + next.after, nodes_.rests_until(next_));
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
  asked_since_.reset();
  send_initiation(now);
}

void Attachment::handle_busy(Time now, Bytes datagram) {
  const auto busy = wire::decode_busy(datagram);
  if (!busy || !handshake_ || busy->receiver != index_) {
    ++out_.counters.unexpected;
    return;
  }
  const auto seconds = session::open_busy(*busy, setup_.node.static_key, mac1_sent_);
  if (!seconds) {
    ++out_.counters.unauthentic;
    return;
  }
  asked_since_.reset();
  if (nodes_.rests_until(at_) > now) return;  // told already
  nodes_.rest(at_, now + std::clamp<Duration>(std::chrono::seconds(*seconds), AttachPolicy::kRetryAfterMin,
                                              AttachPolicy::kRetryAfterMax));
  // Whoever knows the node's public key can say it: should the node answer all the same, that counts, and it has the
  // time for it that it would have had.
  const AttachPolicy::Try next = when_.busy(setup_.rng, std::chrono::seconds(*seconds));
  is_pausing_ = true;
  tries_ = kSameInitiation;
  if (!transport_) next_ = next.candidate;
  retry_due_ = std::max({now + next.after, nodes_.rests_until(next_), sent_ + answer_wait()});
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
  std::array<uint8_t, wire::kResponsePayloadMax> plain{};
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
  const bool may_say_so = !nodes_.is_stand_in(at_) || payload->status == wire::AttachStatus::attached ||
                          payload->status == wire::AttachStatus::certificate_wanted;
  if (!may_say_so) return try_later(now, when_.unfit(setup_.rng));  // only a supernode can end what we do
  switch (payload->status) {
    case wire::AttachStatus::attached:
    case wire::AttachStatus::enrolment_open:
      accept_session(now, *frame, *payload);
      return;
    case wire::AttachStatus::certificate_wanted:
      if (!nodes_.knows_us(setup_.node.static_key)) {  // it has just been sent
        try_later(now, when_.unfit(setup_.rng));
        return;
      }
      nodes_.set_knows_us(setup_.node.static_key, false);
      begin_handshake(now);
      return;
    case wire::AttachStatus::revoked:
      refuse("this device has been revoked by your organisation; ask your administrator for a new invitation");
      return;
    case wire::AttachStatus::certificate_refused:
      refuse(
          "this device's certificate is expired, or of another organisation than the supernode; ask your "
          "administrator to renew it, or enroll again");
      return;
    case wire::AttachStatus::enrolment_closed:
      refuse(
          "nobody can enroll at this supernode now: its right to has ended, or your organisation has withdrawn it; ask "
          "your administrator for an invitation to another one");
      return;
    case wire::AttachStatus::full:
      try_later(now, when_.unfit(setup_.rng));
      return;
  }
}

void Attachment::accept_session(Time now, const wire::ResponseFrame& frame, const wire::ResponsePayload& payload) {
  if (tries_ == 1) round_trip_.sample(now - sent_);
  const bool is_fresh_session = !transport_;  // else the next one beside it: nobody was away
  ++epoch_;
  home_ = setup_.node;
  session_hash_ = handshake_->handshake_hash();
  transport_.emplace(session::Side::client, handshake_->split(), frame.sender, now);
  handshake_.reset();
  cookie_.reset();
  retry_due_.reset();
  greeting_ = payload;
  presence_ = {handshake_counter_, {payload.time.seconds + wire::kPresenceSeconds}};
  own_address_ = payload.address;
  if (!setup_.token) patience_.attached(now, payload.address);
  address_due_.reset();
  state_ = State::attached;
  if (payload.time.seconds != 0 && !nodes_.is_stand_in(at_)) node_clock_ = {payload.time, now};  // a person's clock
  if (!setup_.token && nodes_.attached(at_, wall_time(now))) {
    at_ = next_ = nodes_.index_of(home_);
    when_.replace(nodes_.candidates(), static_cast<uint16_t>(at_));
  }
  when_.attached(std::chrono::seconds(payload.spread_seconds));
  handshake_due_ = now + wire::kHandshakeEvery;
  keepalives_ = 0;
  keepalive_due_ = now + patience_.keepalive_every();
  heard(now);
  if (!setup_.token) {
    nodes_.set_knows_us(setup_.node.static_key, true);
    ask_for_answer(now);  // the first packet under the new keys is what commits us at the node
  }
  if (is_fresh_session) out_.events.push_back({.kind = EventKind::attached, .peer = setup_.node.place});
}

}  // namespace farline::client
