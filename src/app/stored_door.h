// The policy's door of a profile that no program owns: what its records say, without a client and a network.
#pragma once

#include "app/cli_profile.h"
#include "client/admission.h"

namespace farline::app {

class StoredDoor {
 public:
  // The profile outlives it.
  explicit StoredDoor(Profile& profile);

  // Reads the profile's records. Errors: of the store.
  Result<void> open();
  // What the door wants kept, and the supernode that its policy names.
  Result<void> save();
  client::Admission& door() { return door_; }
  Time now() const { return now_; }

 private:
  Profile& profile_;
  client::Identity identity_;
  client::Outputs out_;
  client::Admission door_;
  Time now_;
};

}  // namespace farline::app
