#include "policy/decide.h"

#include <algorithm>
#include <chrono>

#include "wire/name.h"

namespace farline::policy {
namespace {

std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// --- Hours -----------------------------------------------------------------------------------------------------------
// Quarters in order are asked of one day after the other, so one day is kept.
class OpenHours {
 public:
  OpenHours(const Effective& policy, const Request& request) : policy_(policy), request_(request) {}

  bool is_open(Quarter at) {
    const Zone::Local here = policy_.zone.local(at);
    if (!day_ || *day_ != here.day) {
      day_ = here.day;
      open_.set();
      for (const Calendar& calendar : policy_.calendars)
        open_ &= calendar.open_on(here.day, request_.role, request_.what);
    }
    return open_[here.quarter];
  }
  std::optional<WallTime> next_change(Quarter from) {
    const bool open = is_open(from);
    for (int64_t i = 1; i <= kOutlookDays * kQuartersPerDay;) {
      const Quarter at{from.number + i};
      if (is_open(at) != open) return start_of(at);
      i += quarters_alike(at);
    }
    return {};
  }

 private:
  // From `at` on, at least: the rest of its day, where all of that is open or closed and the clocks do not change.
  int64_t quarters_alike(Quarter at) const {
    if (!open_.all() && !open_.none()) return 1;
    const auto rest = static_cast<int64_t>(kQuartersPerDay - policy_.zone.local(at).quarter);
    const bool changes = std::ranges::any_of(policy_.zone.transitions, [&](const Transition& transition) {
      return transition.at > at && transition.at.number <= at.number + rest;
    });
    return changes ? 1 : rest;
  }

  const Effective& policy_;
  const Request& request_;
  std::optional<Day> day_;
  DayQuarters open_;
};

// When the grace of a running call ends, if it has not.
std::optional<WallTime> call_grace(const Effective& policy, OpenHours& hours, WallTime now) {
  const Quarter current = quarter_of(now);
  const uint64_t grace = uint64_t{policy.call_grace_minutes} * 60;
  for (int64_t back = 1; (back - 1) * kSecondsPerQuarter <= static_cast<int64_t>(grace); ++back) {
    const Quarter at{current.number - back};
    if (!hours.is_open(at)) continue;
    const WallTime end{start_of({at.number + 1}).seconds + grace};
    return now < end ? std::optional(end) : std::nullopt;
  }
  return {};
}

std::optional<Decision> decide_hours(const Effective& policy, const Request& request, WallTime now) {
  OpenHours hours(policy, request);
  const Quarter quarter = quarter_of(now);
  if (hours.is_open(quarter)) return {};
  if (request.is_running && (request.what == Class::voice || request.what == Class::video))
    if (const auto end = call_grace(policy, hours, now)) return Decision{true, Rule::hours, end};
  return Decision{false, Rule::hours, hours.next_change(quarter)};
}

// --- Builds ----------------------------------------------------------------------------------------------------------
struct BuildVerdict {
  BuildAction action = BuildAction::allow;
  std::optional<WallTime> until;
};
BuildVerdict judge(const std::optional<std::vector<BuildRule>>& rules, const Build& build, WallTime now) {
  if (!rules) return {};
  for (const BuildRule& rule : *rules) {
    if (!fits(rule, build)) continue;
    if (rule.since && now < start_of_day(*rule.since)) return {BuildAction::update, start_of_day(*rule.since)};
    return {rule.action, {}};
  }
  return {BuildAction::block, {}};
}

BuildVerdict judge_both(const Effective& policy, const Build& build, WallTime now) {
  BuildVerdict worst;
  for (const auto& rules : policy.builds) {
    const BuildVerdict verdict = judge(rules, build, now);
    worst = {std::max(worst.action, verdict.action), earlier(worst.until, verdict.until)};
  }
  return worst;
}

// --- Features, quotas, contacts --------------------------------------------------------------------------------------
bool is_used_up(std::optional<uint32_t> cap, uint32_t used) {
  return cap && used >= *cap;
}

// The start of the next local month, and of the next local day.
struct Renewals {
  WallTime month;
  WallTime day;
};
Renewals renewals_after(const Zone& zone, WallTime now) {
  const Day today = zone.local(quarter_of(now)).day;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(today.number))};
  const auto month = std::chrono::sys_days((date.year() / date.month() + std::chrono::months(1)) / 1);
  const auto starts_at = [&](int64_t day) {
    Quarter guess{day * kQuartersPerDay - zone.offset_at(quarter_of(now)).quarters};
    return start_of({day * kQuartersPerDay - zone.offset_at(guess).quarters});
  };
  return {starts_at(month.time_since_epoch().count()), starts_at(int64_t{today.number} + 1)};
}

