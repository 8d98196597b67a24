#include "client/call.h"

#include <algorithm>

#include "wire/name.h"

namespace farline::client {
namespace {

// A call held to less has no bytes for looking for another way.
constexpr uint32_t kDirectFromBps = 4'000;
constexpr Duration kRememberAfter = 30s;  // a call has found out what the link carries
constexpr Duration kRememberEvery = 60s;

// The relay drops what goes beyond the rate it was asked for.
uint32_t relay_max_bps(uint8_t rate_kbps) {
  return std::max<uint32_t>(rate_kbps, 1) * 1000;
}

uint32_t limit(uint32_t a, uint32_t b) {
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

}  // namespace

Call::Call(CallContext& context, CallId id, std::string peer, CallLimits limits, bool outgoing)
    : context_(context), id_(id), peer_(std::move(peer)), limits_(limits), outgoing_(outgoing) {
  if (auto folded = wire::fold_name(peer_)) folded_ = std::move(*folded);
}

// --- Dispatch --------------------------------------------------------------------------------------------------------

bool Call::handle(Time now, const wire::ControlMessage& message) {
  if (const auto* m = std::get_if<wire::LookupResult>(&message)) {
    if (!outgoing_ || is_over()) return false;
    on_lookup_result(now, *m);
    return true;
  }
  if (const auto* m = std::get_if<wire::RingingToCaller>(&message)) {
    Leg* leg = find_invited(m->call);
    if (leg) on_ringing(now, *leg, *m);
    return leg != nullptr;
  }
  if (const auto* m = std::get_if<wire::CallFailed>(&message)) {
    Leg* leg = find_invited(m->call);
    if (leg) on_call_failed(now, *leg, *m);
    return leg != nullptr;
  }
  if (const auto* m = std::get_if<wire::SealedSignal>(&message)) {
    Leg* leg = find_channel(m->channel);
    if (!leg) return false;
    switch (m->kind) {
      case wire::SealedKind::confirm:
        on_confirm(now, *leg, m->sealed);
        break;
      case wire::SealedKind::answer:
        on_answer(now, *leg, m->sealed);
        break;
      case wire::SealedKind::hangup:
        on_hangup(now, *leg, m->sealed);
        break;
    }
    return true;
  }
  if (const auto* m = std::get_if<wire::HangupAck>(&message)) {
    Leg* leg = find_channel(m->channel);
    if (leg && leg->state == Leg::State::leaving) {
      leg->repeat.stop();
      leg->state = Leg::State::over;
    }
    return leg != nullptr;
  }
  if (const auto* m = std::get_if<wire::ChannelUnknown>(&message)) {
    Leg* leg = find_channel(m->channel);
    if (leg) on_channel_unknown(now, *leg);
    return leg != nullptr;
  }
  if (const auto* m = std::get_if<wire::CallClosing>(&message)) {
    Leg* leg = find_channel(m->channel);
    if (leg) on_closing(now, *m);
    return leg != nullptr;
  }
  if (const auto* m = std::get_if<wire::Cancelled>(&message)) {
    Leg* leg = outgoing_ ? nullptr : find_channel(m->channel);
    if (leg) on_cancelled(now, *leg);
    return leg != nullptr;
  }
  return false;
}

void Call::handle_timeout(Time now) {
  for (Leg& leg : legs_) {
    if (leg.repeat.is_exhausted(now) && leg.state == Leg::State::leaving) leg.state = Leg::State::over;
    if (const Bytes message = leg.repeat.poll(now); !message.empty()) send_encoded(now, message);
    if (leg.forget_at && now >= *leg.forget_at) {
      leg.forget_at.reset();
      if (leg.state == Leg::State::cancelled) leg.state = Leg::State::over;
    }
  }
  if (const Bytes message = lookup_.poll(now); !message.empty()) send_encoded(now, message);
  if (ring_deadline_ && now >= *ring_deadline_) {
    ring_deadline_.reset();
    const bool rang = state_ == CallState::ringing_there;
    if (outgoing_)
      end(now, rang ? EndReason::no_answer : EndReason::unreachable, wire::HangupReason::no_answer);
    else
      end(now, EndReason::missed, wire::HangupReason::no_answer);
  }
  handle_lost_timeout(now);
  handle_path_timeout(now);
  report_media_change(now);
}

std::optional<Time> Call::next_timeout() const {
  std::optional<Time> next = earliest(lookup_.due(), ring_deadline_);
  for (const Leg& leg : legs_) next = earliest(next, earliest(leg.repeat.due(), leg.forget_at));
  if (lost_until_ && state_ == CallState::connected) next = earliest(next, earliest(lost_until_, again_due_));
  if (path_ && state_ == CallState::connected) next = earliest(next, path_->next_timeout());
  if (media_ && state_ == CallState::connected) next = earliest(next, media_->change_due());
  return next;
}

void Call::session_is_new(Time now) {
  lookup_.hurry(now);
  for (Leg& leg : legs_) leg.repeat.hurry(now);
  look_for_relay(now);
  if (media_) media_->path_changed(now, context_.networks.here().send_bps);
  addresses_changed(now);
}

bool Call::is_done() const {
  return is_over() && std::ranges::all_of(legs_, [](const Leg& leg) { return leg.state == Leg::State::over; });
}

bool Call::invites(const wire::DeviceId& device) const {
  return std::ranges::any_of(legs_, [&](const Leg& leg) {
    return leg.device == device && (leg.state == Leg::State::inviting || leg.state == Leg::State::ringing);
  });
}

std::optional<wire::DeviceId> Call::connected_with() const {
  const auto chosen = std::ranges::find(legs_, Leg::State::chosen, &Leg::state);
  if (state_ != CallState::connected || chosen == legs_.end()) return std::nullopt;
  return chosen->device;
}

// --- The person ------------------------------------------------------------------------------------------------------

void Call::hang_up(Time now) {
  switch (state_) {
    case CallState::ringing_here:
    case CallState::answering:
      end(now, EndReason::declined, wire::HangupReason::declined);
      break;
    case CallState::looking_up:
    case CallState::calling:
    case CallState::ringing_there:
    case CallState::connected:
      end(now, EndReason::hung_up, wire::HangupReason::ended);
      break;
    case CallState::idle:
      break;
  }
}

void Call::refuse(Verdict verdict) {
  state_ = CallState::idle;
  emit(EventKind::ended, EndReason::not_allowed, std::move(verdict));
}

void Call::close(Time now, Verdict verdict) {
  verdict_ = std::move(verdict);
  end(now, EndReason::closed_by_policy, wire::HangupReason::policy);
}

// This end and the node look at the same clock: what one has said the other need not.
void Call::warn(Time now, Duration left, Verdict verdict) {
  constexpr Duration kSameMoment = 30s;
  const Time closes_at = now + left;
  if (closes_at_ && closes_at < *closes_at_ + kSameMoment && closes_at > *closes_at_ - kSameMoment && !verdict.allowed)
    return;
  closes_at_ = closes_at;
  if (!verdict.allowed) verdict_ = verdict;
  emit(EventKind::closing, {}, std::move(verdict));
  context_.out.events.back().left = left;
}

void Call::yield(Time now) {
  for (Leg& leg : legs_) leave(now, leg, wire::HangupReason::ended);
  lookup_.stop();
  ring_deadline_.reset();
  state_ = CallState::idle;
}

// --- Connected -------------------------------------------------------------------------------------------------------

void Call::connect(Time now, Leg& leg) {
  if (leg.continues) return go_on(now, leg);
  leg.state = Leg::State::chosen;
  use_relay(leg);
  state_ = CallState::connected;
  ring_deadline_.reset();
  connected_at_ = now;
  was_connected_ = true;
  const uint32_t header_bytes = context_.out.header_bytes(relay_);
  const uint32_t cap = limit(limit(limits_.send_max_bps, leg.peer_receive_max_bps), relay_max_bps(rate_kbps_));
  begin_network(now);
  // Each end knows its own link and has told the other.
  const Duration round_trip = context_.attachment.round_trip().value_or(1s) + leg.peer_round_trip;
  media_.emplace(
      CallMedia::Setup{
          .channel = leg.channel,
          .seal = std::move(leg.keys->media),
          .codecs = context_.codecs,
          .header_bytes = header_bytes,
          .start_bps = limit(std::min(cap, path::kFirstBps), remembered_bps_),
          .send_max_bps = cap,
          .remembered = context_.networks.here(),
          .round_trip = round_trip,
          .speech_input = context_.sound.speech_input,
          .turn_taking = context_.sound.turn_taking,
          .policies = policies_with(leg),
          .takes_notes = leg.peer_takes_notes,
          .takes_keys = leg.peer_takes_keys,
      },
      now);
  media_->set_muted(muted_);
  media_->set_note(note_);
  if (stream_ && (leg.peer_streams & wire::kStreamData) != 0)
    media_->send_stream(*std::exchange(stream_, std::nullopt));
  context_.policies.peer_connected(now, leg.peer_policy);
  emit(EventKind::connected);
  if (leg.peer_broke_glass) emit(EventKind::break_glass);
  const bool goes_direct = leg.peer_goes_direct && !limits_.relay_only && cap >= kDirectFromBps;
  if (goes_direct) start_path(now, leg, std::move(leg.keys->path));
}

// Files of other sites are not for this device.
PolicyTraffic* Call::policies_with(const Leg& leg) const {
  const Contact* peer = context_.book.find(leg.device);
  const auto own = wire::fold_name(context_.identity.name);
  const auto theirs = peer ? wire::fold_name(peer->name) : own;
  const bool same_site = own && theirs && wire::site_of(*own) == wire::site_of(*theirs);
  return peer && same_site ? &context_.policies : nullptr;
}

std::optional<PolicyTraffic::Pace> Call::policy_room(Time now) const {
  return media_ && state_ == CallState::connected ? media_->policy_room(now) : std::nullopt;
}

bool Call::handle_media(Time now, wire::Channel channel, Bytes sframe, size_t wire_bytes) {
  Leg* leg = find_channel(channel);
  if (!leg || leg->state == Leg::State::over) return false;  // the far side has not heard that it is over
  // Only who answers speaks with this leg's keys: media says it too, should ANSWER be lost.
  const bool awaits = state_ == CallState::ringing_there || leg->continues;
  if (outgoing_ && awaits && leg->state == Leg::State::ringing && leg->keys->media.is_authentic(sframe))
    choose(now, *leg);
  if (!media_ || leg->state != Leg::State::chosen) {
    ++context_.out.counters.unexpected;  // before ANSWER, or after the end
    return true;
  }
  if (!take_media(now, {}, sframe, wire_bytes)) return true;
  if (!context_.attachment.is_attached()) {
    context_.attachment.seen_at(now, relay_);
  } else if (context_.attachment.node().address == relay_) {
    context_.attachment.heard(now);
    relay_epoch_ = context_.attachment.epoch();
  }
  leg->repeat.stop();  // media acknowledges ANSWER
  report_media_change(now);
  return true;
}

void Call::handle_pcm(Time now, std::span<const int16_t, voice::kUnitSamples> frame) {
  if (!media_ || state_ != CallState::connected) return;
  if (now >= remember_due_) remember_rate(now);
  media_->push_pcm(now, frame);
  if (media_->poll_doubt(now)) context_.attachment.check_address(now);
  send_media(now);
}

void Call::take_pcm(std::span<int16_t, voice::kUnitSamples> frame) {
  if (media_ && state_ == CallState::connected)
    media_->take_pcm(frame);
  else
    std::ranges::fill(frame, int16_t{0});
}

void Call::skip_pcm(const SoundGap& gap) {
  if (media_) media_->skip_pcm(gap);
}

void Call::set_note(const wire::CallNote& note) {
  note_ = note;
  if (media_) media_->set_note(note);
}
bool Call::press_key(char key) {
  return media_ && state_ == CallState::connected && media_->press_key(key);
}
void Call::set_muted(bool muted) {
  muted_ = muted;
  if (media_) media_->set_muted(muted);
}

void Call::report_media_change(Time now) {
  if (!media_ || state_ != CallState::connected) return;
  switch (media_->poll_change(now)) {
    case CallMedia::Change::stalled:
      emit(EventKind::stalled);
      context_.attachment.check(now);  // the link, or our address, or the node: ask before people notice
      break;
    case CallMedia::Change::resumed:
      emit(EventKind::resumed);
      break;
    case CallMedia::Change::none:
      break;
  }
}

void Call::begin_network(Time now) {
  remembered_bps_ = context_.networks.here().send_bps;
  network_since_ = now;
  remember_due_ = now + kRememberAfter;
}

void Call::network_entered(Time now) {
  begin_network(now);
  if (media_) media_->path_changed(now, remembered_bps_);
}

// It may be the far end's link that gives less than ours did, so a call takes away a fifth of it at most.
void Call::remember_rate(Time now) {
  remember_due_ = now + kRememberEvery;
  const uint32_t least = media_->is_capped_below(remembered_bps_) ? remembered_bps_ : remembered_bps_ / 5 * 4;
  context_.networks.learn_call(context_.attachment.wall_time(now), std::max(media_->usual_bps(), least),
                               media_->wanted_slack());
}

CallStats Call::stats(Time now) const {
  CallStats stats;
  stats.bytes_tx = signalling_sent_;
  stats.bytes_rx = signalling_received_;
  if (media_) media_->fill_stats(now, stats);
  stats.is_direct = route_.has_value();
  if (was_connected_) stats.connected_for = (is_over() ? ended_at_ : now) - connected_at_;
  if (const auto& tariff = context_.tariff; tariff && was_connected_)
    stats.cost =
        Cost{tariff->cost(stats.bytes_tx + stats.bytes_rx, stats.connected_for), std::string(tariff->currency_word())};
  return stats;
}

// --- Ending ----------------------------------------------------------------------------------------------------------

void Call::on_hangup(Time now, Leg& leg, Bytes sealed) {
  if (!leg.keys) return;
  const auto plain = leg.keys->signals.open(wire::SealedKind::hangup, sealed);
  if (!plain) {
    // A repetition of one already taken is acknowledged again; anything else is not the far device's.
    if (leg.state == Leg::State::over)
      send(now, wire::HangupAck{leg.channel});
    else
      ++context_.out.counters.unauthentic;
    return;
  }
  send(now, wire::HangupAck{leg.channel});
  const bool chosen = leg.state == Leg::State::chosen || leg.continues;
  leg.repeat.stop();
  leg.state = Leg::State::over;
  if (is_over()) return;
  const auto reason = wire::decode_hangup_payload(*plain);
  if (chosen) {
    const bool closed = reason && *reason == wire::HangupReason::policy;
    end(now, closed ? EndReason::closed_by_policy : EndReason::peer_hung_up, wire::HangupReason::ended);
  } else if (outgoing_) {
    const bool declined = reason && *reason == wire::HangupReason::declined;
    if (declined && state_ != CallState::connected)
      end(now, EndReason::declined, wire::HangupReason::declined);
    else
      leg_failed(now, leg, EndReason::no_answer);
  } else {
    // Another device of ours has answered or declined: nothing was missed here.
    const bool elsewhere =
        reason && (*reason == wire::HangupReason::answered_elsewhere || *reason == wire::HangupReason::declined);
    end(now, elsewhere ? EndReason::answered_elsewhere : EndReason::missed, wire::HangupReason::ended);
  }
}

void Call::on_closing(Time now, const wire::CallClosing& message) {
  if (state_ != CallState::connected) return;
  const std::string_view peer = outgoing_ ? std::string_view(peer_) : std::string_view();
  Verdict verdict = context_.admission.refused_by_node({.peer = peer}, message.rule, {});
  if (message.seconds == 0)
    close(now, std::move(verdict));
  else
    warn(now, std::chrono::seconds(message.seconds), std::move(verdict));
}

void Call::on_channel_unknown(Time now, Leg& leg) {
  const bool is_connected = state_ == CallState::connected && leg.state == Leg::State::chosen;
  if (is_connected && lost_until_) return;
  // In this session it has not carried the call yet: the node has begun anew.
  if (is_connected && context_.attachment.epoch() != relay_epoch_) return relay_lost(now);
  if (leg.continues && leg.state != Leg::State::chosen) {
    leg.repeat.stop();
    leg.state = Leg::State::over;
    return;
  }
  // The relay has forgotten us, and we talk without it. When we need it again, it will say so again.
  if (route_ && leg.state == Leg::State::chosen) return;
  leg.repeat.stop();
  const Leg::State was = leg.state;
  leg.state = Leg::State::over;
  if (is_over() || was == Leg::State::over || was == Leg::State::leaving) return;
  if (outgoing_ && was != Leg::State::chosen)
    leg_failed(now, leg, EndReason::unreachable);
  else
    end(now, state_ == CallState::ringing_here ? EndReason::missed : EndReason::failed, wire::HangupReason::failed);
}

void Call::leave(Time now, Leg& leg, wire::HangupReason reason) {
  switch (leg.state) {
    case Leg::State::inviting:
      leg.repeat.stop();
      send(now, wire::Cancel{leg.number});
      leg.state = Leg::State::cancelled;
      leg.forget_at = now + wire::kLegLinger;
      break;
    case Leg::State::ringing:
    case Leg::State::chosen: {
      std::array<uint8_t, wire::kHangupPayloadBytes> payload{};
      Writer w(payload);
      wire::encode_hangup_payload(reason, w);
      const ByteVector sealed = leg.keys->signals.seal(wire::SealedKind::hangup, payload);
      leg.state = Leg::State::leaving;
      send_and_repeat(now, leg, encoded(wire::SealedSignal{wire::SealedKind::hangup, leg.channel, sealed}),
                      wire::kHangupRepeats);
      break;
    }
    case Leg::State::cancelled:
    case Leg::State::leaving:
    case Leg::State::over:
      break;
  }
}

void Call::leg_failed(Time now, Leg& leg, EndReason reason) {
  leg.repeat.stop();
  leg.state = Leg::State::over;
  if (leg.continues) {  // they know nothing of this call any more, or may not
    const bool by_policy = reason == EndReason::not_allowed;
    return end(now, by_policy ? EndReason::closed_by_policy : EndReason::failed, wire::HangupReason::failed);
  }
  // A busy device says more about the person than one that is off.
  if (!worst_ || reason == EndReason::busy) worst_ = reason;
  if (!is_over() && !any_leg_open() && !lookup_.is_running()) end(now, *worst_, wire::HangupReason::failed);
}

void Call::end(Time now, EndReason reason, wire::HangupReason told) {
  if (is_over()) return;
  if (media_ && state_ == CallState::connected && now - network_since_ >= kRememberAfter) remember_rate(now);
  state_ = CallState::idle;
  ended_at_ = now;
  if (was_connected_) context_.policies.peer_gone();
  lookup_.stop();
  ring_deadline_.reset();
  for (Leg& leg : legs_) leave(now, leg, told);
  const bool by_policy = reason == EndReason::not_allowed || reason == EndReason::closed_by_policy;
  emit(EventKind::ended, reason, by_policy ? verdict_ : std::nullopt);
}

// --- Helpers ---------------------------------------------------------------------------------------------------------

void Call::send(Time now, const wire::ControlMessage& message) {
  signalling_sent_ += context_.attachment.send(now, message);
}

void Call::send_encoded(Time now, Bytes message) {
  signalling_sent_ += context_.attachment.send_encoded(now, message);
}

void Call::send_and_repeat(Time now, Leg& leg, ByteVector message, unsigned times) {
  send_encoded(now, message);
  leg.repeat.start(now, std::move(message), context_.attachment.repeat_interval(leg.peer_round_trip), times);
}

uint32_t Call::own_round_trip_ms() const {
  return static_cast<uint32_t>(to_milliseconds(context_.attachment.round_trip().value_or(0ms)));
}

uint16_t Call::capabilities(Time now) const {
  const int direct = limits_.relay_only ? 0 : wire::kCapabilityDirect;
  const int glass = context_.admission.glass_is_open(now) ? wire::kCapabilityGlass : 0;
  return static_cast<uint16_t>(direct | glass | wire::kCapabilityNotes | wire::kCapabilityKeys);
}

void Call::emit(EventKind kind, EndReason reason, std::optional<Verdict> verdict) {
  context_.out.events.push_back({.kind = kind,
                                 .call = id_,
                                 .outgoing = outgoing_,
                                 .reason = reason,
                                 .peer = peer_,
                                 .text = {},
                                 .verdict = std::move(verdict)});
}

Leg* Call::find_invited(wire::CallNumber number) {
  const auto is_it = [&](const Leg& leg) { return leg.number == number && (outgoing_ || leg.asks); };
  const auto it = std::ranges::find_if(legs_, is_it);
  return it == legs_.end() ? nullptr : &*it;
}

Leg* Call::find_channel(wire::Channel channel) {
  const auto it = std::ranges::find_if(legs_, [&](const Leg& leg) { return leg.keys && leg.channel == channel; });
  return it == legs_.end() ? nullptr : &*it;
}

bool Call::any_leg_open() const {
  return std::ranges::any_of(legs_, [](const Leg& leg) {
    return leg.state == Leg::State::inviting || leg.state == Leg::State::ringing || leg.state == Leg::State::chosen;
  });
}

}  // namespace farline::client
