#include "client/client.h"

#include <algorithm>
#include <map>

#include "base/log.h"  // RateLimit
#include "client/audit_feed.h"
#include "client/call.h"
#include "client/call_watch.h"
#include "client/renewal.h"
#include "client/waiting.h"
#include "wire/name.h"

namespace farline::client {
namespace {

constexpr size_t kEndingCallsMax = 8;
constexpr size_t kRecentRepliesMax = 8;
constexpr size_t kInviteLimitsMax = 256;
constexpr Duration kFirstPolicyWait = 90s;

}  // namespace

struct Client::Impl {
  Impl(Config c, Environment e)
      : config(std::move(c)),
        environment(e),
        counter(out),
        book(config.identity, environment.asymmetric, out),
        admission({config.identity, config.build, environment.asymmetric}, out),
        attachment({.node = config.node,
                    .static_keys = config.identity.static_keys,
                    .certificate = config.identity.certificate,
                    .token = std::nullopt,
                    .asymmetric = environment.asymmetric,
                    .rng = environment.rng,
                    .build = {static_cast<uint8_t>(config.build.platform), config.build.version.code}},
                   counter, out),
        networks(config.identity.static_keys.secret.bytes(), out),
        audit({config.identity, environment.asymmetric, environment.rng}, out),
        policies(attachment, environment.rng),
        passes(config.identity, environment.asymmetric, attachment),
        renewal({config.identity, environment.asymmetric, attachment}, out),
        context{config.identity,
                wire::device_id_of(config.identity.static_keys.public_key),
                book,
                admission,
                attachment,
                networks,
                policies,
                passes,
                counter,
                environment.rng,
                environment.asymmetric,
                environment.codecs,
                out} {}

  Config config;
  Environment environment;
  Outputs out;
  DeviceCounter counter;
  ContactBook book;
  Admission admission;
  Attachment attachment;
  NetworkMemory networks;
  AuditFeed audit;
  PolicyTraffic policies;
  Passes passes;
  Renewal renewal;
  CallContext context;
  std::unique_ptr<Call> call;                 // the current one, or the last for its figures
  std::vector<std::unique_ptr<Call>> ending;  // over for the person, still saying good-bye
  std::vector<PendingInvitation> pending;
  std::deque<RecentReply> replies;
  std::map<wire::DeviceId, RateLimit> invite_limits;
  RateLimit lost_calls{1, wire::kLostCallEvery};
  CallId next_id = 1;
  bool muted = false;
  CallWatch watch;
  std::optional<HeldCall> held;
  Repeat glass;  // BREAK_GLASS until it is answered

  uint64_t all_bytes() const { return out.counters.bytes_sent + out.counters.bytes_received; }
  bool in_call() const { return call && !call->is_over(); }

  CallLimits limits(const CallOptions& options) const {
    const uint32_t send = options.max_bps != 0 ? options.max_bps : config.max_bps;
    const uint32_t receive = config.receive_max_bps != 0 ? config.receive_max_bps : send;
    const uint32_t most = admission.client_bps();
    const auto capped = [&](uint32_t bps) { return most == 0 || bps == 0 ? std::max(most, bps) : std::min(most, bps); };
    const bool relay_only = config.relay_only || options.relay_only || admission.forbids(policy::Feature::direct_paths);
    return {capped(send), capped(receive), relay_only};
  }

  // --- The policy ---
  // The call that the person wants begins, or is refused.
  void begin_call(Time now, const CallOptions& options, bool has_stream) {
    call->limit_to(limits(options));
    Verdict verdict = admission.decide(now, {.peer = call->peer()});
    if (verdict.allowed && has_stream)
      verdict = admission.decide(now, {.what = policy::Class::files, .peer = call->peer()});
    if (!verdict.allowed) {
      call->refuse(std::move(verdict));
      return;
    }
    context.tariff = config.tariff ? config.tariff : admission.tariff(config.tariff_link);
    if (!attachment.is_attached()) attachment.check(now);  // a person does not wait for the spread
    tell_build_hash(now);                                  // once more: what was said at the attach may be lost
    tell_glass(now);
    call->start_outgoing(now);
  }

  Result<void> import_policy(Time now, Bytes file) {
    const auto imported = admission.import(now, file);
    // A new generation has set the time back to its first day.
    admission.handle_signed_time(now, {attachment.node_time(now), config.node.static_key});
    hold_policy(now);
    return imported;
  }

