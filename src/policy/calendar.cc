#include "policy/calendar.h"

#include <algorithm>

namespace farline::policy {
namespace {

// The part of a window that lies on the day `days_later` (0 or 1) after its start day.
void open_span(DayQuarters& open, Span span, int days_later) {
  const int end = span.start + span.length() - days_later * kQuartersPerDay;
  for (int quarter = days_later == 0 ? span.start : 0; quarter < std::min(end, kQuartersPerDay); ++quarter)
    open.set(static_cast<size_t>(quarter));
}

}  // namespace

bool is_on(const Holiday& holiday, Day day) {
  return holiday.date <= day && day.number < holiday.date.number + static_cast<int32_t>(holiday.days.value_or(1));
}

UtcOffset Zone::offset_at(Quarter at) const {
  UtcOffset offset = utc_offset;
  for (const Transition& transition : transitions)
    if (transition.at <= at) offset = transition.utc_offset;
  return offset;
}

Zone::Local Zone::local(Quarter at) const {
  const int64_t number = std::max<int64_t>(0, at.number + offset_at(at).quarters);
  return {{static_cast<int32_t>(number / kQuartersPerDay)}, static_cast<size_t>(number % kQuartersPerDay)};
}

DayQuarters Calendar::open_on(Day local, Role role, Class what) const {
  if (!hours) return DayQuarters().set();
  DayQuarters open;
  bool is_named = hours->empty();
  for (const Schedule& schedule : *hours) {
    if (!schedule.roles.all_or_has(role) || !schedule.classes.all_or_has(what)) continue;
    is_named = true;
    if (schedule.windows.empty()) continue;  // closed, on holidays too
    for (const int days_later : {0, 1}) open_windows(open, schedule, {local.number - days_later}, days_later);
  }
  return is_named ? open : DayQuarters().set();
}

// What starts on `start`, on the day so many days later.
void Calendar::open_windows(DayQuarters& open, const Schedule& schedule, Day start, int days_later) const {
  bool is_holiday = false;
  for (const Holiday& holiday : holidays ? *holidays : std::vector<Holiday>{}) {
    if (!is_on(holiday, start)) continue;
    is_holiday = true;
    for (const Span span : holiday.windows) open_span(open, span, days_later);
  }
  if (is_holiday) return;
  for (const Window& window : schedule.windows)
    if (window.start_days.has(start.weekday())) open_span(open, window.span, days_later);
}

}  // namespace farline::policy
