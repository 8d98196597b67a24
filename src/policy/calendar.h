// Site time and opening hours. A window belongs to the day it starts on; a holiday replaces the windows that start on
// its days, not the part of yesterday's that runs into it; what overlaps unites. Everything is a function of local
// time alone: minutes that a change of the clocks skips do not exist, and an hour it repeats is open twice.
#pragma once

#include <bitset>
#include <optional>
#include <vector>

#include "policy/policy.h"

namespace farline::policy {

struct Zone {
  UtcOffset utc_offset;
  std::vector<Transition> transitions;  // in order of time

  UtcOffset offset_at(Quarter at) const;
  struct Local {
    Day day;
    size_t quarter = 0;  // of that day
  };
  Local local(Quarter at) const;
};

using DayQuarters = std::bitset<kQuartersPerDay>;

bool is_on(const Holiday& holiday, Day day);

// One block's word on hours. Absent hours are open, an empty list is closed; who or what no schedule names is open. A
// schedule without windows is closed on holidays too.
struct Calendar {
  std::optional<std::vector<Schedule>> hours;
  std::optional<std::vector<Holiday>> holidays;

  DayQuarters open_on(Day local, Role role, Class what) const;

 private:
  void open_windows(DayQuarters& open, const Schedule& schedule, Day start, int days_later) const;
};

}  // namespace farline::policy