  // What is held is what this device says and serves.
  void hold_policy(Time now) {
    attachment.set_policy(admission.version());
    const policy::Bundle* bundle = admission.bundle();
    const bool may_lack_site = bundle && !bundle->site && !bundle->root.sites.empty();
    policies.hold(now, {.version = admission.version(),
                        .bundle = bundle ? Bytes(bundle->bytes) : Bytes(),
                        .is_whole = !may_lack_site || wire::site_of(config.identity.name).empty()});
  }

  // What others have sent of policies, and what is to be sent. A call that waits for its first policy takes no link.
  void exchange_policies(Time now) {
    while (const auto file = policies.poll_file())
      if (!import_policy(now, *file)) ++out.counters.unauthentic;
    if (!in_call() || held)
      policies.send_due(now, {});
    else if (const auto room = call->policy_room(now))
      policies.send_due(now, *room);
  }

  WallTime latest_time(Time now) const {
    return std::max(admission.time(now).at.value_or(WallTime{}), attachment.host_time(now));
  }

  void greeted(Time now, const wire::ResponsePayload& greeting) {
    admission.handle_signed_time(now, {greeting.time, config.node.static_key});
    admission.node_holds(greeting.policy);
    admission.node_wants_build_hash((greeting.capabilities & wire::kNodeWantsBuildHash) != 0);
    policies.attached(now, greeting.policy);
    tell_build_hash(now);
    if (!in_call()) renewal.attached(now, greeting, latest_time(now));
    tell_glass(now);
  }

  void tell_build_hash(Time now) {
    if (const auto& hash = admission.build().hash) attachment.send(now, wire::BuildHash{*hash});
  }

  void tell_glass(Time now) {
    if (!admission.glass_to_tell() || !attachment.is_attached()) return;
    ByteVector message = encoded(wire::BreakGlass{admission.glass_to_tell()->bytes});
    attachment.send_encoded(now, message);
    glass.start(now, std::move(message), attachment.repeat_interval());
  }

  // After every turn: what the call uses, and whether it may go on.
  void follow_policy(Time now) {
    context.is_policed = admission.is_in_force();
    if (held && !in_call()) held.reset();
    if (held && (now >= held->until || !admission.awaits_first())) {
      const HeldCall ready = *std::exchange(held, std::nullopt);
      begin_call(now, ready.options, ready.has_stream);
    }
    const bool is_connected = call && call->state() == CallState::connected;
    if (!is_connected && watch.call() == 0) return;
    if (is_connected && watch.call() == call->id() && watch.due() && now < *watch.due()) return;
    const CallStats stats = call->stats(now);
    const CallWatch::Subject subject{call->id(), call->peer(), call->is_outgoing(), stats, all_bytes()};
    if (!is_connected) {
      watch.finish(now, subject, admission);
      return;
    }
    CallWatch::Outcome outcome = watch.look(now, subject, admission);
    if (outcome.step == CallWatch::Step::closing) call->warn(now, outcome.left, std::move(outcome.verdict));
    if (outcome.step == CallWatch::Step::stop) {
      call->close(now, std::move(outcome.verdict));
      watch.finish(now, subject, admission);
    }
  }

  // After every turn.
  void follow(Time now) {
    follow_policy(now);
    audit.follow(now, {admission, attachment, in_call() || !ending.empty()});
  }

  // What was learnt here before, and what is learnt now.
  void follow_network(Time now) {
    if (!attachment.own_address()) return;
    const WallTime wall = attachment.wall_time(now);
    if (networks.enter(wall, *attachment.own_address(), context.own_network)) {
      attachment.resume_patience(now, networks.here().patience);
      if (call) call->network_entered(now);
    }
    networks.learn_patience(wall, attachment.patience());
  }

  void retire(std::unique_ptr<Call> old) {
    if (!old || old->is_done()) return;
    if (ending.size() >= kEndingCallsMax) ending.erase(ending.begin());
    ending.push_back(std::move(old));
  }

  void replace_call(std::unique_ptr<Call> next) {
    retire(std::move(call));
    call = std::move(next);
    call->set_muted(muted);
  }

