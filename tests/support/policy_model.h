// What opening hours mean, the slow way: every minute of ten weeks is painted by hand, and the answer is looked up. It
// shares nothing with policy/calendar.cc but the words of docs/POLICY.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/decide.h"
#include "support/seeded_rng.h"

namespace farline::testing {

// Random policies that live around midnights, transitions, holidays and overlaps.
class RandomPolicy {
 public:
  explicit RandomPolicy(uint64_t seed) : rng_(seed) {}

  static constexpr int32_t kFirstDay = 20'700;  // 2026-09-04
  static constexpr int32_t kLastDay = kFirstDay + 800;
  // Its grace is the default of 90 days.
  static WallTime expiry() { return {uint64_t{kLastDay + 91} * 86'400}; }

  policy::RootPolicy root() {
    policy::RootPolicy out;
    out.organisation = {"Relief"};
    out.from = {kFirstDay - 400};
    out.until = {kLastDay};
    if (below(2)) out.delegates.add(policy::Delegable::hours);
    if (below(2)) out.delegates.add(policy::Delegable::holidays);
    out.rules = rules();
    return out;
  }
  policy::SitePolicy site() { return {.name = {"kalemie"}, .serial = 1, .rules = rules()}; }

  // Half of them within a second of a quarter, most of those at a midnight, in some offset or other.
  WallTime time() {
    const int64_t start = int64_t{kFirstDay + 5} * policy::kSecondsPerDay;
    const auto any = static_cast<int64_t>(below(18 * 86'400));
    if (below(2)) return {static_cast<uint64_t>(start + any)};
    const int64_t quarter = any / policy::kSecondsPerQuarter * policy::kSecondsPerQuarter;
    return {static_cast<uint64_t>(start + quarter + static_cast<int64_t>(below(3)) - 1)};
  }
  policy::Role role() { return static_cast<policy::Role>(below(3)); }
  policy::Class what() { return static_cast<policy::Class>(below(4)); }

 private:
  uint64_t below(uint64_t limit) { return rng_.next() % limit; }
  uint8_t quarter() { return static_cast<uint8_t>(below(3) ? below(96) : 94 + 4 * below(2) == 98 ? below(3) : 94); }
  policy::Span span() { return {quarter(), quarter()}; }
  policy::UtcOffset offset() { return {static_cast<int32_t>(below(104)) - 48}; }

  policy::Rules rules() {
    policy::Rules out;
    if (below(4)) {
      out.utc_offset = offset();
      int64_t at = int64_t{kFirstDay} * 96 + static_cast<int64_t>(below(20 * 96));
      for (uint64_t i = below(4); i > 0; --i) {
        out.transitions.push_back({{at}, below(2) ? offset() : policy::UtcOffset{out.utc_offset->quarters + 4}});
        at += 1 + static_cast<int64_t>(below(12 * 96));
      }
    }
    if (below(5)) {
      out.hours.emplace();
      for (uint64_t i = below(4); i > 0; --i) out.hours->push_back(schedule());
    }
    if (below(2)) {
      out.holidays.emplace();
      for (uint64_t i = below(5); i > 0; --i) out.holidays->push_back(holiday());
    }
    return out;
  }
  policy::Schedule schedule() {
    policy::Schedule out;
    if (below(2)) out.roles = {static_cast<uint32_t>(1 + below(7))};
    if (below(2)) out.classes = {static_cast<uint32_t>(1 + below(15))};
    for (uint64_t i = below(5); i > 0; --i) out.windows.push_back({{static_cast<uint32_t>(1 + below(127))}, span()});
    return out;
  }
  policy::Holiday holiday() {
    policy::Holiday out;
    out.date = {kFirstDay + static_cast<int32_t>(below(30))};
    if (below(3) == 0) out.days = static_cast<uint32_t>(1 + below(5));
    for (uint64_t i = below(3); i > 0; --i) out.windows.push_back(span());
    return out;
  }

  SeededRng rng_;
};

// Open or not, for each minute UTC from kFirstDay on, for one role and class.
class MinuteModel {
 public:
  MinuteModel(const policy::RootPolicy& root, const policy::SitePolicy& site, policy::Role role, policy::Class what)
      : open_(kMinutes, true), change_(kMinutes, SIZE_MAX) {
    const policy::Rules& all = root.rules;
    const policy::Rules& own = site.rules;
    const auto& own_hours = own.hours ? own.hours : all.hours;
    const auto& own_holidays = own.holidays ? own.holidays : all.holidays;
    const bool frees_hours = root.delegates.has(policy::Delegable::hours);
    const bool frees_holidays = root.delegates.has(policy::Delegable::holidays);
    const Painted roots =
        paint(frees_hours ? own_hours : all.hours, frees_holidays ? own_holidays : all.holidays, role, what);
    const Painted sites = paint(own_hours, own_holidays, role, what);
    const policy::Rules& clock = own.utc_offset ? own : all;
    for (size_t minute = 0; minute < kMinutes; ++minute) {
      const int64_t utc = (int64_t{RandomPolicy::kFirstDay} * 1440) + static_cast<int64_t>(minute);
      int64_t offset = clock.utc_offset ? clock.utc_offset->quarters * 15 : 0;
      for (const policy::Transition& change : clock.transitions)
        if (change.at.number * 15 <= utc) offset = change.utc_offset.quarters * 15;
      const auto local = static_cast<size_t>(static_cast<int64_t>(minute) + offset + kMargin);
      open_[minute] = roots[local] != 0 && sites[local] != 0;
    }
    for (size_t minute = kMinutes - 1; minute-- > 0;)
      change_[minute] = open_[minute] == open_[minute + 1] ? change_[minute + 1] : minute + 1;
  }

  bool is_open(WallTime at) const { return open_[minute_of(at)] != 0; }
  // The next minute at which it is otherwise, if that is within `days` days of the running quarter.
  std::optional<WallTime> next_change(WallTime at, int days) const {
    const size_t start = minute_of(at);
    const size_t change = change_[start];
    if (change > start - start % 15 + static_cast<size_t>(days) * 1440) return {};
    return WallTime{(uint64_t{RandomPolicy::kFirstDay} * 1440 + change) * 60};
  }

 private:
  using Painted = std::vector<char>;
  static constexpr size_t kMinutes = 70 * 1440;
  static constexpr int64_t kMargin = 2 * 1440;  // local time may be a day off

  static size_t minute_of(WallTime at) {
    return static_cast<size_t>(at.seconds / 60 - uint64_t{RandomPolicy::kFirstDay} * 1440);
  }

  static Painted paint(const std::optional<std::vector<policy::Schedule>>& hours,
                       const std::optional<std::vector<policy::Holiday>>& holidays, policy::Role role,
                       policy::Class what) {
    const size_t size = kMinutes + 2 * static_cast<size_t>(kMargin);
    if (!hours) return Painted(size, true);
    Painted out(size, false);
    bool somebody_spoke = hours->empty();
    for (const policy::Schedule& schedule : *hours) {
      if (!schedule.roles.empty() && !schedule.roles.has(role)) continue;
      if (!schedule.classes.empty() && !schedule.classes.has(what)) continue;
      somebody_spoke = true;
      for (int64_t day = -2; day < 72; ++day) paint_day(out, day, schedule, holidays);
    }
    return somebody_spoke ? out : Painted(size, true);
  }

  static void paint_day(Painted& out, int64_t day, const policy::Schedule& schedule,
                        const std::optional<std::vector<policy::Holiday>>& holidays) {
    if (schedule.windows.empty()) return;
    bool is_holiday = false;
    if (holidays) {
      for (const policy::Holiday& holiday : *holidays) {
        const int64_t first = holiday.date.number - RandomPolicy::kFirstDay;
        if (day < first || day >= first + holiday.days.value_or(1)) continue;
        is_holiday = true;
        for (const policy::Span span : holiday.windows) paint_span(out, day, span);
      }
    }
    if (is_holiday) return;
    for (const policy::Window& window : schedule.windows) {
      // 1970-01-01 was a Thursday.
      const auto weekday = static_cast<unsigned>((RandomPolicy::kFirstDay + day + 3) % 7);
      if (window.start_days.bits >> weekday & 1) paint_span(out, day, window.span);
    }
  }

  static void paint_span(Painted& out, int64_t day, policy::Span span) {
    const int64_t start = day * 1440 + span.start * 15;
    const int64_t end = day * 1440 + span.end * 15 + (span.end <= span.start ? 1440 : 0);
    for (int64_t minute = start; minute < end; ++minute) {
      const int64_t at = minute + kMargin;
      if (at >= 0 && at < static_cast<int64_t>(out.size())) out[static_cast<size_t>(at)] = true;
    }
  }

  std::vector<char> open_;
  std::vector<size_t> change_;  // the next minute that is otherwise
};

inline std::string words(std::optional<WallTime> time) {
  return time ? policy::time_text(*time, {}) : "further notice";
}

// Compares decide() with the model; gives the first difference in words, or nothing. `pairs` is rounded up to 100s.
inline std::string compare_with_model(uint64_t seed, int pairs) {
  for (int policies = 0; policies * 100 < pairs; ++policies) {
    RandomPolicy random(seed + static_cast<uint64_t>(policies));
    const policy::RootPolicy root = random.root();
    const policy::SitePolicy site = random.site();
    const policy::Effective effective = policy::merge(root, &site);
    policy::Request request;
    request.role = random.role();
    request.what = random.what();
    const MinuteModel model(root, site, request.role, request.what);
    for (int i = 0; i < 100; ++i) {
      const WallTime at = random.time();
      const policy::Decision decision = policy::decide(effective, request, {at, {}});
      auto until = model.next_change(at, policy::kOutlookDays);
      if (!until && model.is_open(at)) until = RandomPolicy::expiry();
      if (decision.allowed == model.is_open(at) && decision.until == until) continue;
      return "seed " + std::to_string(seed + static_cast<uint64_t>(policies)) + ", " + policy::time_text(at, {}) +
             ", " + std::string(policy::name_of(request.role)) + ", " + std::string(policy::name_of(request.what)) +
             (decision.allowed ? ": allowed until " : ": refused until ") + words(decision.until) +
             (model.is_open(at) ? ", model: allowed until " : ", model: refused until ") + words(until);
    }
  }
  return {};
}

}  // namespace farline::testing
