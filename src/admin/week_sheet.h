// The week of a site to look at: for the terminal, and as a sheet to print and pin up. Black on white, no colours, no
// scripts, nothing from elsewhere.
#pragma once

#include <string>

#include "admin/differences.h"
#include "admin/week.h"

namespace farline::admin {

struct WeekSheet {
  std::string title;
  policy::Day monday;
  std::string zone;  // UTC+02:00, and changes within the week
  struct Line {
    std::string who;  // staff, lead: voice, messages
    Week open;
  };
  std::vector<Line> lines;
  std::array<bool, kDaysPerWeek> holidays{};
  std::string contacts;
  std::string footer;
};
WeekSheet make_week_sheet(const Plan& plan, const policy::SitePolicy* site, policy::Day monday);

std::string to_text(const WeekSheet& sheet);
std::string to_svg(const WeekSheet& sheet);
std::string to_html(const WeekSheet& sheet);

}  // namespace farline::admin
