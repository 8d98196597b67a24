// The caller's half of a call: look-up, invitations, ringing, answer.
#include <algorithm>

#include "client/call.h"
#include "wire/name.h"

namespace farline::client {
namespace {

constexpr Duration kContinueRepeatMin = 2s;  // the far side's link is known, and people wait in silence

bool is_worth_waiting_for(wire::CallFailure reason) {
  using enum wire::CallFailure;
  return reason == no_such_device || reason == not_attached || reason == too_many_calls;
}

}  // namespace

void Call::start_outgoing(Time now) {
  rate_kbps_ = 255;
  const uint32_t most = std::max(limits_.send_max_bps, limits_.receive_max_bps);
  const bool limited = limits_.send_max_bps != 0 && limits_.receive_max_bps != 0;
  if (limited) rate_kbps_ = static_cast<uint8_t>(std::min<uint32_t>((most + 999) / 1000, 255));
  ring_deadline_ = now + wire::kRingTime;
  const Contact* contact = context_.book.find(folded_);
  if (contact != nullptr && !contact->devices.empty())
    invite_all(now);
  else
    look_up(now);
}

void Call::look_up(Time now) {
  looked_up_ = true;
  if (state_ == CallState::idle) state_ = CallState::looking_up;
  lookup_request_ = static_cast<uint8_t>(1 + context_.rng.below(255));
  ByteVector message = encoded(wire::Lookup{lookup_request_, folded_});
  send_encoded(now, message);
  lookup_.start(now, std::move(message), context_.attachment.repeat_interval());
}

void Call::on_lookup_result(Time now, const wire::LookupResult& result) {
  const bool unasked = result.request == 0;
  if (!unasked && (!lookup_.is_running() || result.request != lookup_request_)) return;
  if (unasked) {
    // The node sends it when we invited fewer devices than the callee has: it must be about this callee.
    const auto first = result.device_count > 0 ? wire::parse_certificate(result.devices[0].certificate)
                                               : Result<wire::Certificate>(Error{Errc::not_found, "no device"});
    if (!first) return;
    const auto folded = wire::fold_name(first->name);
    if (!folded || *folded != folded_) return;
  }
  lookup_.stop();
  if (result.status == wire::LookupStatus::no_such_name) {
    end(now, EndReason::no_such_name, wire::HangupReason::failed);
    return;
  }
  context_.book.replace(folded_, result, context_.attachment.wall_time(now));
  if (state_ != CallState::connected) invite_all(now);
}

void Call::invite_all(Time now) {
  const Contact* contact = context_.book.find(folded_);
  if (contact == nullptr) {
    // Found, and not one certificate of it verified.
    if (!any_leg_open()) end(now, EndReason::failed, wire::HangupReason::failed);
    return;
  }
  peer_ = contact->name;
  if (state_ == CallState::idle || state_ == CallState::looking_up) state_ = CallState::calling;
  const auto known = static_cast<uint8_t>(std::min<size_t>(contact->devices.size(), wire::kDevicesPerPersonMax));
  const std::vector<PeerDevice> devices = contact->devices;
  for (const PeerDevice& device : std::span(devices).first(known)) {
    const bool invited = std::ranges::any_of(legs_, [&](const Leg& leg) { return leg.device == device.id; });
    const bool may = device.id != context_.self && !context_.admission.is_revoked(device.id);
    if (!invited && may && legs_.size() < wire::kLegsPerDeviceMax) invite(now, device, known);
  }
  if (!any_leg_open()) end(now, worst_.value_or(EndReason::not_attached), wire::HangupReason::failed);
}

void Call::invite(Time now, const PeerDevice& device, uint8_t known_devices, wire::CallNumber continues) {
  Leg& leg = legs_.emplace_back();
  leg.continues = continues != 0;
  leg.device = device.id;
  leg.number = static_cast<wire::CallNumber>(context_.rng.u64());
  leg.handshake.emplace(
      session::call_handshake(session::CallSide::caller, {leg.number, context_.self, device.id},
                              {context_.asymmetric, context_.rng, context_.identity.static_keys, device.static_key}));
  std::array<uint8_t, wire::kInvitePayloadBytesMax> buffer{};
  Writer w(buffer);
  wire::encode_invite_payload(
      {.counter = static_cast<uint32_t>(context_.counter.next(context_.attachment.host_time(now))),
       .capabilities = capabilities(now),
       .receive_max_bps = limits_.receive_max_bps,
       .round_trip_ms = own_round_trip_ms(),
       .policy = context_.admission.version(),
       .continues = continues},
      w);
  const Bytes payload = w.written();
  ByteVector noise(payload.size() + wire::kNoiseKk1Overhead);
  if (!leg.handshake->write_message(payload, noise)) {  // the device's key is of low order
    leg.state = Leg::State::over;
    worst_ = worst_.value_or(EndReason::failed);
    return;
  }
  ByteVector message = encoded(wire::Invite{device.id, leg.number, rate_kbps_, known_devices, noise});
  send_encoded(now, message);
  // The far side's link is not known yet: taken to be like ours, and not as fast as ours can be.
  const Duration own = context_.attachment.round_trip().value_or(wire::kRoundTripGuess);
  const Duration least = leg.continues ? kContinueRepeatMin : wire::kInviteRepeatMin;
  leg.repeat.start(now, std::move(message), std::max(context_.attachment.repeat_interval(own), least));
}

void Call::on_ringing(Time now, Leg& leg, const wire::RingingToCaller& message) {
  if (leg.state == Leg::State::ringing || leg.state == Leg::State::chosen) {
    send_encoded(now, leg.confirm);  // CONFIRM was lost
    return;
  }
  if (leg.state != Leg::State::inviting && leg.state != Leg::State::cancelled) return;
  std::array<uint8_t, wire::kRingingPayloadBytes> plain{};
  if (message.noise.size() != plain.size() + wire::kNoiseKk2Overhead ||
      !leg.handshake->read_message(message.noise, plain)) {
    ++context_.out.counters.unauthentic;
    return;
  }
  const auto payload = wire::decode_ringing_payload(plain);
  if (!payload) {
    ++context_.out.counters.malformed;
    return;
  }
  if (leg.asks) return on_asked(now, leg, payload->status);
  leg.channel = message.channel;
  leg.keys.emplace(session::make_call_keys(session::CallSide::caller, leg.handshake->split()));
  leg.handshake.reset();
  leg.learn_peer(*payload);
  if (leg.state == Leg::State::cancelled) {
    // A busy device has nothing to hang up.
    leg.state = payload->status == wire::RingStatus::ringing ? Leg::State::ringing : Leg::State::over;
    leave(now, leg, wire::HangupReason::ended);
    return;
  }
  switch (payload->status) {
    case wire::RingStatus::busy:
      leg_failed(now, leg, EndReason::busy);
      return;
    case wire::RingStatus::declined:
      leg_failed(now, leg, EndReason::declined);
      return;
    case wire::RingStatus::ringing:
      break;
  }
  leg.state = Leg::State::ringing;
  leg.repeat.stop();
  leg.confirm = encoded(wire::SealedSignal{wire::SealedKind::confirm, leg.channel,
                                           leg.keys->signals.seal(wire::SealedKind::confirm, {})});
  send_encoded(now, leg.confirm);
  if (state_ == CallState::calling) {
    state_ = CallState::ringing_there;
    emit(EventKind::ringing);
  }
}

void Call::on_answer(Time now, Leg& leg, Bytes sealed) {
  if (!outgoing_ || !leg.keys) return;
  const auto plain = leg.keys->signals.open(wire::SealedKind::answer, sealed);
  if (!plain) {
    ++context_.out.counters.replayed;  // the repetition of one already taken, or not the far device's
    return;
  }
  const auto payload = wire::decode_answer_payload(*plain);
  if (!payload) {
    ++context_.out.counters.malformed;
    return;
  }
  if (leg.state != Leg::State::ringing) return;
  if (state_ == CallState::connected && !leg.continues) {
    leave(now, leg, wire::HangupReason::answered_elsewhere);
    return;
  }
  leg.peer_receive_max_bps = payload->receive_max_bps;
  leg.peer_streams = payload->streams;
  choose(now, leg);
}

// That device has answered: the others need not ring any more.
void Call::choose(Time now, Leg& leg) {
  connect(now, leg);
  lookup_.stop();
  for (Leg& other : legs_)
    if (&other != &leg) leave(now, other, wire::HangupReason::answered_elsewhere);
}

void Call::on_call_failed(Time now, Leg& leg, const wire::CallFailed& message) {
  if (leg.state != Leg::State::inviting) return;
  if (leg.asks) return;  // to call them may be forbidden, or they are on their way
  if (leg.continues && is_worth_waiting_for(message.reason)) return;  // the far device may be on its way there
  switch (message.reason) {
    case wire::CallFailure::no_such_device:
      // What we know of this person is out of date: ask once, the new devices are invited then.
      if (!looked_up_) look_up(now);
      leg_failed(now, leg, EndReason::no_such_name);
      break;
    case wire::CallFailure::not_attached:
      leg_failed(now, leg, EndReason::not_attached);
      break;
    case wire::CallFailure::too_many_calls:
      leg_failed(now, leg, EndReason::busy);
      break;
    case wire::CallFailure::over:
      if (leg.continues)
        end(now, EndReason::peer_hung_up, wire::HangupReason::ended);
      else
        end(now, EndReason::declined, wire::HangupReason::declined);
      break;
    case wire::CallFailure::by_policy:
      verdict_ = context_.admission.refused_by_node({.peer = peer_}, message.rule, message.until);
      leg_failed(now, leg, EndReason::not_allowed);
      break;
    case wire::CallFailure::not_allowed:
      verdict_ = {.rule = policy::Rule::build,
                  .words =
                      "The supernode does not let this call through: a program at one of the two ends is too old for "
                      "the policy; it has to be updated there"};
      leg_failed(now, leg, EndReason::not_allowed);
      break;
  }
}

}  // namespace farline::client
