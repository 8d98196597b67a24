// farline-admin policy push: gives a signed policy to a supernode from afar. It is nothing but a client that holds the
// policy: the supernode fetches it from there (docs/PROTOCOL.md section 9), and verifies it.
#pragma once

#include <string>

namespace farline::app {

struct PushOrder {
  std::string file;
  std::string profile;  // of this administrator's own device
  std::string passphrase_file;
  unsigned seconds = 120;  // at most
};
// What was done, in words. Throws Failure (program.h): refused when the file is not this organisation's or is older
// than what the profile or the supernode holds, network when the supernode did not take it in time.
std::string push_policy(const PushOrder& order);

}  // namespace farline::app
