// An administrator's source of a policy: TOML, with the names of policy/schema.h; sites are tables [[site]]. Reading
// never stops at the first mistake: each problem names its line and key and says what to write instead.
// No I/O. Input is bounded by kSourceBytesMax.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace farline::admin {

inline constexpr size_t kSourceBytesMax = 1024 * 1024;

struct Problem {
  uint32_t line = 0;  // from 1
  std::string key;    // such as site[0].hours[1].windows[0]; empty: the file
  std::string what;
};

struct Source {
  policy::RootPolicy root;                // its list of sites is empty until they are signed
  std::vector<policy::SitePolicy> sites;  // in the order of the source
  std::vector<Problem> errors;            // any: the rest is not to be used
  std::vector<Problem> warnings;          // what is allowed and probably not meant
};
Source read_source(std::string_view toml);

// What read_source() reads as the same policy. What only tools write stands in comments.
std::string write_source(const policy::RootPolicy& root, const std::vector<policy::SitePolicy>& sites);

// The tables of docs/POLICY.md, in Markdown.
std::string field_tables();

}  // namespace farline::admin
