#include "client/client.h"

#include <algorithm>

#include "client/client_impl.h"
#include "wire/name.h"

namespace farline::client {
namespace {

constexpr size_t kEndingCallsMax = 8;
constexpr Duration kFirstPolicyWait = 90s;

}  // namespace

Client::Impl::Impl(Config c, Environment e)
    : config(std::move(c)),
      environment(e),
      counter(out),
      admission({config.identity, config.build, environment.asymmetric}, out),
      attachment({.node = config.node,
                  .static_keys = config.identity.static_keys,
                  .certificate = config.identity.certificate,
                  .token = std::nullopt,
                  .asymmetric = environment.asymmetric,
                  .rng = environment.rng,
                  .build = {static_cast<uint8_t>(config.build.platform), config.build.version.code},
                  .nodes = config.nodes},
                 counter, out),
      issuers(config.identity, environment.asymmetric, attachment, out),
      book(issuers.known(), out),
      networks(config.identity.static_keys.secret.bytes(), out),
      audit({config.identity, environment.asymmetric, environment.rng}, out),
      policies(attachment, environment.rng),
      mail(attachment, admission, out),
      finder(attachment, environment.rng),
      passes({config.identity, issuers.known(), environment.asymmetric, attachment}),
      renewal({config.identity, environment.asymmetric, attachment, issuers.known()}, out),
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

void Client::Impl::follow_network(Time now) {
  if (!attachment.own_address()) return;
  const WallTime wall = attachment.wall_time(now);
  if (networks.enter(wall, *attachment.own_address(), context.own_network)) {
    attachment.resume_patience(now, networks.here().patience);
    if (call) call->network_entered(now);
  }
  networks.learn_patience(wall, attachment.patience());
}

void Client::Impl::retire(std::unique_ptr<Call> old) {
  if (!old || old->is_done()) return;
  if (ending.size() >= kEndingCallsMax) ending.erase(ending.begin());
  ending.push_back(std::move(old));
}

void Client::Impl::replace_call(std::unique_ptr<Call> next) {
  if (probing.figures().is_running) probing.stop();
  retire(std::move(call));
  call = std::move(next);
  call->set_muted(muted);
}

Client::Client(Config config, Environment environment)
    : impl_(std::make_unique<Impl>(std::move(config), environment)) {}
Client::~Client() = default;

void Client::load(const SaveRecord& record) {
  switch (static_cast<RecordKind>(record.kind)) {
    case RecordKind::counter:
      impl_->counter.load(record.value);
      break;
    case RecordKind::node_knows_us:
    case RecordKind::node:
      impl_->attachment.load_node(record);
      break;
    case RecordKind::device:
    case RecordKind::caller_counter:
    case RecordKind::blocked:
      impl_->book.load(record);
      break;
    case RecordKind::issuer:
      impl_->issuers.load(record);
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
  impl_->follow_policy(now);
  impl_->attachment.start(now, wall);
}

void Client::found(Time now, std::string_view place, const std::optional<Address>& address) {
  impl_->attachment.found(now, place, address);
}

bool Client::found_stand_in(Time now, const Address& address, Bytes certificate) {
  const auto device = impl_->issuers.known().verify(certificate);
  if (!device || device->role != wire::Role::device) return false;
  if (!wire::check_validity(*device, impl_->attachment.wall_time(now))) return false;
  if (impl_->admission.is_revoked(wire::device_id_of(device->static_key))) return false;
  impl_->attachment.try_stand_in(now, {address, device->static_key, {}});
  return true;
}
bool Client::is_at_stand_in() const {
  return impl_->attachment.is_at_stand_in() && call_state() == CallState::idle;
}
void Client::leave_stand_in(Time now) {
  if (is_at_stand_in()) impl_->attachment.leave_stand_in(now);
}
std::vector<crypto::PublicKey> Client::node_keys() const {
  return impl_->attachment.node_keys();
}

void Client::hurry(Time now) {
  impl_->policies.hurry(now);
  impl_->audit.hurry(now);
  impl_->follow(now);
  impl_->exchange_policies(now);
}
bool Client::is_hurrying() const {
  return impl_->attachment.is_attached() && (impl_->policies.is_fetching() || impl_->audit.has_reports());
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
  impl_->lost.reset();
  auto call = std::make_unique<Call>(impl_->context, impl_->next_id++, std::string(name), impl_->limits(options), true);
  const bool has_stream = options.stream && options.stream->length > 0;
  if (has_stream) call->set_stream(std::move(*options.stream));
  impl_->replace_call(std::move(call));
  if (impl_->admission.awaits_first()) {
    impl_->held = HeldCall{std::move(options), has_stream, true, now + kFirstPolicyWait};
    impl_->call->hold();
  } else {
    impl_->begin_call(now, options, has_stream, true);
    impl_->exchange_policies(now);
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
void Client::set_note(const wire::CallNote& note) {
  if (impl_->call) impl_->call->set_note(note);
}
bool Client::press_key(char key) {
  return impl_->call && impl_->call->press_key(key);
}
void Client::network_changed(Time now) {
  impl_->attachment.check(now);
  if (impl_->call) impl_->call->network_changed(now);
}
void Client::carrier_changed(Time now, std::optional<uint32_t> header_bytes) {
  impl_->out.carrier.reset();
  if (header_bytes) impl_->out.carrier = {node().address, *header_bytes};
  if (impl_->call) impl_->call->headers_changed();
  if (header_bytes && is_attached()) network_changed(now);
}
void Client::check_node(Time now) {
  if (impl_->attachment.is_attached()) impl_->attachment.check(now);
}
void Client::set_own_network(Time now, std::optional<Address> address) {
  impl_->context.own_network = address;
  if (impl_->call) impl_->call->addresses_changed(now);
}
void Client::set_blocked(std::string_view name, bool blocked) {
  if (const auto folded = wire::fold_name(name)) impl_->book.set_blocked(*folded, blocked);
}
void Client::check_link(Time now) {
  if (!impl_->in_call()) impl_->probing.start(now, impl_->attachment);
}
Result<void> Client::import_policy(Time now, Bytes file) {
  const auto imported = impl_->import_policy(now, file);
  impl_->exchange_policies(now);
  impl_->exchange_mail(now);
  impl_->follow(now);
  return imported;
}
void Client::set_build_hash(Time now, const policy::ShortHash& hash) {
  impl_->admission.set_build_hash(hash);
  impl_->tell_build_hash(now);
  impl_->mail.reconsider();
  impl_->exchange_mail(now);
}
Result<WallTime> Client::break_glass(Time now, const policy::GlassCode& code) {
  const auto until = impl_->admission.break_glass(now, code);
  if (!until) return until;
  impl_->out.events.push_back({.kind = EventKind::break_glass});
  impl_->tell_glass(now);
  impl_->mail.reconsider();
  impl_->exchange_mail(now);
  return until;
}

size_t Client::bulk_mail_waiting() const {
  return impl_->mail.bulk_waiting();
}
bool Client::post_mail(Time now, MailPost post) {
  const bool taken = impl_->mail.post(now, std::move(post));
  impl_->exchange_mail(now);
  return taken;
}
Verdict Client::may_write(Time now, const std::string& person) const {
  return impl_->mail.may_write(now, person);
}
bool Client::poll_mail(MailReceived& out) {
  return impl_->mail.poll_received(out);
}
void Client::mail_is_kept(Time now) {
  impl_->mail.kept(now);
}
bool Client::poll_mail_outcome(MailOutcome& out) {
  return impl_->mail.poll_outcome(out);
}
void Client::find_person(Time now, std::string name) {
  impl_->finder.find(std::move(name));
  impl_->exchange_mail(now);
}
bool Client::poll_found(FoundPerson& out) {
  if (!impl_->finder.poll(out)) return false;
  for (FoundDevice& device : out.devices) {
    if (!wire::parse_certificate(device.certificate)) continue;  // the node's word
    for (const Bytes issuer : impl_->issuers.known().chain_of(device.certificate))
      if (!equal(issuer, device.certificate)) device.issuers.push_back(to_vector(issuer));
  }
  return true;
}

// --- Sound -----------------------------------------------------------------------------------------------------------

void Client::set_sound_options(const SoundOptions& options) {
  impl_->context.sound = options;
}
void Client::handle_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame) {
  if (impl_->call) impl_->call->handle_pcm(now, frame);
  impl_->exchange_mail(now);
  impl_->exchange_policies(now);
}
void Client::take_pcm(std::span<int16_t, voice::kUnitSamples> frame) {
  if (impl_->call)
    impl_->call->take_pcm(frame);
  else
    std::ranges::fill(frame, int16_t{0});
}
void Client::skip_pcm(const SoundGap& gap) {
  if (impl_->call) impl_->call->skip_pcm(gap);
}

// --- Core ------------------------------------------------------------------------------------------------------------

void Client::handle_datagram(Time now, const Address& from, Bytes datagram) {
  auto& out = impl_->out;
  ++out.counters.datagrams;
  const size_t wire_bytes = datagram.size() + out.header_bytes(from);
  out.counters.bytes_received += wire_bytes;
  if (from != impl_->attachment.node().address) {
    const bool is_taken = impl_->is_of_left_relay(now, from, datagram, wire_bytes) ||
                          impl_->is_direct_media(now, from, datagram, wire_bytes);
    if (!is_taken) ++out.counters.unexpected;
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
  impl_->exchange_mail(now);
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
  impl_->probing.handle_timeout(now, impl_->attachment);
  impl_->dispatch_kept(now, impl_->issuers.handle_timeout(now));
  impl_->follow(now);
  impl_->exchange_mail(now);
  impl_->exchange_policies(now);  // behind what may end a call
}

std::optional<Time> Client::next_timeout() const {
  auto next = earliest(impl_->attachment.next_timeout(), impl_->admission.next_timeout());
  next = earliest(next, impl_->audit.next_timeout());
  next = earliest(next, earliest(impl_->glass.due(), impl_->watch.due()));
  next = earliest(next, earliest(impl_->renewal.next_timeout(), impl_->probing.next_timeout()));
  next = earliest(next, impl_->issuers.next_timeout());
  if (impl_->held) next = earliest(next, impl_->held->until);
  if (!impl_->in_call() || impl_->held) next = earliest(next, impl_->policies.next_timeout());
  next = earliest(next, impl_->finder.next_timeout());
  if (!impl_->in_call()) next = earliest(next, impl_->mail.next_timeout());
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
const NodeTarget& Client::node() const {
  return impl_->attachment.node();
}
const NodeTarget& Client::home() const {
  return impl_->attachment.home();
}
const NodeTarget* Client::node_to_find() const {
  return impl_->attachment.node_to_find();
}
std::optional<Duration> Client::node_round_trip() const {
  return impl_->attachment.round_trip();
}
CarrierChoice::Look Client::carrier_look() const {
  return {.asked_since = impl_->attachment.asked_since(),
          .round_trip = impl_->attachment.round_trip(),
          .in_call = call_state() == CallState::connected};
}
const LinkFigures& Client::link_figures() const {
  return impl_->probing.figures();
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
const wire::Issuers& Client::issuers() const {
  return impl_->issuers.known();
}

}  // namespace farline::client
