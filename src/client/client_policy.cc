// What the policy says of calls, and what the node is told of policy, build and glass; the audit follows.
#include <algorithm>
#include <utility>

#include "client/client_impl.h"
#include "crypto/hash.h"
#include "wire/name.h"

namespace farline::client {
namespace {

constexpr Duration kNextPolicyWait = 10s;

}  // namespace

CallLimits Client::Impl::limits(const CallOptions& options) const {
  const uint32_t send = options.max_bps != 0 ? options.max_bps : config.max_bps;
  const uint32_t receive = config.receive_max_bps != 0 ? config.receive_max_bps : send;
  const uint32_t most = admission.client_bps();
  const auto capped = [&](uint32_t bps) { return most == 0 || bps == 0 ? std::max(most, bps) : std::min(most, bps); };
  // On this machine there is nothing to gain, and an emulated link may stand in between.
  const bool is_here = attachment.node().address.is_loopback();
  const bool relay_only =
      is_here || config.relay_only || options.relay_only || admission.forbids(policy::Feature::direct_paths);
  return {capped(send), capped(receive), relay_only};
}

void Client::Impl::begin_call(Time now, const CallOptions& options, bool has_stream, bool may_wait) {
  call->limit_to(limits(options));
  Verdict verdict = admission.decide(now, {.peer = call->peer()});
  if (verdict.allowed && has_stream)
    verdict = admission.decide(now, {.what = policy::Class::files, .peer = call->peer()});
  if (!verdict.allowed && may_wait && policies.is_fetching()) {
    policies.hurry(now);
    held = HeldCall{{.max_bps = options.max_bps, .relay_only = options.relay_only, .stream = {}},
                    has_stream,
                    false,
                    now + kNextPolicyWait};
    call->hold();
    return;
  }
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

Result<void> Client::Impl::import_policy(Time now, Bytes file) {
  const auto imported = admission.import(now, file);
  // A new generation has set the time back to its first day.
  admission.handle_signed_time(now, signed_time(attachment.node_time(now)));
  hold_policy(now);
  return imported;
}

void Client::Impl::hold_policy(Time now) {
  attachment.set_policy(admission.version());
  const policy::Bundle* bundle = admission.bundle();
  issuers.follow(admission.roots(), bundle ? wire::Issuers::Keys(bundle->root.revoked_issuers) : wire::Issuers::Keys());
  renewal.roots_changed(now);
  mail.reconsider();
  const bool may_lack_site = bundle && !bundle->site && !bundle->root.sites.empty();
  policies.hold(now, {.version = admission.version(),
                      .bundle = bundle ? Bytes(bundle->bytes) : Bytes(),
                      .is_whole = !may_lack_site || wire::site_of(config.identity.name).empty()});
}

void Client::Impl::exchange_policies(Time now) {
  bool has_looked = false;
  while (const auto file = policies.poll_file()) {
    if (!import_policy(now, *file)) ++out.counters.unauthentic;
    has_looked = true;
  }
  if (has_looked) exchange_mail(now);  // what waited for it
  if (!in_call() || held)
    policies.send_due(now, {});
  else if (const auto room = call->policy_room(now))
    policies.send_due(now, *room);
}

void Client::Impl::exchange_mail(Time now) {
  finder.send_due(now);
  mail.set_in_call(in_call());
  if (!in_call())
    mail.send_due(now, {});
  else if (const auto room = call->policy_room(now))
    mail.send_due(now, *room);
  const MailTraffic::Carried carried = mail.take_carried();
  for (const UsageMeter::Share& share : {carried.others, carried.contacts}) {
    for (const uint64_t bytes : share.bytes) watch.counted(bytes);
    admission.count(now, share);
  }
  const auto& why = mail.held_back();
  if (why.has_value() == is_mail_held || admission.awaits_first()) return;
  is_mail_held = why.has_value();
  out.events.push_back({.kind = is_mail_held ? EventKind::held : EventKind::released, .verdict = why});
}

WallTime Client::Impl::latest_time(Time now) const {
  return std::max(admission.time(now).at.value_or(WallTime{}), attachment.host_time(now));
}

// A node under two keys, while they rotate, is one witness: where it is says which.
policy::TrustedClock::SignedTime Client::Impl::signed_time(WallTime time) const {
  const Address& from = attachment.node().address;
  const std::array<uint8_t, 2> port{static_cast<uint8_t>(from.port >> 8), static_cast<uint8_t>(from.port)};
  return {time, crypto::sha256({from.ip, port})};
}

void Client::Impl::greeted(Time now, const wire::ResponsePayload& greeting) {
  admission.handle_signed_time(now, signed_time(greeting.time));
  admission.node_holds(greeting.policy);
  admission.node_wants_build_hash((greeting.capabilities & wire::kNodeWantsBuildHash) != 0);
  policies.attached(now, greeting.policy);
  mail.set_in_call(in_call());
  mail.attached(now, (greeting.capabilities & wire::kNodeHasMail) != 0);
  tell_build_hash(now);
  if ((greeting.capabilities & wire::kNodeWantsPresence) != 0) tell_presence(now);
  if (!in_call()) renewal.attached(now, greeting, latest_time(now));
  tell_glass(now);
}

void Client::Impl::tell_build_hash(Time now) {
  if (const auto& hash = admission.build().hash) attachment.send(now, wire::BuildHash{*hash});
}

void Client::Impl::tell_presence(Time now) {
  const auto signed_bytes = wire::presence_bytes(attachment.node().static_key, attachment.presence());
  attachment.send(now, wire::Presence{environment.asymmetric.sign(config.identity.signing_keys, signed_bytes)});
}

void Client::Impl::tell_glass(Time now) {
  if (!admission.glass_to_tell() || !attachment.is_attached()) return;
  ByteVector message = encoded(wire::BreakGlass{admission.glass_to_tell()->bytes});
  attachment.send_encoded(now, message);
  glass.start(now, std::move(message), attachment.repeat_interval());
}

void Client::Impl::follow_policy(Time now) {
  context.is_policed = admission.is_in_force();
  attachment.set_in_call(in_call());
  const auto& policy = admission.effective();
  const bool is_followed = listed && listed->nodes == policy.supernodes && listed->revoked == policy.revoked;
  if (!in_call() && ending.empty() && !admission.is_at_floor() && !is_followed) {
    listed = {policy.supernodes, policy.revoked};
    attachment.follow_list(now, policy.supernodes, policy.revoked);
  }
  if (held && !in_call()) held.reset();
  if (held && (now >= held->until || !(held->is_for_first ? admission.awaits_first() : policies.is_fetching()))) {
    const HeldCall ready = *std::exchange(held, std::nullopt);
    begin_call(now, ready.options, ready.has_stream, false);
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

void Client::Impl::follow(Time now) {
  follow_policy(now);
  audit.follow(now, {admission, attachment, in_call() || !ending.empty()});
}

}  // namespace farline::client
