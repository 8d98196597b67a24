// When a site's gateway has to let Farline through: whenever the policy allows anything to anybody there, and as long
// after that as a running call may last, in whole quarters. In UTC, so that no gateway has to know the site's time.
// After the policy has expired people of the site may still talk to each other, so the gateway then stays open.
#pragma once

#include <utility>
#include <vector>

#include "admin/week.h"

namespace farline::admin {

struct GatewayHours {
  policy::Quarter begins;  // closed before
  struct Season {          // between two changes of the site's clocks
    policy::Quarter from;
    Week week;  // in UTC, from Monday's midnight
  };
  std::vector<Season> seasons;  // in order, at least one; each lasts until the next
  struct Exception {
    policy::Day day;  // in UTC
    policy::DayQuarters open;
  };
  std::vector<Exception> exceptions;  // days that are not as their season's week
  policy::Quarter ends;               // open all the time from then on
};
GatewayHours gateway_hours(const policy::Effective& policy);

bool is_open(const GatewayHours& hours, policy::Quarter at);
// [start, end) from the beginning to the end of the hours.
std::vector<std::pair<policy::Quarter, policy::Quarter>> open_stretches(const GatewayHours& hours);

// [start, end) in quarters of a day.
struct Stretch {
  int start = 0;
  int end = 0;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};
std::vector<Stretch> stretches_of(const policy::DayQuarters& open);
policy::DayQuarters day_of(const Week& week, int day);

}  // namespace farline::admin
