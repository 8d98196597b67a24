#include "client/admission.h"

#include <algorithm>

#include "wire/certificate.h"
#include "wire/name.h"

namespace farline::client {
namespace {

// The mark's time may lag by this much: it is written to a second place.
constexpr uint64_t kMarkLagSeconds = 24 * 3600;

std::string folded_site(std::string_view name) {
  const auto folded = wire::fold_name(name);
  return folded ? std::string(wire::site_of(*folded)) : std::string();
}

// What holds where a policy was held and is gone: nobody is known to be an emergency contact.
policy::Effective floor_without_policy() {
  policy::Effective out;
  out.until = {policy::kDayMax};
  return out;
}

}  // namespace

SaveRecord clock_record(uint32_t generation, WallTime high_water) {
  std::array<uint8_t, 12> value{};
  Writer writer(value);
  writer.u32(generation);
  writer.u64(high_water.seconds);
  return make_record(RecordKind::policy_clock, {}, value);
}

Admission::Admission(const Setup& setup, Outputs& out)
    : asymmetric_(setup.asymmetric),
      out_(out),
      pin_(policy::pin_of(setup.identity.root_key)),
      site_(folded_site(setup.identity.name)),
      name_(setup.identity.name),
      self_(wire::device_id_of(setup.identity.static_keys.public_key)),
      build_(setup.build),
      glass_(self_) {
  certified(setup.identity.certificate);
}

void Admission::certified(Bytes encoded) {
  const auto certificate = wire::parse_certificate(encoded);
  if (certificate && certificate->person_role < policy::kNames<policy::Role>.size())
    role_ = static_cast<policy::Role>(certificate->person_role);
}

void Admission::load(const SaveRecord& record) {
  switch (static_cast<RecordKind>(record.kind)) {
    case RecordKind::policy:
      stored_bundle_ = record.value;
      break;
    case RecordKind::policy_mark:
      if (auto mark = policy::decode_mark(record.value)) {
        ++marks_loaded_;
        if (first_mark_) marks_differ_ |= !policy::is_same(*first_mark_, *mark);
        mark_ = first_mark_ ? policy::later_of(mark_, *mark) : *mark;
        first_mark_ = std::move(*mark);
      }
      break;
    case RecordKind::policy_clock: {
      Reader in(record.value);
      const uint32_t generation = in.u32();
      const WallTime high_water{in.u64()};
      if (in.finish()) {
        clock_generation_ = generation;
        clock_high_water_ = high_water;
      }
      break;
    }
    case RecordKind::usage:
      meter_.load(record.value);
      break;
    case RecordKind::glass_to_tell:
      if (policy::GlassCode code; record.value.size() == code.bytes.size()) {
        std::ranges::copy(record.value, code.bytes.begin());
        glass_to_tell_ = code;
      }
      break;
    case RecordKind::counter:
    case RecordKind::node_knows_us:
    case RecordKind::node:
    case RecordKind::device:
    case RecordKind::caller_counter:
    case RecordKind::blocked:
    case RecordKind::network:
    case RecordKind::certificate:
    case RecordKind::audit_counts:
    case RecordKind::audit_report:
    case RecordKind::issuer:
      break;  // others'
  }
}

void Admission::start(Time now, WallTime wall) {
  if (clock_) return;
  WallTime stored = mark_.high_water;
  if (clock_generation_ == mark_.held.generation) stored = std::max(stored, clock_high_water_);
  clock_.emplace(policy::TrustedClock::Start{stored, wall, now});
  glass_ = policy::BreakGlass(self_, mark_.uses);
  if (!stored_bundle_.empty()) {
    const policy::RootPin held = policy::pin_after(stored_bundle_, pin_);
    auto found = policy::open_bundle(stored_bundle_, {held, site_}, asymmetric_);
    if (found) {
      pin_ = held;
      bundle_ = std::move(*found);
      is_current_ = policy::check_succession(mark_.held, bundle_->held).has_value();
    }
    stored_bundle_.clear();
  }
  effective_ = bundle_ ? bundle_->effective : floor_without_policy();
  if (!is_in_force()) {
    effective_ = {};
    return;
  }
  keep_due_ = now + kKeepEvery;
  const bool mark_is_behind = is_current_ && bundle_->held.hash != mark_.held.hash;
  if (mark_is_behind) mark_.held = bundle_->held;
  if (mark_is_behind || marks_loaded_ != 2 || marks_differ_) save_mark(now);
  if (is_current_) return;
  say(bundle_ ? "the policy found here is older than one that this device has held; only emergency contacts can be "
                "reached until the current one is here"
              : "this device has held a policy and it is gone; nobody can be called until it is here again");
}

// --- Time ------------------------------------------------------------------------------------------------------------

void Admission::handle_signed_time(Time now, const policy::TrustedClock::SignedTime& time) {
  if (!clock_ || time.time.seconds == 0) return;
  const uint64_t before = clock_->high_water(now).seconds;
  clock_->handle_signed_time(now, time);
  // So that the time is known when the first policy comes.
  const uint64_t after = clock_->high_water(now).seconds;
  if (is_in_force() || after > std::max(before, clock_high_water_.seconds + kMarkLagSeconds)) keep(now);
}

policy::TrustedTime Admission::time(Time now) const {
  return clock_ ? clock_->read(now) : policy::TrustedTime{};
}

std::optional<policy::Day> Admission::today(Time now) const {
  const auto at = time(now).at;
  if (!at) return {};
  return effective_.zone.local(policy::quarter_of(*at)).day;
}

// --- The policy ------------------------------------------------------------------------------------------------------

// Somebody who hands on a file without the site's part would loosen what holds here.
Result<policy::Bundle> Admission::with_site_kept(policy::Bundle bundle) const {
  if (bundle.site || !bundle_ || !bundle_->site || bundle.root.sites.empty()) return bundle;
  const auto held = policy::split_policy_file(bundle_->bytes);
  if (!held || held->sites.empty()) return bundle;
  const policy::SitePin pin = policy::pin_of(held->sites.front(), bundle_->site->serial);
  if (std::ranges::find(bundle.root.sites, pin) == bundle.root.sites.end())
    return Error{Errc::denied, "lacks the part for this site, which has rules of its own; ask for the whole file"};
  ByteVector whole = std::move(bundle.bytes);
  whole.insert(whole.end(), held->sites.front().begin(), held->sites.front().end());
  return policy::open_bundle(whole, {pin_, site_}, asymmetric_);
}

Result<void> Admission::import(Time now, Bytes file) {
  const auto taken = consider(now, file);
  if (!taken && !is_in_force()) node_version_ = {};  // no use in waiting for it
  return taken;
}

Result<void> Admission::consider(Time now, Bytes file) {
  INVARIANT(clock_.has_value());
  auto opened = policy::open_bundle(file, {pin_, site_}, asymmetric_);
  if (!opened) return opened.error();
  auto bundle = with_site_kept(std::move(*opened));
  if (!bundle) return bundle.error();
  if (mark_.has_held() && !policy::check_succession(mark_.held, bundle->held))
    return Error{Errc::denied, "is older than the policy that this device holds or has held"};
  if (is_current_ && bundle->bytes == bundle_->bytes) return {};
  // Taken now, it would close everything until then.
  const policy::TrustedTime current = time(now);
  const bool is_new_generation = mark_.has_held() && bundle->root.generation > mark_.held.generation;
  if (current.at && !current.or_else && !is_new_generation && policy::start_of_day(bundle->root.from) > *current.at)
    return Error{Errc::denied, "begins on a later day; it is taken when that has come"};
  take(now, std::move(*bundle));
  return {};
}

void Admission::take(Time now, policy::Bundle bundle) {
  const WallTime from = policy::start_of_day(bundle.root.from);
  const bool is_new_generation = mark_.has_held() && bundle.root.generation > mark_.held.generation;
  if (is_new_generation) {
    clock_->reset(now, from);
  } else if (clock_->high_water(now).seconds != 0) {  // a first day alone says too little of what time it is
    clock_->raise(now, from);
  }
  bundle_ = std::move(bundle);
  pin_ = policy::next_pin(bundle_->root, pin_);
  effective_ = bundle_->effective;
  is_current_ = true;
  mark_.held = bundle_->held;
  if (const auto day = today(now); day && is_new_generation) meter_.take_back_to(*day);
  save(RecordKind::policy, bundle_->bytes);
  save_mark(now);
  keep(now);
  say("a new policy is in force");
}

void Admission::say(std::string_view words) {
  out_.events.push_back({.kind = EventKind::policy, .text = words});
}

void Admission::save_mark(Time now) {
  mark_.high_water = clock_->high_water(now);
  mark_.uses.assign(glass_.uses().begin(), glass_.uses().end());
  save(RecordKind::policy_mark, policy::encode(mark_));
}

void Admission::keep(Time now) {
  const WallTime high_water = clock_->high_water(now);
  clock_high_water_ = high_water;
  out_.saves.push_back(clock_record(mark_.held.generation, high_water));
  if (!is_in_force()) return;
  save(RecordKind::usage, meter_.encode());
  if (high_water.seconds > mark_.high_water.seconds + kMarkLagSeconds) save_mark(now);
  keep_due_ = now + kKeepEvery;
}

void Admission::handle_timeout(Time now) {
  if (keep_due_ && now >= *keep_due_) keep(now);
}

// --- The door --------------------------------------------------------------------------------------------------------

policy::Request Admission::request_for(Time now, const Question& question) const {
  return {.role = role_,
          .what = question.what,
          .build = build_,
          .peer = question.peer,
          .self = name_,
          .device = self_,
          .in_site = folded_site(question.peer) == site_,
          .is_running = question.is_running,
          .is_behind = !is_current_,
          .glass_is_broken = glass_is_open(now),
          .usage = usage(now)};
}

Verdict Admission::verdict_of(const policy::Decision& decision, const policy::Request& request) const {
  const auto offset_at = decision.until ? policy::quarter_of(*decision.until) : policy::Quarter{};
  return {.allowed = decision.allowed,
          .rule = decision.rule,
          .until = decision.until,
          .utc_offset = effective_.zone.offset_at(offset_at),
          .should_update = decision.should_update,
          .words = policy::reason(decision, request, effective_.zone)};
}

Verdict Admission::decide(Time now, const Question& question) const {
  if (!is_in_force()) return {.allowed = true, .rule = policy::Rule::open};
  const policy::Request request = request_for(now, question);
  return verdict_of(policy::decide(effective_, request, time(now)), request);
}

Verdict Admission::refused_by_node(const Question& question, uint8_t rule, WallTime until) const {
  if (rule >= static_cast<uint8_t>(policy::Rule::open))  // of a newer supernode
    return {.words = "Not allowed by the supernode's policy; update the program to learn why"};
  policy::Request request;
  request.role = role_;
  request.what = question.what;
  request.peer = question.peer;
  policy::Decision decision;
  decision.rule = static_cast<policy::Rule>(rule);
  if (until.seconds != 0) decision.until = until;
  return verdict_of(decision, request);
}

std::optional<Duration> Admission::closes_in(Time now, const Question& question, const Verdict& verdict) const {
  std::optional<Duration> left;
  if (!is_in_force() || !verdict.allowed || verdict.rule == policy::Rule::emergency) return left;
  const policy::TrustedTime current = time(now);
  if (verdict.until && current.at && *verdict.until > *current.at) {
    const policy::Decision then = policy::decide(effective_, request_for(now, question), {verdict.until, {}});
    if (!then.allowed || then.rule == policy::Rule::hours)
      left = std::chrono::seconds(verdict.until->seconds - current.at->seconds);
  }
  if (verdict.rule != policy::Rule::open) return left;
  for (const policy::Quota& quota : effective_.quotas) {
    if (!quota.roles.all_or_has(role_) || !quota.voice_minutes_a_day) continue;
    const Duration spoken = meter_.spoken_today();
    const Duration minutes = std::chrono::minutes(*quota.voice_minutes_a_day) - spoken;
    left = std::min(left.value_or(minutes), std::max<Duration>(minutes, 0s));
  }
  return left;
}

// Whether a caller may call is for its own policy and for the node; here only what concerns this device.
Admission::Welcome Admission::welcome(Time now, const wire::DeviceId& caller, std::string_view name) const {
  if (!is_in_force()) return Welcome::ring;
  if (is_revoked(caller)) return Welcome::ignore;
  const Verdict verdict = decide(now, {.peer = name});
  if (verdict.allowed) return Welcome::ring;
  if (verdict.rule == policy::Rule::revoked) return Welcome::ignore;
  return verdict.rule == policy::Rule::build ? Welcome::decline : Welcome::ring;
}

bool Admission::is_revoked(const wire::DeviceId& device) const {
  return std::ranges::find(effective_.revoked, device) != effective_.revoked.end();
}

bool Admission::wants_build_hash() const {
  return !build_.hash && (node_wants_build_hash_ || policy::asks_for_hash(effective_));
}

std::optional<Tariff> Admission::tariff(std::string_view link) const {
  const auto& known = effective_.tariffs;
  const auto it = link.empty() ? (known.size() == 1 ? known.begin() : known.end())
                               : std::ranges::find(known, link, &policy::Tariff::link);
  if (it == known.end()) return {};
  constexpr uint64_t kMicrosInMilli = 1000;
  Tariff out;
  std::copy_n(it->currency.begin(), std::min(it->currency.size(), out.currency.size()), out.currency.begin());
  const uint64_t session = it->millis_a_session.value_or(0);
  if (it->millis_a_block) {
    const uint64_t block_seconds = it->block_seconds.value_or(60);
    out.type = Tariff::Type::time;
    out.micros = *it->millis_a_block * kMicrosInMilli * 60 / block_seconds;
    out.block = std::chrono::seconds(block_seconds);
    if (*it->millis_a_block != 0)
      out.min = std::chrono::seconds((session + *it->millis_a_block - 1) / *it->millis_a_block * block_seconds);
  } else if (it->millis_a_megabyte) {
    out.type = Tariff::Type::bytes;
    out.micros = *it->millis_a_megabyte * kMicrosInMilli;
    if (*it->millis_a_megabyte != 0)
      out.session_min_bytes =
          static_cast<uint32_t>(std::min<uint64_t>(session * 1'000'000 / *it->millis_a_megabyte, UINT32_MAX));
  }
  return out;
}

// --- Break-glass -----------------------------------------------------------------------------------------------------

Result<WallTime> Admission::break_glass(Time now, const policy::GlassCode& code) {
  if (!bundle_) return Error{Errc::not_found, "there is no policy here that a code could open"};
  const auto at = time(now).at;
  if (!at) return Error{Errc::denied, "the time is not known for certain; attach to a supernode first"};
  const auto until = glass_.open(code, effective_.break_glass, *at);
  if (!until) return until;
  glass_to_tell_ = code;
  save_mark(now);
  save(RecordKind::glass_to_tell, code.bytes);
  return until;
}

bool Admission::glass_is_open(Time now) const {
  const auto at = time(now).at;
  return at && glass_.is_open(*at);
}

void Admission::glass_was_told() {
  if (!glass_to_tell_) return;
  glass_to_tell_.reset();
  save(RecordKind::glass_to_tell, {});
}

// --- Usage -----------------------------------------------------------------------------------------------------------

void Admission::count(Time now, const UsageMeter::Share& share) {
  if (!is_in_force()) return;
  if (const auto day = today(now)) meter_.turn_to(*day);
  meter_.count(share);
  counted_.spoken += share.spoken;
  counted_.messages += share.messages;
  for (size_t i = 0; i < share.bytes.size(); ++i) counted_.bytes[i] += share.bytes[i];
}

policy::Usage Admission::usage(Time now) const {
  UsageMeter current = meter_;  // a new day may have begun since something was counted
  if (const auto day = today(now)) current.turn_to(*day);
  return current.usage();
}

}  // namespace farline::client
