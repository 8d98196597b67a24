#include "admin/week.h"

#include <algorithm>

namespace farline::admin {
namespace {

using policy::kQuartersPerDay;

bool is_open(const Week& week, int quarter) {
  return week[static_cast<size_t>((quarter + kQuartersPerWeek) % kQuartersPerWeek)];
}

// A run that is longer than a day is cut at each midnight.
std::vector<policy::Window> windows_of(const Week& week) {
  std::vector<policy::Window> out;
  const auto add = [&](int start, int end) {
    const policy::Span span{static_cast<uint8_t>(start % kQuartersPerDay), static_cast<uint8_t>(end % kQuartersPerDay)};
    auto window = std::ranges::find(out, span, &policy::Window::span);
    if (window == out.end()) window = out.insert(out.end(), {{}, span});
    window->start_days.add(static_cast<policy::Weekday>(start / kQuartersPerDay % kDaysPerWeek));
  };
  for (int start = 0; start < kQuartersPerWeek; ++start) {
    if (!is_open(week, start) || is_open(week, start - 1)) continue;
    int end = start + 1;
    while (is_open(week, end)) ++end;
    if (end - start <= kQuartersPerDay) {
      add(start, end);
      continue;
    }
    for (int from = start; from < end;) {
      const int to = std::min(end, (from / kQuartersPerDay + 1) * kQuartersPerDay);
      add(from, to);
      from = to;
    }
  }
  return out;
}

template <typename E>
std::string named_or_all(policy::Set<E> set, const char* all) {
  const auto names = names_in(set);
  if (names.size() == policy::kNames<E>.size()) return all;
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

}  // namespace

std::string words_for(const Week& week) {
  if (week.all()) return "always";
  std::string out;
  for (const policy::Window& window : windows_of(week))
    out += (out.empty() ? "" : ", ") + policy::Form<policy::Window>::text(window);
  return out.empty() ? "never" : out;
}

double hours_in(const Week& week) {
  return static_cast<double>(week.count()) / 4;
}

std::string words_for(const Audience& audience) {
  return named_or_all(audience.roles, "everyone") + ": " + named_or_all(audience.classes, "everything");
}

std::vector<Audience> audiences(const ClassesByRole& classes) {
  std::vector<Audience> out;
  for (size_t role = 0; role < classes.size(); ++role) {
    if (classes[role].empty()) continue;
    auto same = std::ranges::find(out, classes[role], &Audience::classes);
    if (same == out.end()) same = out.insert(out.end(), {{}, classes[role]});
    same->roles.add(static_cast<policy::Role>(role));
  }
  return out;
}

}  // namespace farline::admin
