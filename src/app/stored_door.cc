#include "app/stored_door.h"

#include "app/own_build.h"
#include "app/policy_change.h"
#include "crypto/asymmetric.h"
#include "host/clock.h"

namespace farline::app {

StoredDoor::StoredDoor(Profile& profile)
    : profile_(profile),
      identity_(profile.identity()),
      door_({identity_, own_build(), crypto::real_asymmetric()}, out_),
      now_(host::read_clock()) {}

Result<void> StoredDoor::open() {
  const auto records = profile_.core_records();
  if (!records) return records.error();
  for (const SaveRecord& record : *records) door_.load(record);
  door_.start(now_, host::read_wall_clock());
  if (door_.wants_build_hash()) door_.set_build_hash(own_build_hash());
  return {};
}

Result<void> StoredDoor::save() {
  const std::vector<SaveRecord> records(out_.saves.begin(), out_.saves.end());
  out_.saves.clear();
  return records.empty() ? Result<void>() : profile_.sink().save(records);
}

}  // namespace farline::app
