// The callee's half of a call: invitation, ringing, answer.
#include "client/call.h"

namespace farline::client {

Result<Offer> open_invitation(CallContext& context, const wire::Incoming& incoming) {
  const PeerDevice* caller = context.book.find_device(incoming.caller);
  INVARIANT(caller != nullptr);
  Offer offer{
      .caller = incoming.caller,
      .number = incoming.call,
      .channel = incoming.channel,
      .rate_kbps = incoming.rate_kbps,
      .handshake =
          session::call_handshake(session::CallSide::callee, {incoming.call, incoming.caller, context.self},
                                  {context.asymmetric, context.rng, context.identity.static_keys, caller->static_key}),
      .payload = {},
  };
  std::array<uint8_t, wire::kInvitePayloadBytesMax> plain{};
  if (incoming.noise.size() > plain.size() + wire::kNoiseKk1Overhead)
    return Error{Errc::auth, "invitation is not the caller's"};
  const auto size = offer.handshake.read_message(incoming.noise, plain);
  if (!size) return Error{Errc::auth, "invitation is not the caller's"};
  const auto payload = wire::decode_invite_payload(Bytes(plain).first(*size));
  if (!payload) return payload.error();
  offer.payload = *payload;
  // Saved before anything rings, so that a replay never rings, not even after a restart.
  if (!context.book.accept_caller_counter(incoming.caller, payload->counter))
    return Error{Errc::denied, "invitation seen before"};
  return offer;
}

ByteVector ringing_message(Offer& offer, const wire::RingingPayload& answer) {
  std::array<uint8_t, wire::kRingingPayloadBytes> payload{};
  Writer w(payload);
  wire::encode_ringing_payload(answer, w);
  std::array<uint8_t, wire::kRingingPayloadBytes + wire::kNoiseKk2Overhead> noise{};
  const auto size = offer.handshake.write_message(payload, noise);
  if (!size) return {};  // the caller's ephemeral key is of low order: nobody is there to talk to
  return encoded(wire::RingingFromCallee{offer.channel, noise});
}

void Call::start_incoming(Time now, Offer offer) {
  Leg& leg = legs_.emplace_back();
  rate_kbps_ = offer.rate_kbps;
  take_offer(now, leg, std::move(offer));
  if (leg.state == Leg::State::over) return;
  state_ = CallState::ringing_here;
  ring_deadline_ = now + wire::kRingTimeCallee;
}

// RINGING is on its way after it, unless the leg is over.
void Call::take_offer(Time now, Leg& leg, Offer offer) {
  leg.device = offer.caller;
  leg.number = offer.number;
  leg.channel = offer.channel;
  leg.state = Leg::State::ringing;
  leg.learn_peer(offer.payload);
  leg.ringing = ringing_message(offer, {.capabilities = capabilities(now),
                                        .receive_max_bps = limits_.receive_max_bps,
                                        .round_trip_ms = own_round_trip_ms(),
                                        .policy = context_.admission.version()});
  if (leg.ringing.empty()) {
    leg.state = Leg::State::over;
    return;
  }
  leg.keys.emplace(session::make_call_keys(session::CallSide::callee, offer.handshake.split()));
  send_and_repeat(now, leg, leg.ringing);
}

bool Call::handle_repeated_invitation(Time now, const wire::Incoming& incoming) {
  if (outgoing_) return false;
  for (const Leg& leg : legs_) {
    if (leg.device != incoming.caller || leg.number != incoming.call) continue;
    if (!leg.confirmed && leg.state == Leg::State::ringing) send_encoded(now, leg.ringing);
    return true;
  }
  return false;
}

void Call::on_confirm(Time now, Leg& leg, Bytes sealed) {
  if (outgoing_ || !leg.keys || leg.confirmed) return;  // a repetition: our RINGING crossed it
  if (!leg.keys->signals.open(wire::SealedKind::confirm, sealed)) {
    ++context_.out.counters.unauthentic;
    return;
  }
  leg.confirmed = true;
  if (leg.state != Leg::State::ringing) return;
  leg.repeat.stop();
  if (state_ == CallState::answering || leg.continues) send_answer(now, leg);
}

void Call::answer(Time now) {
  if (state_ != CallState::ringing_here) return;
  Leg& leg = legs_.front();
  state_ = CallState::answering;
  if (leg.confirmed) send_answer(now, leg);  // else on CONFIRM: a replayed invitation opens no microphone
}

void Call::send_answer(Time now, Leg& leg) {
  std::array<uint8_t, wire::kAnswerPayloadBytes> payload{};
  Writer w(payload);
  wire::encode_answer_payload({.receive_max_bps = limits_.receive_max_bps}, w);
  const ByteVector sealed = leg.keys->signals.seal(wire::SealedKind::answer, payload);
  send_and_repeat(now, leg, encoded(wire::SealedSignal{wire::SealedKind::answer, leg.channel, sealed}));
  connect(now, leg);
}

void Call::on_cancelled(Time now, Leg& leg) {
  if (leg.state == Leg::State::over) return;
  leg.repeat.stop();
  leg.state = Leg::State::over;
  const bool connected = state_ == CallState::connected;
  end(now, connected ? EndReason::peer_hung_up : EndReason::missed, wire::HangupReason::ended);
}

}  // namespace farline::client
