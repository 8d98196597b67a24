// The week of one site as people see it: which hours are open for which roles and classes, in site time.
#pragma once

#include <bitset>
#include <string>
#include <vector>

#include "policy/decide.h"

namespace farline::admin {

inline constexpr int kDaysPerWeek = 7;
inline constexpr int kQuartersPerWeek = kDaysPerWeek * policy::kQuartersPerDay;
using Week = std::bitset<size_t{kQuartersPerWeek}>;  // from Monday's midnight

struct Kind {  // of use
  policy::Role role = policy::Role::staff;
  policy::Class what = policy::Class::voice;
};
// The hours of the week that begins on `monday`, its holidays included; nothing where the kind is forbidden.
Week open_week(const policy::Effective& policy, Kind kind, policy::Day monday);
// The same of a week without holidays.
Week ordinary_week(const policy::Effective& policy, Kind kind);

// "Mon-Fri 07:30-18:00, Sat 08:00-13:00", "always" or "never".
std::string words_for(const Week& week);
double hours_in(const Week& week);

policy::Day monday_of(policy::Day day);

// Kinds of use that have something in common, as few lines as possible: "staff, lead: voice, messages".
struct Audience {
  policy::Set<policy::Role> roles;
  policy::Set<policy::Class> classes;
};
std::string words_for(const Audience& audience);
// Roles for which the same classes are set, together. Indexed by role.
using ClassesByRole = std::array<policy::Set<policy::Class>, policy::kNames<policy::Role>.size()>;
std::vector<Audience> audiences(const ClassesByRole& classes);

template <typename Visit>
void for_each_kind(Visit visit) {
  for (size_t role = 0; role < policy::kNames<policy::Role>.size(); ++role)
    for (size_t what = 0; what < policy::kNames<policy::Class>.size(); ++what)
      visit(Kind{static_cast<policy::Role>(role), static_cast<policy::Class>(what)});
}

// Kinds with an equal key, in the order in which they are met.
template <typename Key>
struct KindsWith {
  Key key;
  ClassesByRole classes;
};
template <typename KeyOf>
auto group_kinds(KeyOf key_of) {
  using Key = decltype(key_of(Kind{}));
  std::vector<KindsWith<Key>> out;
  for_each_kind([&](Kind kind) {
    const Key key = key_of(kind);
    size_t i = 0;
    while (i < out.size() && out[i].key != key) ++i;
    if (i == out.size()) out.push_back({key, {}});
    out[i].classes[static_cast<size_t>(kind.role)].add(kind.what);
  });
  return out;
}

}  // namespace farline::admin