std::optional<Decision> decide_quota(const Effective& policy, const Request& request, WallTime now) {
  const Usage& used = request.usage;
  const bool is_call = request.what == Class::voice || request.what == Class::video;
  bool month_is_used_up = is_used_up(policy.client_megabytes_a_month, used.client_megabytes) ||
                          is_used_up(policy.site_megabytes_a_month, used.site_megabytes);
  bool day_is_used_up = false;
  for (const Quota& quota : policy.quotas) {
    if (!quota.roles.all_or_has(request.role)) continue;
    month_is_used_up |= is_used_up(quota.megabytes_a_month, used.person_megabytes);
    day_is_used_up |= is_call && is_used_up(quota.voice_minutes_a_day, used.voice_minutes_today);
  }
  if (!month_is_used_up && !day_is_used_up) return {};
  const Renewals renewals = renewals_after(policy.zone, now);
  return Decision{false, Rule::quota, month_is_used_up ? renewals.month : renewals.day};
}

bool is_emergency(const Effective& policy, const Request& request) {
  return (request.what == Class::voice || request.what == Class::messages) &&
         (is_contact(policy, request.peer) || is_contact(policy, request.self));
}

Decision decide_at(const Effective& policy, const Request& request, WallTime now) {
  const WallTime expiry = end_of_day({policy.until.number + static_cast<int32_t>(policy.grace_days)});
  if (now < start_of_day(policy.from)) return {false, Rule::validity, start_of_day(policy.from)};
  if (now >= expiry) {
    const bool is_kept = request.in_site && (request.what == Class::voice || request.what == Class::messages);
    return {is_kept, Rule::validity, {}};
  }
  if (request.is_behind && !request.is_running) return {false, Rule::serial, {}};
  if (request.glass_is_broken) return {true, Rule::break_glass, {}};
  const BuildVerdict build = judge_both(policy, request.build, now);
  if (build.action == BuildAction::block) return {false, Rule::build, {}};
  if (is_forbidden(policy, request.role, request.what)) return {false, Rule::feature, {}};
  if (auto decision = decide_hours(policy, request, now)) {
    decision->should_update = decision->allowed && build.action == BuildAction::update;
    return *decision;
  }
  if (const auto decision = decide_quota(policy, request, now)) return *decision;
  const auto closing = OpenHours(policy, request).next_change(quarter_of(now));
  return {true, Rule::open, earlier(earlier(closing, build.until), expiry), build.action == BuildAction::update};
}

}  // namespace

bool fits(const BuildRule& rule, const Build& build) {
  return rule.platforms.all_or_has(build.platform) && (!rule.from_version || *rule.from_version <= build.version) &&
         (!rule.to_version || build.version <= *rule.to_version) && (!rule.hash || rule.hash == build.hash);
}

bool asks_for_hash(const Effective& policy) {
  return std::ranges::any_of(policy.builds, [](const auto& rules) {
    return rules && std::ranges::any_of(*rules, [](const BuildRule& rule) { return rule.hash.has_value(); });
  });
}

std::string_view name_of(Rule rule) {
  constexpr std::array<std::string_view, kRuleCount> kRuleNames{"revoked", "emergency",   "time",  "validity",
                                                                "serial",  "break-glass", "build", "feature",
                                                                "hours",   "quota",       "open"};
  return kRuleNames[static_cast<size_t>(rule)];
}

bool is_contact(const Effective& policy, std::string_view name) {
  return std::ranges::any_of(policy.contacts,
                             [&](const Name& contact) { return wire::is_same_name(contact.text, name); });
}

bool is_blocked(const Effective& policy, const Build& build, WallTime now) {
  return judge_both(policy, build, now).action == BuildAction::block;
}

bool is_forbidden(const Effective& policy, Role role, Class what) {
  return (what == Class::video && policy.forbidden.has(Feature::video)) ||
         (what == Class::files && policy.forbidden.has(Feature::files)) ||
         (role == Role::guest && policy.forbidden.has(Feature::guests));
}

Decision decide(const Effective& policy, const Request& request, const TrustedTime& time) {
  if (std::ranges::find(policy.revoked, request.device) != policy.revoked.end()) return {false, Rule::revoked, {}};
  if (is_emergency(policy, request)) return {true, Rule::emergency, {}};
  if (!time.at) return {false, Rule::time, {}};
  Decision decision = decide_at(policy, request, *time.at);
  if (!time.or_else || !decision.allowed) return decision;
  const Decision other = decide_at(policy, request, *time.or_else);
  if (!other.allowed) return other;
  decision.until = earlier(decision.until, other.until);
  decision.should_update |= other.should_update;
  return decision;
}

}  // namespace farline::policy
