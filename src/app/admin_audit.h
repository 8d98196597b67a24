// farline-admin audit: what devices have reported, collected from nodes by `farline-node audit`.
#pragma once

#include <string>
#include <vector>

namespace farline::app {

struct AuditOrder {
  std::vector<std::string> files;
  std::vector<std::string> root_files;
  std::string by = "device";
  std::string html;  // written
  bool json = false;
};
// For standard output. Throws Failure.
std::vector<std::string> audit(const AuditOrder& order);

}  // namespace farline::app
