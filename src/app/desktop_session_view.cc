// What an open profile shows.
#include <algorithm>

#include "app/desktop_session.h"
#include "client/view_of.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "wire/name.h"

namespace farline::app {
namespace {

// After so long nobody takes a call up again.
constexpr uint64_t kInterruptedShownSeconds = 600;

Duration whole_seconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

}  // namespace

std::string place_of(const client::NodeTarget& node) {
  return node.place.empty() ? host::to_text(node.address) : node.place;
}

void DesktopSession::set_alerts(const client::command::SetAlerts& command) {
  saved(records_.set_alerts(command.chat, command.alerts));
  hooks_.changed();
}

void DesktopSession::fill(client::View& view, Time now) const {
  view.stage = client::Stage::ready;
  view.problem = problem_;
  if (problem_ != client::Problem::none) view.detail = detail_;
  view.name = name_;
  view.people = people();
  view.recent = records_.recent();
  if (chat_) view.messages = chat_->view();
  for (client::ChatView& chat : view.messages.chats) chat.alerts = records_.alerts_of(chat.id);
  if (notes_) view.note = notes_->view();
  if (call_) view.call = call_view(now);
  view.ended = ended_;
  view.refused = refused_;
  const auto& interrupted = records_.interrupted();
  const uint64_t wall = host::read_wall_clock().seconds;
  if (!call_ && interrupted && interrupted->at.seconds <= wall &&
      wall - interrupted->at.seconds < kInterruptedShownSeconds)
    view.interrupted = {interrupted->peer, std::chrono::seconds((wall - interrupted->at.seconds) / 10 * 10)};
  view.saved_path = saved_path_;
  view.link = link_view(now);
  view.settings = settings();
  if (phone_) {
    view.rules = client::rules_view(phone_->core().admission(), now);
    view.managed = client::managed_settings(phone_->core().admission());
  }
  if (view.problem == client::Problem::none && !chat_) {
    view.problem = client::Problem::damaged;
    view.detail = chat_trouble_;
  }
  if (view.problem == client::Problem::none && sound_.misses_input()) view.problem = client::Problem::no_microphone;
  if (view.problem == client::Problem::none && sound_.misses_output()) view.problem = client::Problem::no_speaker;
}

client::CallView DesktopSession::call_view(Time now) const {
  client::CallView out;
  out.id = call_->id;
  out.peer = call_->peer;
  out.outgoing = call_->outgoing;
  out.is_emergency = call_->is_emergency;
  out.state = call_->state;
  out.in_state_for = whole_seconds(now - call_->since);
  out.is_muted = call_->is_muted;
  out.is_deafened = call_->is_deafened;
  out.is_on_hold = call_->is_on_hold;
  out.push_to_talk = settings().transmit == client::TransmitMode::push_to_talk;
  out.is_talking = call_->is_talking;
  out.is_recording = recorder_ != nullptr;
  out.is_held_there = call_->stats.is_held_there;
  out.is_recorded_there = call_->stats.is_recorded_there;
  out.stats = client::shown(call_->stats);
  out.keys_pressed = call_->keys_pressed;
  if (call_->state == client::CallState::connected) {
    out.mine = client::quality_of_mine(call_->stats);
    out.theirs = client::quality_of_theirs(call_->stats);
    out.voice_cannot_pass = call_->stats.stalled_for >= client::kStalledTooLong;
  }
  out.history = call_->history;
  if (call_->closes_at) out.closes_in = whole_seconds(std::max<Duration>(*call_->closes_at - now, 0s));
  out.closing = call_->closing;
  out.peer_changed_device = call_->peer_changed_device;
  return out;
}

client::LinkView DesktopSession::link_view(Time now) const {
  client::LinkView out;
  out.is_attached = is_attached();
  if (!out.is_attached && trying_since_) out.trying_for = whole_seconds(now - *trying_since_);
  out.node = node().host + ":" + std::to_string(node().port);
  out.meter.assign(meter_.rows.begin(), meter_.rows.end());
  out.idle_month_bytes = meter_.idle_month_bytes / 1000 * 1000;
  if (!meter_.currency.empty() || meter_.cost_month_micros > 0)
    out.month_cost = {static_cast<double>(meter_.cost_month_micros) / 1e6, meter_.currency};
  out.tariff = settings().tariff;
  out.cap_bps = settings().max_bps;
  if (!phone_) return out;
  const std::string place = place_of(phone_->core().node());
  if (!place.empty()) out.node = place;
  out.is_other_tried = !out.is_attached && !attached_to_.empty() && place != attached_to_;
  out.check = client::link_check(phone_->core().link_figures());
  if (const auto round_trip = phone_->core().node_round_trip())
    out.rtt_ms = static_cast<uint32_t>(to_milliseconds(*round_trip));
  const NodeCarrier::Status& carrier = phone_->carrier();
  out.carrier = carrier.is_tls ? client::Carrier::tls : client::Carrier::udp;
  out.proxy = carrier.proxy;
  out.carrier_trouble = carrier.trouble;
  const client::Admission& admission = phone_->core().admission();
  const uint32_t policy_bps = admission.client_bps();
  if (policy_bps != 0 && (out.cap_bps == 0 || policy_bps < out.cap_bps)) {
    out.cap_bps = policy_bps;
    out.is_cap_policy = true;
  }
  if (out.tariff.empty() && admission.effective().tariffs.size() == 1)
    out.tariff = admission.effective().tariffs.front().link;
  return out;
}

std::vector<client::PersonView> DesktopSession::people() const {
  std::map<std::string, client::PersonView> all;  // by folded name
  const auto add = [&](const std::string& name) -> client::PersonView& {
    const auto folded = wire::fold_name(name);
    client::PersonView& person = all[folded ? *folded : name];
    if (person.name.empty()) person.name = name;
    return person;
  };
  for (const auto& [folded, person] : records_.people())
    if (person.is_kept) add(person.name);
  if (phone_) {
    for (const client::ContactView& contact : phone_->core().contacts()) {
      client::PersonView& person = add(contact.name);
      person.devices = contact.devices;
      person.is_blocked = contact.blocked;
    }
    for (const policy::Name& contact : phone_->core().admission().effective().contacts)
      add(contact.text).is_emergency = true;
  }
  std::vector<client::PersonView> out;
  for (auto& [folded, person] : all) {
    const auto known = records_.people().find(folded);
    const bool was_removed = known != records_.people().end() && !known->second.is_kept;
    if ((was_removed && !person.is_emergency) || wire::is_same_name(person.name, name_)) continue;
    if (const auto seen = presence_.find(folded); seen != presence_.end()) {
      person.presence = seen->second.presence;
      person.presence_at = seen->second.at;
    }
    person.missed = records_.missed_of(person.name);
    out.push_back(std::move(person));
  }
  return out;
}

}  // namespace farline::app
