#include "client/view_of.h"

#include "policy/week.h"
#include "voice/ladder.h"

namespace farline::client {
namespace {

Quality of_codec(wire::VoiceCodec codec) {
  if (codec == wire::VoiceCodec::opus_wb) return Quality::hd;
  return codec == wire::VoiceCodec::opus_nb ? Quality::clear : Quality::basic;
}

// A picture now and then beside a clear voice.
constexpr uint32_t kVideoFromBps = 48'000;

Carries carried_at(uint32_t bps) {
  if (bps == 0) return Carries::unknown;
  const voice::Rung& rung = voice::choose_rung(bps, voice::kIpv4UdpBytes);
  if (voice::wire_bps(rung, voice::kIpv4UdpBytes) > bps) return Carries::text;
  if (bps >= kVideoFromBps) return Carries::video;
  return wire::is_opus(rung.codec) ? Carries::clear_voice : Carries::basic_voice;
}

Duration in_seconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

std::vector<QuotaView> quotas_of(const Admission& admission, Time now) {
  std::vector<QuotaView> out;
  const policy::Usage used = admission.usage(now);
  const auto add = [&](QuotaView::Kind kind, uint32_t value, std::optional<uint32_t> most) {
    if (most) out.push_back({.kind = kind, .used = value, .most = *most});
  };
  for (const policy::Quota& quota : admission.effective().quotas) {
    if (!quota.roles.all_or_has(admission.role())) continue;
    add(QuotaView::Kind::voice_minutes_today, used.voice_minutes_today, quota.voice_minutes_a_day);
    add(QuotaView::Kind::person_megabytes, used.person_megabytes, quota.megabytes_a_month);
  }
  add(QuotaView::Kind::device_megabytes, used.client_megabytes, admission.effective().client_megabytes_a_month);
  return out;
}

void fill_week(RulesView& out, const Admission& admission) {
  const policy::Effective& rules = admission.effective();
  const policy::Quarter quarter = policy::quarter_of(*out.now);
  const policy::Zone::Local local = rules.zone.local(quarter);
  out.utc_offset = rules.zone.offset_at(quarter);
  out.quarter_now = static_cast<size_t>(local.day.weekday()) * policy::kQuartersPerDay + local.quarter;
  for (size_t i = 0; i < kClasses; ++i)
    out.classes[i].week =
        policy::open_week(rules, {admission.role(), static_cast<policy::Class>(i)}, policy::monday_of(local.day));
}

}  // namespace

Quality quality_of_mine(const CallStats& stats) {
  if (stats.rung.empty()) return Quality::unknown;
  if (stats.is_stalled) return Quality::none;
  return stats.peer_loss > kLossWeak ? Quality::weak : of_codec(stats.codec);
}

Quality quality_of_theirs(const CallStats& stats) {
  if (stats.is_stalled) return Quality::none;
  if (!stats.heard) return Quality::unknown;
  return stats.loss > kLossWeak ? Quality::weak : of_codec(*stats.heard);
}

CallSample sample_of(const CallStats& stats) {
  return {.tx_bps = stats.wire_tx_bps,
          .rx_bps = stats.wire_rx_bps,
          .capacity_bps = stats.capacity_tx_bps,
          .loss = static_cast<float>(stats.loss),
          .peer_loss = static_cast<float>(stats.peer_loss),
          .mouth_to_ear_ms = stats.mouth_to_ear_ms,
          .is_stalled = stats.is_stalled};
}

CallStats shown(CallStats stats) {
  stats.connected_for = in_seconds(stats.connected_for);
  stats.stalled_for = in_seconds(stats.stalled_for);
  return stats;
}

LinkCheck link_check(const LinkFigures& figures) {
  LinkCheck out{.is_running = figures.is_running,
                .is_done = figures.is_done,
                .up_bps = figures.up_bps,
                .down_bps = figures.down_bps,
                .rtt_ms = figures.rtt_ms};
  if (!figures.is_done) return out;
  out.loss = 1 - static_cast<float>(figures.answers) / LinkFigures::kQuestions;
  out.carries = figures.answers == 0 ? Carries::nothing : carried_at(std::min(figures.up_bps, figures.down_bps));
  return out;
}

RulesView rules_view(const Admission& admission, Time now) {
  RulesView out;
  for (size_t i = 0; i < kClasses; ++i)
    out.classes[i].now = admission.decide(now, {.what = static_cast<policy::Class>(i), .peer = {}});
  out.is_in_force = admission.is_in_force();
  if (!out.is_in_force) {
    for (ClassRules& rules : out.classes) rules.week.set();
    return out;
  }
  out.is_current = !admission.is_at_floor();
  if (const policy::Bundle* bundle = admission.bundle()) {
    out.organisation = bundle->root.organisation.text;
    if (bundle->site) out.site = bundle->site->name.text;
    out.serial = bundle->root.serial;
    out.from = policy::start_of_day(bundle->root.from);
    out.until = policy::start_of_day(bundle->root.until);
  }
  const policy::TrustedTime time = admission.time(now);
  out.is_time_certain = time.at && !time.or_else;
  if (time.at) {
    out.now = WallTime{time.at->seconds / 60 * 60};
    fill_week(out, admission);
  }
  out.quotas = quotas_of(admission, now);
  for (const policy::Name& contact : admission.effective().contacts) out.emergency_contacts.push_back(contact.text);
  out.forbids_recording = admission.forbids(policy::Feature::recording);
  out.forbids_wipe = admission.forbids(policy::Feature::wipe);
  out.is_glass_open = admission.glass_is_open(now);
  out.should_update = out.classes[static_cast<size_t>(policy::Class::voice)].now.should_update;
  return out;
}

std::vector<Setting> managed_settings(const Admission& admission) {
  std::vector<Setting> out;
  if (!admission.is_in_force()) return out;
  if (admission.forbids(policy::Feature::direct_paths)) out.push_back(Setting::relay_only);
  if (admission.client_bps() != 0) out.push_back(Setting::max_bps);
  if (admission.forbids(policy::Feature::wipe)) out.push_back(Setting::wipe);
  if (admission.forbids(policy::Feature::recording)) out.push_back(Setting::recording);
  return out;
}

}  // namespace farline::client
