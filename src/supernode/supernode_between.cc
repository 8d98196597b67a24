// What the core says to other nodes and hears of them; LOOKUP, which may need them.
#include "supernode/supernode_impl.h"

namespace farline::supernode {

void Supernode::Impl::handle(Time now, Session& session, const wire::Lookup& lookup) {
  answer(now, session, {.device = session.device, .request = lookup.request, .name = std::string(lookup.name)}, false);
}

// Somebody who is here is the answer at once; else the other nodes are asked, and what was known before is the last
// resort. A name without a site may be one of this node's.
void Supernode::Impl::answer(Time now, Session& session, Elsewhere::Asker lookup, bool is_settled) {
  const auto is_here = [](const wire::LookupDevice& device) {
    return device.attached && device.source != wire::LookupSource::stale;
  };
  wire::LookupResult best{.request = lookup.request, .status = wire::LookupStatus::no_such_name};
  std::string persons[2];
  if (const auto exact = wire::fold_name(lookup.name)) persons[0] = *exact;
  if (const auto here = enrolment.full_name(lookup.name)) persons[1] = wire::fold_name(*here).value();
  if (persons[1] == persons[0]) persons[1].clear();
  for (const std::string& person : persons) {
    if (person.empty() || best.device_count != 0) continue;
    best = calls.look_up(now, lookup.request, person);
  }
  const bool is_known = std::ranges::any_of(std::span(best.devices).first(best.device_count), is_here);
  if (!is_known && !(is_settled && lookup.is_second)) {
    const bool asks_second = is_settled && !persons[1].empty() && best.device_count == 0;
    if (!is_settled || asks_second) {
      lookup.is_second = is_settled || persons[0].empty();
      const std::string& person = persons[lookup.is_second ? 1 : 0];
      if (!person.empty() && elsewhere.ask(now, person, std::move(lookup))) return;
    }
  }
  sessions.send(now, session, best);
}

// --- Other nodes -----------------------------------------------------------------------------------------------------

void Supernode::Impl::handle_frame(Time now, Bytes frame) {
  std::array<uint8_t, wire::kBackboneBytesMax> plaintext;
  const auto received = backbone.open(now, frame, plaintext);
  if (backbone.take_joined()) {
    elsewhere.republish();
    mailbox.nodes_changed(now);
  }
  if (!received) return;
  const wire::NodeId& from = received->from;
  std::visit(wire::Overloaded{
                 [&](const wire::NodeSignal& m) { calls.handle_signal(now, from, m); },
                 [&](const wire::NodeMedia& m) { calls.handle_media(now, from, m); },
                 [&](const wire::NodeMail& m) { mailbox.handle(now, from, m); },
                 [&](const wire::NodeMailAnswer& m) { mailbox.handle(now, from, m); },
                 [&](const auto& m) { elsewhere.handle(now, from, m); },
             },
             received->message);
  for (const wire::DeviceId& device : elsewhere.take_placed()) mailbox.depart(now, device);
  settle(now);
}

void Supernode::Impl::set_backbone(Time now, bool is_up) {
  backbone.set_up(now, is_up);
  if (!is_up) {
    elsewhere.backbone_down();
    mailbox.backbone_down();
    settle(now);
  }
}

// What waited for an answer goes on; it may ask once more.
void Supernode::Impl::settle(Time now) {
  for (Elsewhere::Asker& asker : elsewhere.take_settled()) {
    if (asker.is_mail) {
      mailbox.found(now, asker.device);
      continue;
    }
    Session* session = sessions.of(asker.device);
    if (!session) continue;
    if (asker.message.empty()) {
      answer(now, *session, std::move(asker), true);
      continue;
    }
    const auto message = wire::decode_control(asker.message, wire::ControlFrom::client);
    if (const auto* invite = std::get_if<wire::Invite>(&message.value())) {
      calls.handle_found(now, *session, *invite);
    } else {
      mailbox.handle_found(now, *session, std::get<wire::MailPut>(message.value()));
    }
  }
}

void Supernode::Impl::handle(Time now, Session& session, const wire::Presence& presence) {
  if (!config.has_backbone || !session.presences.take(now) || !elsewhere.told(session, presence)) ++counters.refused;
}

void Supernode::Impl::want_presences(Time now) {
  if (!config.has_backbone) return;
  sessions.for_each([&](Session& session) {
    const bool may_come = session.committed && session.may_call() && !session.presence;
    if (may_come && now - session.heard < wire::kSweepEvery) sessions.send(now, session, wire::PresenceWanted{});
  });
}

void Supernode::set_backbone(Time now, bool is_up) {
  impl_->set_backbone(now, is_up);
}

void Supernode::handle_backbone(Time now, Bytes frame) {
  impl_->handle_frame(now, frame);
}

bool Supernode::poll_backbone(BackboneSend& out) {
  return impl_->backbone.poll(out);
}

const wire::DeviceId& Supernode::node_id() const {
  return impl_->backbone.own_id();
}

size_t Supernode::present() const {
  size_t count = 0;
  impl_->sessions.for_each([&](const Session& session) { count += session.committed && session.presence ? 1U : 0U; });
  return count;
}

size_t Supernode::other_nodes(Time now) const {
  return impl_->backbone.live(now).size();
}

}  // namespace farline::supernode
