// farline-admin's orders to nodes that it does not reach (wire/order.h): people invited from afar, and devices that may
// have a new certificate. Everything here throws Failure (program.h).
#pragma once

#include <string>
#include <vector>

#include "app/admin_org.h"
#include "policy/vocabulary.h"

namespace farline::app {

struct OrderFile {
  std::string folder;  // of the organisation
  KeyFiles keys;       // beside the organisation's own
  std::string out_file;
};

struct InviteOrder {
  OrderFile order;
  std::string node;        // KEY@HOST:PORT, or
  std::string invitation;  // of that node, or
  std::string policy;      // whose first supernode is meant
  std::string name;        // empty: any free name
  std::string csv_file;    // of people, instead of a name
  std::string list_file;   // written for them; empty: standard output
  policy::Role role = policy::Role::staff;
  uint32_t uses = 1;
  uint32_t hours = 168;
  uint32_t days = 0;  // the longest certificate; 0: as long as the node may give
};
// Writes the order. The lines to print hold the invitations, which are secret until they are used.
std::vector<std::string> invite_people(const InviteOrder& wanted);

struct RenewOrder {
  OrderFile order;
  std::vector<std::string> devices;  // ids in hexadecimal, or files with certificates
  std::string node_key;              // hexadecimal; empty: any node of the organisation
  std::string role;                  // empty: as before
  uint32_t hours = 168;
  uint32_t days = 0;
};
std::vector<std::string> renew_devices(const RenewOrder& wanted);

}  // namespace farline::app
