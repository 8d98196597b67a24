// Timers: sweep  start: the first session or leg  every wire::kSweepEvery  effect: idle sessions and legs are dropped
//         late   start: a device asks for one     as long as it says       effect: an answer after a silence
// and those of backbone.h and elsewhere.h.
#include "supernode/supernode_impl.h"

namespace farline::supernode {
namespace {

// The bytes an INVITE or a signal carries for the other device.
Bytes carried(const wire::ControlMessage& message) {
  return std::visit(wire::Overloaded{
                        [](const wire::Invite& m) { return m.noise; },
                        [](const wire::RingingFromCallee& m) { return m.noise; },
                        [](const wire::SealedSignal& m) { return m.sealed; },
                        [](const auto&) { return Bytes{}; },
                    },
                    message);
}

// Never longer than its question.
wire::LinkAnswer answer_to(Time now, const wire::LinkProbe& probe) {
  const size_t most = std::min<size_t>(probe.wanted, wire::kLinkProbeBytes + probe.zeros);
  return {.number = probe.number,
          .arrived_ms = static_cast<uint32_t>(to_milliseconds(now.time_since_epoch())),
          .zeros = static_cast<uint16_t>(std::max(most, wire::kLinkAnswerBytes) - wire::kLinkAnswerBytes)};
}

}  // namespace

// --- Packets ---------------------------------------------------------------------------------------------------------

void Supernode::Impl::dispatch(Time now, const Address& from, Bytes datagram) {
  ++counters.datagrams;
  const auto type = wire::packet_type(datagram);
  if (!type || datagram.size() > wire::kDatagramBytesMax) {
    ++counters.malformed;
    return;
  }
  switch (*type) {
    case wire::PacketType::media:
      calls.handle_media(now, from, datagram);
      return;
    case wire::PacketType::keepalive:
    case wire::PacketType::keepalive_wanted:
    case wire::PacketType::patience_question:
      sessions.handle_keepalive(now, from, datagram);
      return;
    case wire::PacketType::control_short:
    case wire::PacketType::control_long:
      handle_record(now, from, datagram);
      return;
    case wire::PacketType::handshake_initiation:
    case wire::PacketType::handshake_initiation_cookie:
      handle_handshake(now, from, datagram);
      return;
    case wire::PacketType::handshake_response:
    case wire::PacketType::cookie_reply:
    case wire::PacketType::busy:
    case wire::PacketType::keepalive_answer:
    case wire::PacketType::keepalive_moved:
    case wire::PacketType::patience_answer:
      ++counters.malformed;
      return;
  }
}

void Supernode::Impl::handle_handshake(Time now, const Address& from, Bytes datagram) {
  const uint64_t full_before = counters.node_full;
  const uint64_t cookies_before = counters.cookies_sent;
  handshakes.handle(now, from, datagram);
  const LogField attached{"attached", static_cast<int64_t>(sessions.committed_count())};
  if (counters.node_full != full_before && full_log.take(now))
    environment.log.write(now, LogLevel::warning, "node_full", {attached});
  if (counters.cookies_sent != cookies_before && load_log.take(now))
    environment.log.write(now, LogLevel::notice, "handshakes_under_load", {attached});
}

void Supernode::Impl::handle_record(Time now, const Address& from, Bytes datagram) {
  std::array<uint8_t, wire::kDatagramBytesMax> plaintext;
  if (auto received = sessions.open_record(now, from, datagram, plaintext))
    handle_message(now, received->session, received->message);
}

void Supernode::Impl::handle_message(Time now, Session& session, const wire::ControlMessage& message) {
  const bool opens_enrolment = std::holds_alternative<wire::Enrol>(message);
  const bool leaves = std::holds_alternative<wire::Detach>(message);
  if (!session.may_call() && !opens_enrolment && !leaves) {
    ++counters.refused;
    return;
  }
  if (carried(message).size() > wire::kSignalBytesMax) {
    ++counters.malformed;
    return;
  }
  std::visit(wire::Overloaded{
                 [&](const wire::Lookup& m) { handle(now, session, m); },
                 [&](const wire::CertificateWanted& m) { handle(now, session, m); },
                 [&](const wire::Enrol& m) { handle(now, session, m); },
                 [&](const wire::Invite& m) { calls.handle(now, session, m); },
                 [&](const wire::RingingFromCallee& m) { calls.handle(now, {session.device}, m); },
                 [&](const wire::SealedSignal& m) { calls.handle(now, {session.device}, m); },
                 [&](const wire::HangupAck& m) { calls.handle(now, {session.device}, m); },
                 [&](const wire::Cancel& m) { calls.handle(now, session, m); },
                 [&](const wire::ChannelUnknown& m) { calls.handle(now, {session.device}, m); },
                 [&](const wire::Presence& m) { handle(now, session, m); },
                 [&](const wire::PolicyNews& m) { handle(now, session, m); },
                 [&](const wire::PolicyWanted& m) { desk.handle(now, session, m); },
                 [&](const wire::PolicyPart& m) { handle(now, session, m); },
                 [&](const wire::BreakGlass& m) { handle(now, session, m); },
                 [&](const wire::PassWanted& m) { handle(now, session, m); },
                 [&](const wire::Renew& m) { handle(now, session, m); },
                 [&](const wire::LinkProbe& m) { sessions.send(now, session, answer_to(now, m)); },
                 [&](const wire::BuildHash& m) { session.visitor.build.hash = m.hash; },
                 [&](const wire::Audit& m) { handle(now, session, m); },
                 [&](const wire::MailPut& m) { mailbox.handle(now, session, m); },
                 [&](const wire::MailTaken& m) { mailbox.handle(now, session, m); },
                 [&](const wire::Detach&) { sessions.remove(session.index); },
                 [&](const auto&) { ++counters.refused; },  // nothing this node asked for
             },
             message);
}

void Supernode::Impl::handle(Time now, Session& session, const wire::CertificateWanted& wanted) {
  wire::CertificateReply reply{.by = wanted.by, .id = wanted.id, .certificate = {}};
  const bool is_by_hash = wanted.by == wire::CertificateBy::certificate_hash;
  if (const ByteVector* issuer = is_by_hash ? issuers.find({wanted.id}) : nullptr) {
    reply.certificate = *issuer;
  } else if (const Device* device = directory.find_any(wanted)) {
    reply.certificate = device->certificate;
  } else if (const Device* other = elsewhere.find_any(wanted)) {
    reply.certificate = other->certificate;
  }
  sessions.send(now, session, reply);
}

void Supernode::Impl::handle(Time now, Session& session, const wire::Enrol& request) {
  if (!session.enrol) {
    ++counters.refused;
    return;
  }
  if (is_store_full) {
    ++counters.refused;
    return (void)sessions.send(now, session, wire::Enrolled{.status = wire::EnrolStatus::store_full});
  }
  if (const auto answer = enrolment.handle(now, *session.enrol, request)) sessions.send(now, session, *answer);
}

// --- Policy ----------------------------------------------------------------------------------------------------------

void Supernode::Impl::handle(Time now, Session& session, const wire::PolicyNews& news) {
  const Device* device = directory.find(session.device);
  if (!device) return;
  const wire::PolicyVersion before = session.visitor.policy;
  door.claims(session.visitor, *device, news.held);
  desk.told(now, session, before);
}

void Supernode::Impl::handle(Time now, Session& session, const wire::PolicyPart& part) {
  const auto file = desk.handle(now, session, part);
  if (!file) return;
  if (!take_policy(now, *file)) ++counters.refused;
  desk.settle(now);
}

void Supernode::Impl::handle(Time now, Session& session, const wire::BreakGlass& glass) {
  const Device* device = directory.find(session.device);
  if (!device) return;
  const wire::GlassAnswer answer = door.open_glass(now, *device, {glass.code});
  if (answer.status == wire::GlassStatus::open) {
    ++counters.glass_opened;
    calls.look_at_calls_of(device->id);
    environment.log.write(now, LogLevel::warning, "break_glass_opened",
                          {{"until", static_cast<int64_t>(answer.until.seconds)}});
  } else {
    ++counters.refused;
  }
  sessions.send(now, session, answer);
}

Result<bool> Supernode::Impl::take_policy(Time now, Bytes file) {
  const auto taken = door.shelf().take(file, clock.at(now));
  if (!taken) return taken.error();
  if (*taken == PolicyShelf::Taken::nothing_new) return false;
  rules_changed(now);
  if (!enrolment.is_open(now)) environment.log.write(now, LogLevel::warning, "enrolment_closed");
  const wire::PolicyVersion version = door.shelf().version();
  environment.log.write(now, LogLevel::notice, "policy_in_force",
                        {{"generation", version.generation},
                         {"serial", version.serial},
                         {"sites", static_cast<int64_t>(door.shelf().site_count())}});
  return true;
}

void Supernode::Impl::handle(Time now, Session& session, const wire::PassWanted&) {
  const Device* device = directory.find(session.device);
  const auto until = device ? door.pass_until(now, {*device, session.visitor}) : std::nullopt;
  if (!until || !session.passes.take(now)) {
    ++counters.refused;
    return;
  }
  const wire::CertificateHash issuer = wire::certificate_hash_of(config.keys.issuer_certificate);
  const ByteVector pass =
      wire::sign_pass({session.device, *until}, issuer, config.keys.issuer_keys, environment.asymmetric);
  sessions.send(now, session, wire::Pass{pass});
}

void Supernode::Impl::follow_roots() {
  const PolicyShelf& shelf = door.shelf();
  issuers.follow(shelf.roots(),
                 shelf.is_in_force() ? wire::Issuers::Keys(shelf.root().revoked_issuers) : wire::Issuers::Keys());
}

void Supernode::Impl::rules_changed(Time now) {
  follow_roots();
  door.rules_changed();
  std::vector<wire::SessionIndex> withdrawn;
  sessions.for_each([&](Session& session) {
    if (const Device* device = directory.find(session.device)) door.seat(session.visitor, *device);
    if (!door.is_revoked(session.device)) return;
    calls.end_all_of(now, session.device);
    if (session.committed) sessions.send(now, session, wire::Detach{wire::DetachReason::revoked});
    withdrawn.push_back(session.index);
  });
  for (const wire::SessionIndex index : withdrawn) sessions.remove(index);
  calls.look_at_all(now);
  desk.rules_changed(now);
}

void Supernode::Impl::handle(Time now, Session& session, const wire::Renew&) {
  const Device* device = directory.find(session.device);
  if (!device) {  // expired, and another one has taken its place
    ++counters.refused;
    return;
  }
  if (is_store_full) return (void)sessions.send(now, session, wire::Enrolled{.status = wire::EnrolStatus::store_full});
  sessions.send(now, session, orders.renew(now, *device));
  door.seat(session.visitor, *directory.find(session.device));
}

// --- Audit -----------------------------------------------------------------------------------------------------------

void Supernode::Impl::handle(Time now, Session& session, const wire::Audit& message) {
  if (is_store_full) return;  // it is sent again
  if (!session.audits.take(now)) {
    ++counters.rate_limited;
    return;
  }
  if (const auto answer = audit.handle(now, session.device, message)) sessions.send(now, session, *answer);
}

void Supernode::Impl::arm(Time now) {
  const bool has_work = sessions.committed_count() + sessions.pending_count() + calls.leg_count() > 0;
  if (!has_work) {
    sweep_due.reset();
  } else if (!sweep_due) {
    sweep_due = now + wire::kSweepEvery;
  }
}

// --- Facade ----------------------------------------------------------------------------------------------------------

Supernode::Supernode(Config config, Environment environment)
    : impl_(std::make_unique<Impl>(std::move(config), environment)) {}
Supernode::~Supernode() = default;

void Supernode::load(const SaveRecord& record) {
  switch (static_cast<RecordKind>(record.kind)) {
    case RecordKind::device:
      impl_->directory.load(record.key, record.value);
      return;
    case RecordKind::invitation:
      impl_->invitations.load(record.key, record.value);
      return;
    case RecordKind::policy_root:
      impl_->door.shelf().load_root(record.value);
      impl_->follow_roots();
      return;
    case RecordKind::policy_site:
      impl_->door.shelf().load_site(record.value);
      return;
    case RecordKind::usage:
      impl_->door.load_usage(record.key, record.value);
      return;
    case RecordKind::glass:
      impl_->door.load_glass(record.key, record.value);
      return;
    case RecordKind::order:
      impl_->orders.load_taken(record.key, record.value);
      return;
    case RecordKind::renewal:
      impl_->orders.load_renewal(record.key, record.value);
      return;
    case RecordKind::issuer:
      impl_->issuers.load(record.value);
      return;
    case RecordKind::audit:
      impl_->audit.load(record.key, record.value);
      return;
    case RecordKind::mail_for:
      impl_->mailbox.load(record.key, record.value);
      return;
    case RecordKind::mail_body:
      return;
  }
}

void Supernode::set_wall_time(Time now, WallTime wall) {
  impl_->clock.set(now, wall);
}

Result<Supernode::Invitation> Supernode::invite(Time now, const InvitationOrder& order) {
  const WallTime wall = impl_->clock.at(now);
  if (order.uses == 0 || order.uses > wire::kInvitationUsesMax)
    return Error{Errc::malformed, "an invitation serves 1 to 10000 devices"};
  if (order.hours == 0 || order.hours > wire::kInvitationHoursMax)
    return Error{Errc::malformed, "an invitation is valid for 1 to 8784 hours"};
  if (order.days > wire::kDeviceCertificateDays || order.role > wire::kPersonRoleMax)
    return Error{Errc::malformed, "a certificate is valid for 1 to 365 days"};
  if (const auto open = impl_->enrolment.check_open(now); !open) return open.error();
  std::string person;
  if (!order.name.empty()) {
    const auto full = impl_->enrolment.full_name(order.name);
    if (!full) return full.error();
    person = wire::fold_name(*full).value();
  }
  Invitation invitation{.token = impl_->environment.rng.array<16>(),
                        .expires = {wall.seconds + uint64_t{3600} * order.hours}};
  const Invitations::Entry entry{.uses = order.uses,
                                 .expires = invitation.expires,
                                 .person = person,
                                 .role = order.role,
                                 .certificate_days = static_cast<uint16_t>(order.days),
                                 .root = wire::key_id_of(impl_->config.keys.root_key)};
  if (!impl_->invitations.add(wire::token_hash_of(invitation.token), entry, wall))
    return Error{Errc::limit, "there are too many open invitations"};
  return invitation;
}

Result<void> Supernode::enrolment_open(Time now) const {
  return impl_->enrolment.check_open(now);
}

Result<bool> Supernode::take_policy(Time now, Bytes file) {
  return impl_->take_policy(now, file);
}

Result<bool> Supernode::take_issuer(Bytes certificate) {
  return impl_->take_issuer(certificate);
}

Result<OrderTaken> Supernode::take_order(Time now, Bytes file) {
  return impl_->orders.take(now, file);
}

void Supernode::drain(Time now, Duration within) {
  impl_->handshakes.close();
  impl_->leaving.begin(now, within);
}

void Supernode::set_store_full(bool is_full) {
  impl_->is_store_full = is_full;
}

void Supernode::shut_down(Time now) {
  impl_->shutting_down = now;
  impl_->door.sweep(now, {.is_last = true});
}

void Supernode::handle_datagram(Time now, const Address& from, Bytes datagram) {
  if (impl_->shutting_down) return;
  impl_->dispatch(now, from, datagram);
  for (const wire::DeviceId& device : impl_->sessions.take_arrivals()) {
    Session* session = impl_->sessions.of(device);
    if (!session) continue;
    impl_->desk.arrived(now, *session);
    impl_->mailbox.arrived(now, *session);
  }
  impl_->arm(now);
}

void Supernode::handle_timeout(Time now) {
  impl_->handshakes.handle_timeout(now);
  impl_->sessions.send_late_answers(now);
  impl_->desk.handle_timeout(now);
  impl_->leaving.handle_timeout(now);
  impl_->mailbox.handle_timeout(now);
  impl_->elsewhere.handle_timeout(now);
  impl_->settle(now);
  impl_->backbone.set_load(
      {static_cast<uint32_t>(impl_->sessions.committed_count()), static_cast<uint32_t>(impl_->config.sessions_max)});
  impl_->backbone.handle_timeout(now);
  if (!impl_->sweep_due || now < *impl_->sweep_due) return;
  impl_->sessions.sweep(now);
  impl_->calls.sweep(now);
  impl_->want_presences(now);
  if (impl_->door.is_in_force())
    impl_->audit.set_days(impl_->door.shelf().root().rules.log_days.value_or(AuditStore::kDays));
  impl_->audit.sweep(now);
  impl_->mailbox.sweep(now);
  impl_->sweep_due.reset();
  impl_->arm(now);
  impl_->door.sweep(now, {.is_last = !impl_->sweep_due});
}

bool Supernode::poll_save(SaveRecord& out) {
  return impl_->out.poll_save(out);
}

bool Supernode::poll_transmit(Transmit& out) {
  // Going away, one DETACH at a time: all of them at once could be 50,000 datagrams.
  if (impl_->shutting_down) {
    if (Session* session = impl_->sessions.first()) {
      impl_->sessions.send(*impl_->shutting_down, *session, wire::Detach{wire::DetachReason::shutting_down});
      impl_->sessions.remove(session->index);
    }
  }
  return impl_->out.poll_transmit(out);
}

std::optional<Time> Supernode::next_timeout() const {
  std::optional<Time> next = impl_->sweep_due;
  for (const auto& due : {impl_->handshakes.next_timeout(), impl_->sessions.next_late_answer(),
                          impl_->desk.next_timeout(), impl_->leaving.next_timeout(), impl_->mailbox.next_timeout(),
                          impl_->elsewhere.next_timeout(), impl_->backbone.next_timeout()})
    if (due) next = std::min(*due, next.value_or(*due));
  return next;
}

const Counters& Supernode::counters() const {
  return impl_->counters;
}

std::vector<AuditItem> Supernode::audit_reports(Bytes after, size_t most) const {
  return impl_->audit.page(after, most);
}

Status Supernode::status() const {
  return {.attached = impl_->sessions.committed_count(),
          .pending = impl_->sessions.pending_count(),
          .waiting = impl_->handshakes.waiting_count(),
          .legs = impl_->calls.leg_count(),
          .devices = impl_->directory.device_count(),
          .people = impl_->directory.people_count(),
          .invitations = impl_->invitations.count(),
          .under_former_root =
              impl_->directory.count_if([&](const Device& device) { return impl_->enrolment.is_behind(device); }),
          .audit_reports = impl_->audit.count(),
          .mail = impl_->mailbox.count(),
          .mail_bytes = impl_->mailbox.bytes(),
          .has_backbone = impl_->config.has_backbone,
          .backbone_up = impl_->backbone.is_up()};
}

std::optional<PolicyInForce> Supernode::policy_in_force(Time now) const {
  Door& door = impl_->door;
  if (!door.is_in_force()) return {};
  PolicyInForce out{
      .version = door.shelf().version(), .until = door.shelf().root().until, .sites = door.shelf().site_count()};
  impl_->sessions.for_each([&](const Session& session) {
    const Device* device = impl_->directory.find(session.device);
    if (device && session.committed && door.is_in_floor(now, {*device, session.visitor})) ++out.in_floor;
  });
  return out;
}

}  // namespace farline::supernode
