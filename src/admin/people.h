// A list of people as a spreadsheet writes it: CSV (RFC 4180), UTF-8 with or without a byte order mark, the columns
// name, role and hours; the last two may be empty or missing, and a first line that names the columns is skipped.
// Reading never stops at the first mistake. No I/O; bounded by kPeopleBytesMax and wire::kOrderInvitationsMax.
#pragma once

#include <string_view>
#include <vector>

#include "admin/source.h"

namespace farline::admin {

inline constexpr size_t kPeopleBytesMax = 64 * 1024;

struct Person {
  std::string name;
  policy::Role role = policy::Role::staff;
  uint32_t hours = 24;  // that the invitation is valid
};

struct People {
  std::vector<Person> people;
  std::vector<Problem> errors;  // any: the rest is not to be used
};
// `usual`: role and hours where a line says none.
People read_people(std::string_view csv, const Person& usual);

// One line of CSV, with its end; fields are quoted where they have to be.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace farline::admin
