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
  if (const auto failure = invite_first(now, caller, {invite})) {
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
  aim(now, leg);
  if (leg.state == LegState::invited && !leg.end(Side::callee).node && !parts_.sessions.of(invite.callee)) {
    parts_.sessions.send(now, caller, wire::CallFailed{.call = invite.call, .reason = wire::CallFailure::not_attached});
    return;
  }
  forward_invite(now, leg, invite);
}

std::optional<wire::CallFailed> Calls::invite_first(Time now, Session& caller, const Invitation& invitation) {
  using enum wire::CallFailure;
  const wire::Invite& invite = invitation.invite;
  const auto failed = [&](wire::CallFailure reason) { return wire::CallFailed{.call = invite.call, .reason = reason}; };
  if (invite.callee == caller.device) return failed(not_allowed);
  if (!invitation.is_found && ask_for_callee(now, caller, invite)) return std::nullopt;
  const Device* callee = known(invite.callee);
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
  if (!there && !parts_.elsewhere.where(now, invite.callee)) return failed(not_attached);
  const bool is_emergency = decision.rule == policy::Rule::emergency;
  if (there && !is_emergency && parts_.door.is_build_blocked(now, {*callee, there->visitor}))
    return failed(not_allowed);
  if (legs_.count_between(caller.device, invite.callee) >= wire::kLegsPerPairMax) return failed(too_many_calls);
  if (!caller.invites.take(now)) return failed(too_many_calls);
  // A caller that calls again has given the earlier call up: a device never rings twice for one other device.
  if (Leg* earlier = legs_.unconfirmed(caller.device, invite.callee)) cancel(now, *earlier);
  Leg* leg = legs_.add(
      now, {.caller = caller.device, .callee = invite.callee, .call = invite.call, .rate_kbps = invite.rate_kbps});
  if (!leg) return failed(too_many_calls);
  leg->is_emergency = is_emergency;
  aim(now, *leg);
  ++parts_.counters.calls;
  leg->end(Side::caller).signals.take(now);
  forward_invite(now, *leg, invite);
  return std::nullopt;
}

void Calls::forward_invite(Time now, Leg& leg, const wire::Invite& invite) {
  leg.active = now;
  const LegEnd& caller = leg.end(Side::caller);
  const LegEnd& callee = leg.end(Side::callee);
  const wire::Incoming incoming{.caller = caller.device,
                                .call = leg.call,
                                .channel = callee.channel,
                                .rate_kbps = invite.rate_kbps,
                                .noise = invite.noise};
  if (!callee.node) {
    parts_.sessions.send(now, callee.device, incoming);
  } else if (const Device* self = known(caller.device)) {
    signal(*callee.node,
           {.is_emergency = leg.is_emergency, .from = self->id, .to = callee.device, .certificate = self->certificate},
           incoming);
  }
}

void Calls::tell_of_other_devices(Time now, Session& caller, const wire::Invite& invite, const Device& callee) {
  if (parts_.directory.devices_of(callee.person).size() <= invite.known_devices) return;
  if (caller.told_devices && now - *caller.told_devices < wire::kUnaskedLookupEvery) return;
  caller.told_devices = now;
  parts_.sessions.send(now, caller, look_up(now, 0, callee.person));
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
  tell(now, leg, Side::callee, wire::Cancelled{leg.name_of(Side::callee)});
  legs_.end(now, leg);
}

// --- Signals on a channel --------------------------------------------------------------------------------------------

std::optional<Legs::Place> Calls::own_place(const Speaker& speaker, wire::Channel channel) {
  const auto place = legs_.at(channel);
  if (!place) return std::nullopt;
  const LegEnd& end = place->leg.end(place->side);
  if (end.device != speaker.device || end.node != speaker.node) return std::nullopt;
  return place;
}

std::optional<Legs::Place> Calls::signal_place(Time now, const Speaker& speaker, wire::Channel channel) {
  const auto place = own_place(speaker, channel);
  if (!place) {
    answer(now, speaker, wire::ChannelUnknown{channel});
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
  tell(now, place.leg, other(place.side), message);
}

void Calls::handle(Time now, const Speaker& callee, const wire::RingingFromCallee& ringing) {
  const auto place = signal_place(now, callee, ringing.channel);
  if (!place) return;
  if (place->side != Side::callee) {
    ++parts_.counters.refused;
    return;
  }
  if (place->leg.state == LegState::ended) {  // CANCELLED was lost
    tell(now, place->leg, Side::callee, wire::Cancelled{place->leg.name_of(Side::callee)});
    return;
  }
  place->leg.advance(LegState::ringing);
  forward(now, *place,
          wire::RingingToCaller{
              .call = place->leg.call, .channel = place->leg.end(Side::caller).channel, .noise = ringing.noise});
}

void Calls::handle(Time now, const Speaker& from, const wire::SealedSignal& signal) {
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
              .kind = signal.kind, .channel = place->leg.name_of(other(place->side)), .sealed = signal.sealed});
  if (!is_hangup) return;
  if (place->leg.state != LegState::ended && place->leg.end(other(place->side)).node)
    place->leg.farewell = to_vector(signal.sealed);
  legs_.end(now, place->leg);
}

