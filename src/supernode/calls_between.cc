// Calls with devices that are attached to other nodes. Nodes tell each other what they would tell the device, each
// naming the channel of the one it talks to; CHANNEL_UNKNOWN alone names the channel of the one that says it.
#include "supernode/calls.h"

namespace farline::supernode {

// --- Outward ---------------------------------------------------------------------------------------------------------

bool Calls::ask_for_callee(Time now, const Session& caller, const wire::Invite& invite) {
  if (parts_.sessions.of(invite.callee)) return false;
  const auto where = parts_.elsewhere.where(now, invite.callee);
  if (where && where->is_fresh && known(invite.callee)) return false;
  ByteVector kept(wire::kControlMessageMax);
  Writer writer(kept);
  wire::encode_control(invite, writer);
  kept.resize(writer.size());
  return parts_.elsewhere.ask(now, invite.callee, {.device = caller.device, .name = {}, .message = std::move(kept)});
}

void Calls::handle_found(Time now, Session& caller, const wire::Invite& invite) {
  if (legs_.find(caller.device, invite.call)) return handle(now, caller, invite);
  if (const auto failure = invite_first(now, caller, {.invite = invite, .is_found = true})) {
    ++parts_.counters.refused;
    parts_.sessions.send(now, caller, *failure);
  }
}

void Calls::aim(Time now, Leg& leg) {
  LegEnd& callee = leg.end(Side::callee);
  if (leg.state != LegState::invited) return;
  if (parts_.sessions.of(callee.device)) {
    callee.node.reset();
  } else if (const auto where = parts_.elsewhere.where(now, callee.device)) {
    callee.node = where->node;
  }
}

void Calls::signal(const wire::NodeId& node, wire::NodeSignal signal, const wire::ControlMessage& message) {
  std::array<uint8_t, wire::kControlMessageMax> bytes{};
  Writer writer(bytes);
  wire::encode_control(message, writer);
  signal.message = writer.written();
  parts_.backbone.send(node, signal);
}

void Calls::tell(Time now, Leg& leg, Side to, const wire::ControlMessage& message) {
  const LegEnd& end = leg.end(to);
  if (!end.node) {
    parts_.sessions.send(now, end.device, message);
    return;
  }
  signal(*end.node, {.is_emergency = leg.is_emergency, .from = leg.end(other(to)).device, .to = end.device}, message);
}

void Calls::repeat_farewell(Time now, Leg& leg) {
  if (leg.farewell.empty()) return;
  const Side far = leg.end(Side::caller).node ? Side::caller : Side::callee;
  tell(now, leg, far,
       wire::SealedSignal{.kind = wire::SealedKind::hangup, .channel = leg.name_of(far), .sealed = leg.farewell});
}

void Calls::answer(Time now, const Speaker& to, const wire::ControlMessage& message) {
  if (to.node) {
    signal(*to.node, {.from = to.to, .to = to.device}, message);
  } else {
    parts_.sessions.send(now, to.device, message);
  }
}

// --- Inward ----------------------------------------------------------------------------------------------------------

void Calls::handle_signal(Time now, const wire::NodeId& node, const wire::NodeSignal& signal) {
  const auto message = wire::decode_control(signal.message, wire::ControlFrom::node);
  if (!message) {
    ++parts_.counters.backbone_refused;
    return;
  }
  const Speaker from{.device = signal.from, .node = node, .to = signal.to};
  std::visit(wire::Overloaded{
                 [&](const wire::Incoming& m) { receive(now, from, signal, m); },
                 [&](const wire::RingingToCaller& m) { receive(now, from, m); },
                 [&](const wire::CallFailed& m) { receive(now, from, m); },
                 [&](const wire::Cancelled& m) { receive(now, from, m); },
                 [&](const wire::CallClosing& m) { receive(now, from, m); },
                 [&](const wire::SealedSignal& m) { handle(now, from, m); },
                 [&](const wire::HangupAck& m) { handle(now, from, m); },
                 [&](const wire::ChannelUnknown& m) { handle(now, from, m); },
                 [&](const auto&) { ++parts_.counters.backbone_refused; },
             },
             *message);
}

void Calls::receive(Time now, const Speaker& from, const wire::NodeSignal& signal, const wire::Incoming& incoming) {
  if (const auto failure = receive_first(now, from, signal, incoming)) {
    ++parts_.counters.refused;
    answer(now, from, wire::CallFailed{.call = incoming.call, .reason = *failure});
  }
}

// The caller's node has judged; here is only what it cannot know.
std::optional<wire::CallFailure> Calls::receive_first(Time now, const Speaker& from, const wire::NodeSignal& signal,
                                                      const wire::Incoming& incoming) {
  using enum wire::CallFailure;
  const Device* callee = parts_.directory.find(from.to);
  if (incoming.caller != from.device || from.to == from.device || incoming.noise.size() > wire::kSignalBytesMax)
    return not_allowed;
  const Session* there = parts_.sessions.of(from.to);
  if (!callee || !there) return not_attached;
  if (parts_.door.is_revoked(from.to) || parts_.door.is_revoked(from.device)) return not_allowed;
  if (!signal.is_emergency && parts_.door.is_build_blocked(now, {*callee, there->visitor})) return not_allowed;
  Leg* leg = legs_.find(from.device, incoming.call);
  if (leg && leg->end(Side::callee).device != from.to) return not_allowed;
  if (leg && leg->state == LegState::ended) return over;
  if (!leg) {
    if (!parts_.elsewhere.learn(now, from.device, signal.certificate)) return not_allowed;
    if (legs_.count_between(from.device, from.to) >= wire::kLegsPerPairMax) return too_many_calls;
    if (Leg* earlier = legs_.unconfirmed(from.device, from.to)) cancel(now, *earlier);
    leg = legs_.add(now,
                    {.caller = from.device, .callee = from.to, .call = incoming.call, .rate_kbps = incoming.rate_kbps});
    if (!leg) return too_many_calls;
    leg->is_emergency = signal.is_emergency;
    ++parts_.counters.calls;
  }
  LegEnd& caller = leg->end(Side::caller);
  if (!caller.signals.take(now)) {
    ++parts_.counters.rate_limited;
    return std::nullopt;
  }
  caller.node = from.node;
  caller.far_channel = incoming.channel;
  forward_invite(now, *leg, {.callee = from.to, .rate_kbps = incoming.rate_kbps, .noise = incoming.noise});
  return std::nullopt;
}

void Calls::receive(Time now, const Speaker& from, const wire::RingingToCaller& ringing) {
  Leg* leg = legs_.find(from.to, ringing.call);
  if (!leg || ringing.noise.size() > wire::kSignalBytesMax) return;
  LegEnd& callee = leg->end(Side::callee);
  if (callee.device != from.device || callee.node != from.node) return;
  callee.far_channel = ringing.channel;
  handle(now, from, wire::RingingFromCallee{.channel = callee.channel, .noise = ringing.noise});
}

void Calls::receive(Time now, const Speaker& from, const wire::CallFailed& failed) {
  Leg* leg = legs_.find(from.to, failed.call);
  if (!leg || leg->end(Side::callee).device != from.device || leg->end(Side::callee).node != from.node) return;
  if (failed.reason == wire::CallFailure::not_attached) parts_.elsewhere.not_there(from.device, *from.node);
  if (leg->state != LegState::invited) return;
  tell(now, *leg, Side::caller, failed);
  legs_.end(now, *leg);
}

void Calls::receive(Time now, const Speaker& from, const wire::Cancelled&) {
  Leg* leg = legs_.unconfirmed(from.device, from.to);
  if (leg && leg->end(Side::caller).node == from.node) cancel(now, *leg);
}

void Calls::receive(Time now, const Speaker& from, const wire::CallClosing& closing) {
  const auto place = signal_place(now, from, closing.channel);
  if (!place) return;
  const Side here = other(place->side);
  tell(now, place->leg, here,
       wire::CallClosing{.channel = place->leg.name_of(here), .rule = closing.rule, .seconds = closing.seconds});
  if (closing.seconds == 0) legs_.end(now, place->leg);
}

void Calls::handle_media(Time now, const wire::NodeId& node, const wire::NodeMedia& media) {
  constexpr uint32_t kHeaderBytes = 28;  // what it had on its way to the other node
  Bytes sframe;
  const auto header = wire::decode_media_header(media.datagram, sframe);
  const auto place = header ? legs_.at(header->channel) : std::nullopt;
  if (!place || place->leg.end(place->side).node != node) {
    ++parts_.counters.relay_no_channel;
    return;
  }
  relay(now, *place, media.datagram, kHeaderBytes);
}

}  // namespace farline::supernode
