// The week of one site: which quarters of an hour are open for a role and a class, in site time.
#pragma once

#include <bitset>

#include "policy/decide.h"

namespace farline::policy {

inline constexpr int kDaysPerWeek = 7;
inline constexpr int kQuartersPerWeek = kDaysPerWeek * kQuartersPerDay;
using Week = std::bitset<size_t{kQuartersPerWeek}>;  // from Monday's midnight

struct Kind {  // of use
  Role role = Role::staff;
  Class what = Class::voice;
};
// The hours of the week that begins on `monday`, its holidays included; nothing where the kind is forbidden.
Week open_week(const Effective& policy, Kind kind, Day monday);
// The same of a week without holidays.
Week ordinary_week(const Effective& policy, Kind kind);

Day monday_of(Day day);

}  // namespace farline::policy
