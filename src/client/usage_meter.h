// What this device has used: minutes of speech in the day of site time, bytes in its month by class. Rounded down where
// a policy counts. Emergencies count for the bytes of the device, not for the person's.
//
// No I/O: the caller keeps encode() and says what day it is; a later day begins anew, an earlier one changes nothing.
#pragma once

#include <array>

#include "base/time.h"
#include "policy/decide.h"

namespace farline::client {

class UsageMeter {
 public:
  // Of a call or of what is carried outside of calls, since the last word about it.
  struct Share {
    Duration spoken{};
    std::array<uint64_t, policy::kNames<policy::Class>.size()> bytes{};  // by class
    uint64_t other_bytes = 0;                                            // signalling, reports, measurements
    uint32_t messages = 0;                                               // lines that people wrote, sent
    bool emergency = false;
  };

  void load(Bytes record);  // skips what was not saved by this
  ByteVector encode() const;

  void turn_to(policy::Day today);
  // A new generation of the policy may take the time back: what was used so far is of that day.
  void take_back_to(policy::Day today) { day_ = today; }
  void count(const Share& share);

  policy::Usage usage() const;  // site_megabytes: only the supernode knows
  uint64_t bytes_of(policy::Class what) const { return bytes_[static_cast<size_t>(what)]; }
  Duration spoken_today() const { return std::chrono::milliseconds(person_ms_); }

 private:
  policy::Day day_;
  uint64_t person_ms_ = 0;     // today
  uint64_t person_bytes_ = 0;  // this month, as all that follow
  uint64_t device_bytes_ = 0;
  std::array<uint64_t, policy::kNames<policy::Class>.size()> bytes_{};
};

}  // namespace farline::client
