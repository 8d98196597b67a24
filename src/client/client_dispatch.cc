// What arrives: media to its call, messages to whom they concern, invitations to the person.
#include <algorithm>

#include "client/client_impl.h"
#include "wire/name.h"

namespace farline::client {
namespace {

constexpr size_t kRecentRepliesMax = 8;
constexpr size_t kInviteLimitsMax = 256;
constexpr Duration kTakenUpWithin = 20s;  // of a program that was started again

}  // namespace

void Client::Impl::on_media(Time now, Bytes datagram, size_t wire_bytes) {
  Bytes sframe;
  const auto header = wire::decode_media_header(datagram, sframe);
  if (!header) {
    ++out.counters.malformed;
    return;
  }
  const auto takes = [&](const auto& c) { return c && c->handle_media(now, header->channel, sframe, wire_bytes); };
  if (takes(call)) return;
  ++out.counters.unexpected;
  if (std::ranges::any_of(ending, takes)) return;
  // A call from before a restart: the far device must not wait for us.
  if (lost_calls.take(now)) attachment.send(now, wire::ChannelUnknown{header->channel});
}

bool Client::Impl::is_of_left_relay(Time now, const Address& from, Bytes datagram, size_t wire_bytes) {
  if (wire::packet_type(datagram) != wire::PacketType::media || !call || call->relay() != from) return false;
  Bytes sframe;
  const auto header = wire::decode_media_header(datagram, sframe);
  return header && call->handle_media(now, header->channel, sframe, wire_bytes);
}

bool Client::Impl::is_direct_media(Time now, const Address& from, Bytes datagram, size_t wire_bytes) {
  Bytes sframe;
  if (wire::packet_type(datagram) != wire::PacketType::media) return false;
  const auto header = wire::decode_media_header(datagram, sframe);
  return header && header->channel == wire::kDirectChannel && call &&
         call->handle_direct(now, from, sframe, wire_bytes);
}

void Client::Impl::dispatch(Time now, const wire::ControlMessage& message, size_t wire_bytes) {
  if (issuers.keeps(now, message)) return;
  if (const auto* incoming = std::get_if<wire::Incoming>(&message)) {
    on_incoming(now, *incoming, wire_bytes);
  } else if (const auto* reply = std::get_if<wire::CertificateReply>(&message)) {
    on_certificate(now, *reply, wire_bytes);
  } else if (const auto* pass = std::get_if<wire::Pass>(&message)) {
    on_pass(now, *pass);
  } else if (const auto* enrolled = std::get_if<wire::Enrolled>(&message)) {
    const std::vector<ByteVector> before = config.identity.issuers;
    if (renewal.handle(now, *enrolled, latest_time(now))) {
      admission.certified(config.identity.certificate);
      mail.reconsider();
      issuers.learn(before);
      issuers.learn(config.identity.issuers);
    }
  } else if (std::holds_alternative<wire::PresenceWanted>(message)) {
    if (presences.take(now)) tell_presence(now);
  } else if (policies.handle(now, message)) {
    if (const auto* news = std::get_if<wire::PolicyNews>(&message)) admission.node_holds(news->held);
  } else if (mail.handle(now, message, wire_bytes) || finder.handle(message)) {
    return;
  } else if (const auto* answer = std::get_if<wire::GlassAnswer>(&message)) {
    glass.stop();  // a node that does not know the code may not have the policy yet: told again later
    if (answer->status == wire::GlassStatus::open || !admission.glass_is_open(now)) admission.glass_was_told();
  } else if (const auto* ack = std::get_if<wire::AuditAck>(&message)) {
    audit.acknowledged(now, ack->number);
  } else if (const auto* link = std::get_if<wire::LinkAnswer>(&message)) {
    if (!probing.handle(now, *link, attachment)) ++out.counters.unexpected;
  } else if (const auto peer = call ? call->connected_with() : std::nullopt; call && call->handle(now, message)) {
    call->count_received(wire_bytes);
    const bool knows_no_call = std::holds_alternative<wire::ChannelUnknown>(message) ||
                               (!call->is_outgoing() && std::holds_alternative<wire::RingingToCaller>(message));
    if (peer && call->is_over() && knows_no_call) lost = Lost{*peer, now};
  } else {
    const bool known = std::ranges::any_of(ending, [&](const auto& old) { return old->handle(now, message); });
    if (!known) ++out.counters.unexpected;
  }
}

void Client::Impl::dispatch_kept(Time now, const std::vector<ByteVector>& messages) {
  for (const ByteVector& bytes : messages)
    if (const auto message = wire::decode_control(bytes, wire::ControlFrom::node)) dispatch(now, *message, 0);
}

void Client::Impl::on_incoming(Time now, const wire::Incoming& incoming, size_t wire_bytes) {
  if (call && call->handle_repeated_invitation(now, incoming)) return;
  for (const RecentReply& reply : replies) {
    if (reply.caller != incoming.caller || reply.number != incoming.call) continue;
    attachment.send_encoded(now, reply.message);
    return;
  }
  if (!allow_invitation(now, incoming.caller)) return;
  if (!book.has_current(incoming.caller, attachment.wall_time(now))) {
    want_certificate(now, incoming);
    return;
  }
  take_invitation(now, incoming, wire_bytes);
}

void Client::Impl::on_pass(Time now, const wire::Pass& pass) {
  if (!passes.handle(now, pass))
    ++out.counters.unauthentic;
  else if (call)
    call->pass_arrived(now);
}

bool Client::Impl::allow_invitation(Time now, const wire::DeviceId& caller) {
  if (!invite_limits.contains(caller) && invite_limits.size() >= kInviteLimitsMax) invite_limits.clear();
  const auto it = invite_limits.try_emplace(caller, wire::kInvitesPerCallerBurst, wire::kInvitesPerCallerEvery).first;
  return it->second.take(now);
}

bool Client::Impl::takes_up(Time now, const wire::DeviceId& caller) const {
  if (call && call->is_with(caller)) return true;
  return lost && lost->device == caller && now - lost->at < kTakenUpWithin && !in_call();
}

void Client::Impl::want_certificate(Time now, const wire::Incoming& incoming) {
  for (const PendingInvitation& waiting : pending)
    if (waiting.incoming.caller == incoming.caller && waiting.incoming.call == incoming.call) return;
  if (pending.size() >= wire::kPendingIncomingMax) pending.erase(pending.begin());
  PendingInvitation& waiting = pending.emplace_back();
  waiting.noise = to_vector(incoming.noise);
  waiting.incoming = incoming;
  waiting.incoming.noise = waiting.noise;
  waiting.forget_at = now + wire::kRingTime;
  ByteVector request = encoded(wire::CertificateWanted{wire::CertificateBy::device_id, incoming.caller.bytes});
  attachment.send_encoded(now, request);
  waiting.request.start(now, std::move(request), attachment.repeat_interval());
}

void Client::Impl::on_certificate(Time now, const wire::CertificateReply& reply, size_t wire_bytes) {
  if (reply.by == wire::CertificateBy::certificate_hash) {
    const std::vector<ByteVector> kept = issuers.handle(reply);
    // Its root may be one that only the policy names that is on its way.
    if (!issuers.known().knows({reply.id}) && policies.is_fetching()) policies.hurry(now);
    return dispatch_kept(now, kept);
  }
  const wire::DeviceId wanted{reply.id};
  const auto asked = [&](const PendingInvitation& p) { return p.incoming.caller == wanted; };
  if (std::ranges::none_of(pending, asked)) {
    ++out.counters.unexpected;
    return;
  }
  const auto id = book.add(reply.certificate, attachment.wall_time(now));
  std::vector<PendingInvitation> ready;
  std::erase_if(pending, [&](PendingInvitation& p) {
    if (!asked(p)) return false;
    ready.push_back(std::move(p));
    return true;
  });
  if (!id || *id != wanted) {
    ++out.counters.unauthentic;
    return;
  }
  for (PendingInvitation& p : ready) {
    p.incoming.noise = p.noise;
    take_invitation(now, p.incoming, wire_bytes);
  }
}

// Not taken, and said so once more when it is asked once more.
void Client::Impl::reply(Time now, const wire::Incoming& incoming, Offer& offer, wire::RingStatus status) {
  ByteVector message = ringing_message(offer, {.status = status, .policy = admission.version()});
  attachment.send_encoded(now, message);
  replies.push_back({incoming.caller, incoming.call, std::move(message)});
  if (replies.size() > kRecentRepliesMax) replies.pop_front();
}

void Client::Impl::take_invitation(Time now, const wire::Incoming& incoming, size_t wire_bytes) {
  const Contact* contact = book.find(incoming.caller);
  const auto folded = wire::fold_name(contact->name);
  if (!folded || book.is_blocked(*folded)) return;  // a blocked caller learns nothing, not even that it is blocked
  // A call that goes on invites, too; whoever calls anew meanwhile knows nothing of it.
  const bool glare =
      in_call() && call->is_outgoing() && !call->is_with(incoming.caller) && call->invites(incoming.caller);
  if (glare && context.self < incoming.caller) return;  // ours stands
  auto offer = open_invitation(context, incoming);
  if (!offer) {
    ++(offer.error().code == Errc::denied ? out.counters.replayed : out.counters.unauthentic);
    return;
  }
  const Admission::Welcome welcome = admission.welcome(now, incoming.caller, contact->name);
  if (welcome == Admission::Welcome::ignore) return;
  const bool declined = welcome == Admission::Welcome::decline;
  const wire::CallNumber continued = offer->payload.continues;
  if (continued != 0 && call && call->is_asked_for_by(incoming.caller, continued))
    return call->asked_to_continue(now, continued);
  if (continued != 0 && !declined && call && call->is_continued_by(incoming.caller, continued))
    return call->continue_incoming(now, std::move(*offer));
  if (continued != 0 || declined) {
    reply(now, incoming, *offer, declined ? wire::RingStatus::declined : wire::RingStatus::busy);
    return;
  }
  const CallLimits own = limits({});
  // Who calls again was killed in the call before: to be told "busy" by one's own dead call helps nobody.
  const bool goes_on = takes_up(now, incoming.caller);
  lost.reset();
  if (call && call->is_with(incoming.caller)) call->forgotten(now);
  if (in_call() && !glare) return reply(now, incoming, *offer, wire::RingStatus::busy);
  const CallId id = glare ? call->id() : next_id++;
  if (glare) call->yield(now);
  context.tariff = config.tariff ? config.tariff : admission.tariff(config.tariff_link);
  auto next = std::make_unique<Call>(context, id, contact->name, own, false);
  next->start_incoming(now, std::move(*offer));
  next->count_received(wire_bytes);
  replace_call(std::move(next));
  if (glare)
    call->answer(now);
  else
    out.events.push_back({.kind = EventKind::incoming, .call = id, .peer = contact->name, .takes_up = goes_on});
}

}  // namespace farline::client
