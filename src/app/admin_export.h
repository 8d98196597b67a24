// farline-admin export: a policy's supernodes and hours as rules of a firewall (src/admin/firewall.h). Throws Failure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace farline::app {

struct ExportOrder {
  std::string file;
  std::string site;
  std::vector<std::string> addresses;  // NAME=IP
  std::string out_file;                // empty: standard output
  uint32_t emergency_bps = 0;
};
// kind: nftables, mikrotik or windows-firewall. Names of supernodes that no --address gives are looked up in DNS.
void export_rules(const std::string& kind, const ExportOrder& order);

}  // namespace farline::app
