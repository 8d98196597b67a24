// The week of one site (policy/week.h) in words.
#pragma once

#include <string>
#include <vector>

#include "policy/week.h"

namespace farline::admin {

using policy::kDaysPerWeek;
using policy::Kind;
using policy::kQuartersPerWeek;
using policy::monday_of;
using policy::open_week;
using policy::ordinary_week;
using policy::Week;

// "Mon-Fri 07:30-18:00, Sat 08:00-13:00", "always" or "never".
std::string words_for(const Week& week);
double hours_in(const Week& week);

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
