#include "supernode/calls.h"

namespace farline::supernode {
namespace {

constexpr size_t kChannelUnknownBytes = wire::kControlShortHeader + 3 + 16;

}  // namespace

// --- INVITE, CANCEL --------------------------------------------------------------------------------------------------

void Calls::handle(Time now, Session& caller, const wire::Invite& invite) {
  if (Leg* leg = legs_.find(caller.device, invite.call)) {
    invite_again(now, caller, *leg, invite);
    return;
  }
  if (const auto failure = invite_first(now, caller, invite)) {
    ++parts_.counters.refused;
    parts_.sessions.send(now, caller, *failure);
  }
}

void Calls::invite_again(Time now, Session& caller, Leg& leg, const wire::Invite& invite) {
  if (leg.end(Side::callee).device != invite.callee) {
    ++parts_.counters.refused;
    return;
  }
  if (!leg.end(Side::caller).signals.take(now)) {
    ++parts_.counters.rate_limited;
    return;
  }
  if (leg.state == LegState::ended) {  // the callee declined before its RINGING, which was lost, had got there
    ++parts_.counters.refused;
    parts_.sessions.send(now, caller, wire::CallFailed{.call = invite.call, .reason = wire::CallFailure::over});
    return;
  }
  if (leg.state == LegState::invited && !parts_.sessions.of(invite.callee)) {
    parts_.sessions.send(now, caller, wire::CallFailed{.call = invite.call, .reason = wire::CallFailure::not_attached});
    return;
  }
  forward_invite(now, leg, invite);
}

std::optional<wire::CallFailed> Calls::invite_first(Time now, Session& caller, const wire::Invite& invite) {
  using enum wire::CallFailure;
  const auto failed = [&](wire::CallFailure reason) { return wire::CallFailed{.call = invite.call, .reason = reason}; };
  if (invite.callee == caller.device) return failed(not_allowed);
  const Device* callee = parts_.directory.find(invite.callee);
  const Device* self = parts_.directory.find(caller.device);
  if (!callee || parts_.door.is_revoked(callee->id)) return failed(no_such_device);
  if (!self) return failed(not_allowed);  // its certificate expired, and another device has its place
  const policy::Decision decision = parts_.door.judge(now, {.caller = {*self, caller.visitor}, .callee = *callee});
  if (!decision.allowed) {
    ++parts_.counters.refused_by_rule[static_cast<size_t>(decision.rule)];
    return wire::CallFailed{.call = invite.call,
                            .reason = by_policy,
                            .rule = static_cast<uint8_t>(decision.rule),
                            .until = decision.until.value_or(WallTime{})};
  }
  tell_of_other_devices(now, caller, invite, *callee);
  const Session* there = parts_.sessions.of(invite.callee);
  if (!there) return failed(not_attached);
  const bool is_emergency = decision.rule == policy::Rule::emergency;
  if (!is_emergency && parts_.door.is_build_blocked(now, {*callee, there->visitor})) return failed(not_allowed);
  if (legs_.count_between(caller.device, invite.callee) >= wire::kLegsPerPairMax) return failed(too_many_calls);
  if (!caller.invites.take(now)) return failed(too_many_calls);
  // A caller that calls again has given the earlier call up: a device never rings twice for one other device.
  if (Leg* earlier = legs_.unconfirmed(caller.device, invite.callee)) cancel(now, *earlier);
  Leg* leg = legs_.add(
      now, {.caller = caller.device, .callee = invite.callee, .call = invite.call, .rate_kbps = invite.rate_kbps});
  if (!leg) return failed(too_many_calls);
  leg->is_emergency = is_emergency;
  ++parts_.counters.calls;
  leg->end(Side::caller).signals.take(now);
  forward_invite(now, *leg, invite);
  return std::nullopt;
}

void Calls::forward_invite(Time now, Leg& leg, const wire::Invite& invite) {
  leg.active = now;
  parts_.sessions.send(now, invite.callee,
                       wire::Incoming{.caller = leg.end(Side::caller).device,
                                      .call = leg.call,
                                      .channel = leg.end(Side::callee).channel,
                                      .rate_kbps = invite.rate_kbps,
                                      .noise = invite.noise});
}

void Calls::tell_of_other_devices(Time now, Session& caller, const wire::Invite& invite, const Device& callee) {
  if (parts_.directory.devices_of(callee.person).size() <= invite.known_devices) return;
  if (caller.told_devices && now - *caller.told_devices < wire::kUnaskedLookupEvery) return;
  caller.told_devices = now;
  parts_.sessions.send(now, caller, look_up(0, callee.person));
}

void Calls::handle(Time now, Session& caller, const wire::Cancel& request) {
  Leg* leg = legs_.find(caller.device, request.call);
  if (!leg || leg->state == LegState::confirmed || leg->state == LegState::answered) {
    ++parts_.counters.refused;
    return;
  }
  if (!leg->end(Side::caller).signals.take(now)) {
    ++parts_.counters.rate_limited;
    return;
  }
  cancel(now, *leg);
}

void Calls::cancel(Time now, Leg& leg) {
  const LegEnd& callee = leg.end(Side::callee);
  parts_.sessions.send(now, callee.device, wire::Cancelled{callee.channel});
  legs_.end(now, leg);
}

// --- Signals on a channel --------------------------------------------------------------------------------------------

std::optional<Legs::Place> Calls::own_place(const Session& session, wire::Channel channel) {
  const auto place = legs_.at(channel);
  if (!place || place->leg.end(place->side).device != session.device) return std::nullopt;
  return place;
}

std::optional<Legs::Place> Calls::signal_place(Time now, Session& session, wire::Channel channel) {
  const auto place = own_place(session, channel);
  if (!place) {
    parts_.sessions.send(now, session, wire::ChannelUnknown{channel});
    return std::nullopt;
  }
  if (!place->leg.end(place->side).signals.take(now)) {
    ++parts_.counters.rate_limited;
    return std::nullopt;
  }
  return place;
}

void Calls::forward(Time now, const Legs::Place& place, const wire::ControlMessage& message) {
  if (place.leg.state != LegState::ended) place.leg.active = now;
  parts_.sessions.send(now, place.leg.end(other(place.side)).device, message);
}

void Calls::handle(Time now, Session& callee, const wire::RingingFromCallee& ringing) {
  const auto place = signal_place(now, callee, ringing.channel);
  if (!place) return;
  if (place->side != Side::callee) {
    ++parts_.counters.refused;
    return;
  }
  if (place->leg.state == LegState::ended) {  // CANCELLED was lost
    parts_.sessions.send(now, callee, wire::Cancelled{ringing.channel});
    return;
  }
  place->leg.advance(LegState::ringing);
  forward(now, *place,
          wire::RingingToCaller{
              .call = place->leg.call, .channel = place->leg.end(Side::caller).channel, .noise = ringing.noise});
}

void Calls::handle(Time now, Session& from, const wire::SealedSignal& signal) {
  const auto place = signal_place(now, from, signal.channel);
  if (!place) return;
  const bool is_hangup = signal.kind == wire::SealedKind::hangup;
  const Side sender = signal.kind == wire::SealedKind::confirm ? Side::caller : Side::callee;
  if (!is_hangup && (place->side != sender || place->leg.state == LegState::ended)) {
    ++parts_.counters.refused;
    return;
  }
  if (signal.kind == wire::SealedKind::confirm) place->leg.advance(LegState::confirmed);
  if (signal.kind == wire::SealedKind::answer) place->leg.advance(LegState::answered);
  forward(now, *place,
          wire::SealedSignal{
              .kind = signal.kind, .channel = place->leg.end(other(place->side)).channel, .sealed = signal.sealed});
  if (is_hangup) legs_.end(now, place->leg);
}

void Calls::handle(Time now, Session& from, const wire::HangupAck& ack) {
  const auto place = own_place(from, ack.channel);
  if (!place) return;  // the end of a conversation: an answer would only start another
  if (place->leg.end(place->side).signals.take(now)) {
    forward(now, *place, wire::HangupAck{place->leg.end(other(place->side)).channel});
  } else {
    ++parts_.counters.rate_limited;
  }
}

// The device has restarted and lost the call; the other side would wait for it for ever.
void Calls::handle(Time now, Session& from, const wire::ChannelUnknown& lost) {
  const auto place = own_place(from, lost.channel);
  if (!place || place->leg.state == LegState::ended) {
    ++parts_.counters.refused;
    return;
  }
  if (!place->leg.end(place->side).signals.take(now)) {
    ++parts_.counters.rate_limited;
    return;
  }
  forward(now, *place, wire::ChannelUnknown{place->leg.end(other(place->side)).channel});
  legs_.end(now, place->leg);
}

// --- Media -----------------------------------------------------------------------------------------------------------

void Calls::handle_media(Time now, const Address& from, Bytes datagram) {
  Bytes sframe;
  const auto header = wire::decode_media_header(datagram, sframe);
  if (!header || datagram.size() < wire::kMediaBytesMin) {
    ++parts_.counters.malformed;
    return;
  }
  const auto place = legs_.at(header->channel);
  Session* sender = place ? parts_.sessions.of(place->leg.end(place->side).device) : nullptr;
  if (!sender || sender->address != from) {
    handle_stray_media(now, from, datagram, place);
    return;
  }
  Leg& leg = place->leg;
  LegEnd& to = leg.end(other(place->side));
  sender->heard = now;
  if (!leg.passes_media_from(place->side)) {
    ++parts_.counters.relay_not_answered;
    return;
  }
  Session* receiver = parts_.sessions.of(to.device);
  if (!receiver) {
    ++parts_.counters.relay_not_attached;
    return;
  }
  const auto bytes = static_cast<uint32_t>(datagram.size()) + from.header_bytes();
  if (!leg.end(place->side).quota.take(now, bytes)) {
    ++parts_.counters.relay_over_quota;
    return;
  }
  if (!Door::passes(now, sender->visitor, receiver->visitor, {bytes, leg.is_emergency})) {
    ++parts_.counters.relay_over_cap;
    return;
  }
  if (to.bytes == 0) leg.talks_since = now;
  leg.end(place->side).bytes += bytes;
  to.bytes += bytes;
  leg.active = now;
  leg.advance(LegState::answered);
  Datagram& out = parts_.out.push(receiver->address);
  out.assign(datagram);
  Writer writer(out.buffer());
  wire::encode_media_header({.channel = to.channel}, writer);
  ++parts_.counters.relayed_packets;
  parts_.counters.relayed_bytes += datagram.size();
}

void Calls::handle_stray_media(Time now, const Address& from, Bytes datagram, const std::optional<Legs::Place>& place) {
  const wire::Channel channel = Reader(datagram.subspan(1)).u16();
  // An attached device uses a channel it does not have (any more): it learns so.
  if (Session* session = parts_.sessions.at(from)) {
    ++parts_.counters.relay_no_channel;
    if (datagram.size() >= kChannelUnknownBytes && session->strays.take(now))
      parts_.sessions.send(now, *session, wire::ChannelUnknown{channel});
    return;
  }
  if (!place) {
    ++parts_.counters.relay_no_channel;
    return;
  }
  ++parts_.counters.relay_wrong_address;
  if (Session* owner = parts_.sessions.of(place->leg.end(place->side).device))
    parts_.sessions.challenge_stray(now, *owner, from, datagram.size());
}

// --- LOOKUP ----------------------------------------------------------------------------------------------------------

wire::LookupResult Calls::look_up(uint8_t request, const std::string& person) const {
  wire::LookupResult result{.request = request, .status = wire::LookupStatus::no_such_name};
  size_t room = wire::kControlMessageMax - 3;
  for (const Device* device : parts_.directory.devices_of(person)) {
    const size_t size = 3 + device->certificate.size();
    if (size > room || result.device_count == result.devices.size() || parts_.door.is_revoked(device->id)) continue;
    room -= size;
    result.status = wire::LookupStatus::found;
    result.devices[result.device_count++] = {parts_.sessions.of(device->id) != nullptr, device->certificate};
  }
  return result;
}

}  // namespace farline::supernode