void Calls::handle(Time now, const Speaker& from, const wire::HangupAck& ack) {
  const auto place = own_place(from, ack.channel);
  if (!place) return;  // the end of a conversation: an answer would only start another
  if (from.node) place->leg.farewell.clear();
  if (place->leg.end(place->side).signals.take(now)) {
    forward(now, *place, wire::HangupAck{place->leg.name_of(other(place->side))});
  } else {
    ++parts_.counters.rate_limited;
  }
}

// The device has restarted and lost the call; the other side would wait for it for ever.
void Calls::handle(Time now, const Speaker& from, const wire::ChannelUnknown& lost) {
  // Between nodes it is the channel of the one that says so.
  const auto place = from.node ? legs_.at_far(from.device, *from.node, lost.channel) : own_place(from, lost.channel);
  const bool is_ended = place && place->leg.state == LegState::ended;
  if (is_ended && from.node) place->leg.farewell.clear();
  if (!place || (is_ended && !place->leg.end(other(place->side)).node)) {
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
  const bool is_ours = place && !place->leg.end(place->side).node;
  Session* sender = is_ours ? parts_.sessions.of(place->leg.end(place->side).device) : nullptr;
  if (!sender || sender->address != from) {
    handle_stray_media(now, from, datagram, place);
    return;
  }
  sender->heard = now;
  relay(now, *place, datagram, static_cast<uint32_t>(from.header_bytes()));
}

void Calls::relay(Time now, const Legs::Place& place, Bytes datagram, uint32_t header_bytes) {
  Leg& leg = place.leg;
  LegEnd& by = leg.end(place.side);
  LegEnd& to = leg.end(other(place.side));
  if (!leg.passes_media_from(place.side)) {
    ++parts_.counters.relay_not_answered;
    return;
  }
  Session* sender = by.node ? nullptr : parts_.sessions.of(by.device);
  Session* receiver = to.node ? nullptr : parts_.sessions.of(to.device);
  if (!receiver && !(to.node && to.far_channel != 0)) {
    ++parts_.counters.relay_not_attached;
    return;
  }
  const auto bytes = static_cast<uint32_t>(datagram.size()) + header_bytes;
  if (!by.quota.take(now, bytes)) {
    ++parts_.counters.relay_over_quota;
    return;
  }
  Visitor elsewhere;  // its own node sees to its share
  const Door::Packet packet{bytes, leg.is_emergency};
  if (!Door::passes(now, sender ? sender->visitor : elsewhere, receiver ? receiver->visitor : elsewhere, packet)) {
    ++parts_.counters.relay_over_cap;
    return;
  }
  if (to.bytes == 0) leg.talks_since = now;
  by.bytes += bytes;
  to.bytes += bytes;
  leg.active = now;
  leg.advance(LegState::answered);
  ++parts_.counters.relayed_packets;
  parts_.counters.relayed_bytes += datagram.size();
  Datagram between;
  Datagram& out = receiver ? parts_.out.push(receiver->address) : between;
  out.assign(datagram);
  Writer writer(out.buffer());
  wire::encode_media_header({.channel = leg.name_of(other(place.side))}, writer);
  if (!receiver) parts_.backbone.send(*to.node, wire::NodeMedia{between.bytes()});
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

wire::LookupResult Calls::look_up(Time now, uint8_t request, const std::string& person) const {
  wire::LookupResult result{.request = request, .status = wire::LookupStatus::no_such_name};
  size_t room = wire::kControlMessageMax - 3;
  const auto add = [&](const Device& device, bool is_own) {
    const size_t size = 3 + device.certificate.size();
    if (size > room || result.device_count == result.devices.size() || parts_.door.is_revoked(device.id)) return;
    room -= size;
    result.status = wire::LookupStatus::found;
    wire::LookupDevice& out = result.devices[result.device_count++];
    const bool is_here = parts_.sessions.of(device.id) != nullptr;
    const auto where = is_here ? std::nullopt : parts_.elsewhere.where(now, device.id);
    const bool is_fresh = where ? where->is_fresh : is_here || is_own || parts_.elsewhere.is_fresh(now, device.id);
    using enum wire::LookupSource;
    out = {.attached = is_here || where,
           .certificate = device.certificate,
           .source = !is_fresh          ? stale
                     : is_own && !where ? own_node
                                        : other_node};
  };
  for (const Device* device : parts_.directory.devices_of(person)) add(*device, true);
  for (const Device* device : parts_.elsewhere.devices_of(person))
    if (!parts_.directory.find(device->id)) add(*device, false);
  return result;
}

}  // namespace farline::supernode
