#include "admin/gateway_hours.h"

#include <algorithm>
#include <optional>

namespace farline::admin {
namespace {

using policy::DayQuarters;
using policy::kQuartersPerDay;
using policy::Quarter;

// Open for anybody, and open for calls.
struct Union {
  Week any;
  Week calls;
};
Union union_of(const policy::Effective& policy, policy::Day monday, bool with_holidays) {
  Union out;
  for_each_kind([&](Kind kind) {
    const Week week = with_holidays ? open_week(policy, kind, monday) : ordinary_week(policy, kind);
    out.any |= week;
    if (kind.what == policy::Class::voice || kind.what == policy::Class::video) out.calls |= week;
  });
  return out;
}

size_t of_week(int64_t quarter) {  // quarter: since 1970-01-01, a Thursday
  return static_cast<size_t>((quarter + 3 * kQuartersPerDay) % kQuartersPerWeek);
}

class HoursMaker {
 public:
  explicit HoursMaker(const policy::Effective& policy)
      : policy_(policy),
        ordinary_(union_of(policy, {}, false)),
        grace_((policy.call_grace_minutes + 14) / 15),
        end_{(int64_t{policy.until.number} + 1 + policy.grace_days) * kQuartersPerDay} {}

  GatewayHours make() {
    GatewayHours out;
    out.begins = {int64_t{policy_.from.number} * kQuartersPerDay};
    out.seasons.push_back({out.begins, week_in_utc(policy_.zone.offset_at(out.begins))});
    for (const policy::Transition& change : policy_.zone.transitions)
      if (change.at > out.begins && change.at < end_)
        out.seasons.push_back({change.at, week_in_utc(change.utc_offset)});
    out.ends = end_;
    for (int32_t day = policy_.from.number; day <= policy_.until.number + static_cast<int32_t>(policy_.grace_days);
         ++day)
      add_if_exceptional(out, {day});
    return out;
  }

 private:
  Week week_in_utc(policy::UtcOffset offset) const {
    Week out;
    for (int i = 0; i < kQuartersPerWeek; ++i) {
      const auto local = [&](int back) {
        return static_cast<size_t>((i - back + offset.quarters + 2 * kQuartersPerWeek) % kQuartersPerWeek);
      };
      bool open = ordinary_.any[local(0)];
      for (int back = 1; back <= static_cast<int>(grace_); ++back) open |= ordinary_.calls[local(back)];
      if (open) out.set(static_cast<size_t>(i));
    }
    return out;
  }

  const Union& actual(policy::Day day) {
    const policy::Day monday = monday_of(day);
    if (!monday_ || *monday_ != monday) {
      monday_ = monday;
      actual_ = union_of(policy_, monday, true);
    }
    return actual_;
  }
  bool is_open(Quarter at) {
    const auto place = [&](Quarter quarter) {
      const policy::Zone::Local here = policy_.zone.local(quarter);
      return std::pair(here.day, static_cast<size_t>(here.day.weekday()) * kQuartersPerDay + here.quarter);
    };
    const auto [day, quarter] = place(at);
    if (actual(day).any[quarter]) return true;
    for (int back = 1; back <= static_cast<int>(grace_); ++back) {
      const auto [earlier_day, earlier] = place({at.number - back});
      if (actual(earlier_day).calls[earlier]) return true;
    }
    return false;
  }

  void add_if_exceptional(GatewayHours& out, policy::Day day) {
    DayQuarters open;
    bool is_exceptional = false;
    for (int i = 0; i < kQuartersPerDay; ++i) {
      const Quarter at{int64_t{day.number} * kQuartersPerDay + i};
      const auto season = std::ranges::find_if(out.seasons.rbegin(), out.seasons.rend(),
                                               [&](const auto& candidate) { return candidate.from <= at; });
      const bool expected = season->week[of_week(at.number)];
      const bool is = is_open(at);
      if (is) open.set(static_cast<size_t>(i));
      is_exceptional |= is != expected;
    }
    if (is_exceptional) out.exceptions.push_back({day, open});
  }

  const policy::Effective& policy_;
  const Union ordinary_;
  const uint32_t grace_;  // quarters
  const Quarter end_;
  std::optional<policy::Day> monday_;
  Union actual_;
};

}  // namespace

GatewayHours gateway_hours(const policy::Effective& policy) {
  return HoursMaker(policy).make();
}

bool is_open(const GatewayHours& hours, Quarter at) {
  if (at < hours.begins) return false;
  if (at >= hours.ends) return true;
  const policy::Day day{static_cast<int32_t>(at.number / kQuartersPerDay)};
  const auto exception = std::ranges::lower_bound(hours.exceptions, day, {}, &GatewayHours::Exception::day);
  if (exception != hours.exceptions.end() && exception->day == day)
    return exception->open[static_cast<size_t>(at.number % kQuartersPerDay)];
  const auto season = std::ranges::upper_bound(hours.seasons, at, {}, &GatewayHours::Season::from);  // the one after it
  return std::prev(season)->week[of_week(at.number)];
}

std::vector<std::pair<Quarter, Quarter>> open_stretches(const GatewayHours& hours) {
  std::vector<std::pair<Quarter, Quarter>> out;
  for (Quarter at = hours.begins; at < hours.ends; ++at.number) {
    if (!is_open(hours, at)) continue;
    if (out.empty() || out.back().second != at) out.emplace_back(at, at);
    ++out.back().second.number;
  }
  return out;
}

std::vector<Stretch> stretches_of(const DayQuarters& open) {
  std::vector<Stretch> out;
  for (int i = 0; i < kQuartersPerDay; ++i) {
    if (!open[static_cast<size_t>(i)]) continue;
    if (out.empty() || out.back().end != i) out.push_back({i, i});
    out.back().end = i + 1;
  }
  return out;
}

DayQuarters day_of(const Week& week, int day) {
  DayQuarters out;
  for (int i = 0; i < kQuartersPerDay; ++i)
    if (week[static_cast<size_t>(day * kQuartersPerDay + i)]) out.set(static_cast<size_t>(i));
  return out;
}

}  // namespace farline::admin
