// farline-admin's changes to a policy's source (src/admin/edit.h), on disk. They throw Failure (program.h) and give the
// lines to print, the last of them what to do next.
#pragma once

#include <string>
#include <vector>

namespace farline::app {

struct SourceOrder {
  std::string file;
  std::string from = "field-office";
  std::string organisation;
  std::string site;
  std::string utc_offset = "+00:00";
  std::string device;
  unsigned count = 5;
};
std::vector<std::string> new_policy_source(const SourceOrder& order);
std::vector<std::string> add_site_to_source(const SourceOrder& order);
std::vector<std::string> revoke_in_source(const SourceOrder& order);
// The codes are in the lines and nowhere else.
std::vector<std::string> add_codes_to_source(const SourceOrder& order);

}  // namespace farline::app
