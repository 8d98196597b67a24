#include "policy/week.h"

namespace farline::policy {
namespace {

Week week_of(const Effective& policy, Kind kind, Day monday, bool with_holidays) {
  Week out;
  if (is_forbidden(policy, kind.role, kind.what)) return out;
  out.set();
  for (Calendar calendar : policy.calendars) {
    if (!with_holidays) calendar.holidays.reset();
    for (int day = 0; day < kDaysPerWeek; ++day) {
      const DayQuarters open = calendar.open_on({monday.number + day}, kind.role, kind.what);
      for (int i = 0; i < kQuartersPerDay; ++i)
        if (!open[static_cast<size_t>(i)]) out.reset(static_cast<size_t>(day * kQuartersPerDay + i));
    }
  }
  return out;
}

}  // namespace

Week open_week(const Effective& policy, Kind kind, Day monday) {
  return week_of(policy, kind, monday, true);
}

Week ordinary_week(const Effective& policy, Kind kind) {
  return week_of(policy, kind, monday_of({7}), false);
}

Day monday_of(Day day) {
  return {day.number - static_cast<int32_t>(day.weekday())};
}

}  // namespace farline::policy