  void on_media(Time now, Bytes datagram, size_t wire_bytes) {
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

  // Nobody but the node and the far device of a call has anything to say to us.
  bool is_direct_media(Time now, const Address& from, Bytes datagram, size_t wire_bytes) {
    Bytes sframe;
    if (wire::packet_type(datagram) != wire::PacketType::media) return false;
    const auto header = wire::decode_media_header(datagram, sframe);
    return header && header->channel == wire::kDirectChannel && call &&
           call->handle_direct(now, from, sframe, wire_bytes);
  }

  // --- Messages ---
  void dispatch(Time now, const wire::ControlMessage& message, size_t wire_bytes) {
    if (const auto* incoming = std::get_if<wire::Incoming>(&message)) {
      on_incoming(now, *incoming, wire_bytes);
    } else if (const auto* reply = std::get_if<wire::CertificateReply>(&message)) {
      on_certificate(now, *reply, wire_bytes);
    } else if (const auto* pass = std::get_if<wire::Pass>(&message)) {
      on_pass(now, *pass);
    } else if (const auto* enrolled = std::get_if<wire::Enrolled>(&message)) {
      if (renewal.handle(now, *enrolled, latest_time(now))) admission.certified(config.identity.certificate);
    } else if (policies.handle(now, message)) {
      if (const auto* news = std::get_if<wire::PolicyNews>(&message)) admission.node_holds(news->held);
    } else if (const auto* answer = std::get_if<wire::GlassAnswer>(&message)) {
      glass.stop();  // a node that does not know the code may not have the policy yet: told again later
      if (answer->status == wire::GlassStatus::open || !admission.glass_is_open(now)) admission.glass_was_told();
    } else if (const auto* ack = std::get_if<wire::AuditAck>(&message)) {
      audit.acknowledged(now, ack->number);
    } else if (call && call->handle(now, message)) {
      call->count_received(wire_bytes);
    } else {
      const bool known = std::ranges::any_of(ending, [&](const auto& old) { return old->handle(now, message); });
      if (!known) ++out.counters.unexpected;
    }
  }

  void on_incoming(Time now, const wire::Incoming& incoming, size_t wire_bytes) {
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

  void on_pass(Time now, const wire::Pass& pass) {
    if (!passes.handle(now, pass))
      ++out.counters.unauthentic;
    else if (call)
      call->pass_arrived(now);
  }

  bool allow_invitation(Time now, const wire::DeviceId& caller) {
    if (!invite_limits.contains(caller) && invite_limits.size() >= kInviteLimitsMax) invite_limits.clear();
    const auto it = invite_limits.try_emplace(caller, wire::kInvitesPerCallerBurst, wire::kInvitesPerCallerEvery).first;
    return it->second.take(now);
  }

  void want_certificate(Time now, const wire::Incoming& incoming) {
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

  void on_certificate(Time now, const wire::CertificateReply& reply, size_t wire_bytes) {
    if (reply.by != wire::CertificateBy::device_id) return;
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

  // The caller is known; whether the invitation is theirs and new shows now.
  void take_invitation(Time now, const wire::Incoming& incoming, size_t wire_bytes) {
    const Contact* contact = book.find(incoming.caller);
    const auto folded = wire::fold_name(contact->name);
    if (!folded || book.is_blocked(*folded)) return;  // a blocked caller learns nothing, not even that it is blocked
    const bool glare = in_call() && call->is_outgoing() && call->invites(incoming.caller);
    if (glare && context.self < incoming.caller) return;  // ours stands
    auto offer = open_invitation(context, incoming);
    if (!offer) {
      ++(offer.error().code == Errc::denied ? out.counters.replayed : out.counters.unauthentic);
      return;
    }
    const Admission::Welcome welcome = admission.welcome(now, incoming.caller, contact->name);
    if (welcome == Admission::Welcome::ignore) return;
    const CallLimits own = limits({});
    // Who calls again was killed in the call before: to be told "busy" by one's own dead call helps nobody.
    if (call && call->is_with(incoming.caller)) call->forgotten(now);
    const bool declined = welcome == Admission::Welcome::decline;
    if (declined || (in_call() && !glare)) {
      const auto status = declined ? wire::RingStatus::declined : wire::RingStatus::busy;
      ByteVector message = ringing_message(*offer, {.status = status, .policy = admission.version()});
      attachment.send_encoded(now, message);
      replies.push_back({incoming.caller, incoming.call, std::move(message)});
      if (replies.size() > kRecentRepliesMax) replies.pop_front();
      return;
    }
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
      out.events.push_back({.kind = EventKind::incoming, .call = id, .peer = contact->name});
  }
};

Client::Client(Config config, Environment environment)
    : impl_(std::make_unique<Impl>(std::move(config), environment)) {}
Client::~Client() = default;

void Client::load(const SaveRecord& record) {
  switch (static_cast<RecordKind>(record.kind)) {
    case RecordKind::counter:
      impl_->counter.load(record.value);
      break;
    case RecordKind::node_knows_us:
      if (equal(record.key, impl_->config.node.static_key)) impl_->attachment.load_node_knows_us();
      break;
    case RecordKind::device:
    case RecordKind::caller_counter:
    case RecordKind::blocked:
      impl_->book.load(record);
      break;
    case RecordKind::network:
      impl_->networks.load(record.key, record.value);
      break;
    case RecordKind::policy:
    case RecordKind::policy_mark:
    case RecordKind::policy_clock:
    case RecordKind::usage:
    case RecordKind::glass_to_tell:
    case RecordKind::certificate:  // it came with Config
      impl_->admission.load(record);
      break;
    case RecordKind::audit_counts:
    case RecordKind::audit_report:
      impl_->audit.load(record);
      break;
  }
}

// --- Commands --------------------------------------------------------------------------------------------------------

void Client::attach(Time now, WallTime wall) {
  impl_->admission.start(now, wall);
  impl_->hold_policy(now);
  impl_->attachment.start(now, wall);
}

void Client::detach(Time now) {
  hang_up(now);
  impl_->watch.count_idle(now, impl_->all_bytes(), impl_->admission);
  if (impl_->admission.is_in_force()) impl_->admission.keep(now);
  impl_->audit.keep();
  impl_->attachment.stop(now);
}

Result<CallId> Client::start_call(Time now, std::string_view name, CallOptions options) {
  const auto folded = wire::fold_name(name);
  if (!folded) return folded.error();
  if (impl_->in_call()) return Error{Errc::denied, "a call is running; hang up first"};
  auto call = std::make_unique<Call>(impl_->context, impl_->next_id++, std::string(name), impl_->limits(options), true);
  const bool has_stream = options.stream && options.stream->length > 0;
  if (has_stream) call->set_stream(std::move(*options.stream));
  impl_->replace_call(std::move(call));
  if (impl_->admission.awaits_first()) {
    impl_->held = HeldCall{std::move(options), has_stream, now + kFirstPolicyWait};
    impl_->call->hold();
  } else {
    impl_->begin_call(now, options, has_stream);
  }
  return impl_->call->id();
}

void Client::answer(Time now) {
  if (impl_->call) impl_->call->answer(now);
  impl_->follow(now);
}
void Client::hang_up(Time now) {
  if (impl_->call) impl_->call->hang_up(now);
  impl_->follow(now);
}
void Client::set_muted(bool muted) {
  impl_->muted = muted;
  if (impl_->call) impl_->call->set_muted(muted);
}
void Client::network_changed(Time now) {
  impl_->attachment.check(now);
  if (impl_->call) impl_->call->network_changed(now);
}
void Client::set_own_network(Time now, std::optional<Address> address) {
  impl_->context.own_network = address;
  if (impl_->call) impl_->call->addresses_changed(now);
}
void Client::set_blocked(std::string_view name, bool blocked) {
  if (const auto folded = wire::fold_name(name)) impl_->book.set_blocked(*folded, blocked);
}
Result<void> Client::import_policy(Time now, Bytes file) {
  const auto imported = impl_->import_policy(now, file);
  impl_->exchange_policies(now);
  impl_->follow(now);
  return imported;
}
void Client::set_build_hash(Time now, const policy::ShortHash& hash) {
  impl_->admission.set_build_hash(hash);
  impl_->tell_build_hash(now);
}
Result<WallTime> Client::break_glass(Time now, const policy::GlassCode& code) {
  const auto until = impl_->admission.break_glass(now, code);
  if (!until) return until;
  impl_->out.events.push_back({.kind = EventKind::break_glass});
  impl_->tell_glass(now);
  return until;
}

// --- Sound -----------------------------------------------------------------------------------------------------------

void Client::set_sound_options(const SoundOptions& options) {
  impl_->context.sound = options;
}
void Client::handle_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame) {
  if (impl_->call) impl_->call->handle_pcm(now, frame);
  impl_->exchange_policies(now);
}
void Client::take_pcm(std::span<int16_t, voice::kUnitSamples> frame) {
  if (impl_->call)
    impl_->call->take_pcm(frame);
  else
    std::ranges::fill(frame, int16_t{0});
}

// --- Core ------------------------------------------------------------------------------------------------------------

void Client::handle_datagram(Time now, const Address& from, Bytes datagram) {
  auto& out = impl_->out;
  ++out.counters.datagrams;
  const size_t wire_bytes = datagram.size() + from.header_bytes();
  out.counters.bytes_received += wire_bytes;
  if (from != impl_->config.node.address) {
    if (!impl_->is_direct_media(now, from, datagram, wire_bytes)) ++out.counters.unexpected;
    return;
  }
  if (wire::packet_type(datagram) == wire::PacketType::media) {
    impl_->on_media(now, datagram, wire_bytes);
    return;
  }
  const bool was_attached = impl_->attachment.is_attached();
  const auto own_before = impl_->attachment.own_address();
  const auto message = impl_->attachment.handle(now, datagram);
  if (!was_attached && impl_->attachment.is_attached()) {
    if (impl_->call) impl_->call->session_is_new(now);
    for (const auto& old : impl_->ending) old->session_is_new(now);
  }
  if (impl_->call && impl_->attachment.own_address() != own_before) impl_->call->addresses_changed(now);
  impl_->follow_network(now);
  if (const auto greeting = impl_->attachment.take_greeting()) impl_->greeted(now, *greeting);
  if (message) impl_->dispatch(now, *message, wire_bytes);
  impl_->exchange_policies(now);
  impl_->follow(now);
}

void Client::handle_timeout(Time now) {
  impl_->attachment.handle_timeout(now);
  if (impl_->call) impl_->call->handle_timeout(now);
  for (const auto& old : impl_->ending) old->handle_timeout(now);
  std::erase_if(impl_->ending, [](const auto& old) { return old->is_done(); });
  for (PendingInvitation& p : impl_->pending)
    if (const Bytes request = p.request.poll(now); !request.empty()) impl_->attachment.send_encoded(now, request);
  std::erase_if(impl_->pending, [&](const PendingInvitation& p) { return now >= p.forget_at; });
  impl_->follow_network(now);
  impl_->watch.count_idle(now, impl_->all_bytes(), impl_->admission);
  impl_->admission.handle_timeout(now);
  if (const Bytes message = impl_->glass.poll(now); !message.empty()) impl_->attachment.send_encoded(now, message);
  impl_->renewal.handle_timeout(now);
  impl_->follow(now);
  impl_->exchange_policies(now);  // behind what may end a call
}

std::optional<Time> Client::next_timeout() const {
  auto next = earliest(impl_->attachment.next_timeout(), impl_->admission.next_timeout());
  next = earliest(next, impl_->audit.next_timeout());
  next = earliest(next, earliest(impl_->glass.due(), impl_->watch.due()));
  next = earliest(next, impl_->renewal.next_timeout());
  if (impl_->held) next = earliest(next, impl_->held->until);
  if (!impl_->in_call() || impl_->held) next = earliest(next, impl_->policies.next_timeout());
  if (impl_->call) next = earliest(next, impl_->call->next_timeout());
  for (const auto& old : impl_->ending) next = earliest(next, old->next_timeout());
  for (const PendingInvitation& p : impl_->pending) next = earliest(next, earliest(p.request.due(), p.forget_at));
  return next;
}

bool Client::poll_save(SaveRecord& out) {
  return Outputs::poll(impl_->out.saves, out);
}
bool Client::poll_transmit(Transmit& out) {
  return Outputs::poll(impl_->out.transmits, out);
}
bool Client::poll_event(Event& out) {
  if (!Outputs::poll(impl_->out.events, out)) return false;
  impl_->audit.note(out, impl_->admission);
  return true;
}

// --- Views -----------------------------------------------------------------------------------------------------------

bool Client::is_attached() const {
  return impl_->attachment.is_attached();
}
CallState Client::call_state() const {
  return impl_->call ? impl_->call->state() : CallState::idle;
}
bool Client::is_saying_goodbye() const {
  const auto unfinished = [](const auto& call) { return call && call->is_over() && !call->is_done(); };
  return unfinished(impl_->call) || std::ranges::any_of(impl_->ending, unfinished);
}
CallStats Client::call_stats(Time now) const {
  return impl_->call ? impl_->call->stats(now) : CallStats{};
}
std::vector<ContactView> Client::contacts() const {
  return impl_->book.view();
}
const Counters& Client::counters() const {
  return impl_->out.counters;
}
const Admission& Client::admission() const {
  return impl_->admission;
}

}  // namespace farline::client
