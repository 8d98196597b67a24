// Follows the running call for the policy: counts what it uses, says when it is about to close, and when it must end.
//
//   15 and 5 minutes before the end of its window      closing, with the time left
//   after it, where the policy gives a running call more closing, with that
//   its allowance is used up                            closing, with the same grace
//   the rules have changed in the middle of it          closing, with a minute
//   then                                                stop
// A call of somebody else's is theirs to close; this end stops it when this device is revoked or its build blocked.
// Emergencies never close.
#pragma once

#include "client/admission.h"

namespace farline::client {

class CallWatch {
 public:
  static constexpr Duration kLookEvery = 10s;
  static constexpr Duration kFirstWarning = 15min;
  static constexpr Duration kLastWarning = 5min;
  static constexpr Duration kShortNotice = 1min;

  struct Subject {
    CallId call = 0;
    std::string_view peer;
    bool outgoing = false;
    const CallStats& stats;
    uint64_t all_bytes = 0;  // of the device, both directions
  };
  enum class Step : uint8_t { go_on, closing, stop };
  struct Outcome {
    Step step = Step::go_on;
    Duration left{};
    Verdict verdict{};
  };

  // Each kLookEvery while a call is connected. The first time is its start.
  Outcome look(Time now, const Subject& subject, Admission& admission);
  // The call is over, or there was none: what was used since is counted.
  void finish(Time now, const Subject& subject, Admission& admission);
  // What the device has carried while no call was followed.
  void count_idle(Time now, uint64_t all_bytes, Admission& admission);
  // So much of the device's bytes was counted by somebody else.
  void counted(uint64_t bytes) { all_bytes_ += bytes; }
  // The call that is followed; 0: none.
  CallId call() const { return call_; }
  std::optional<Time> due() const { return due_; }

 private:
  void count(Time now, const Subject& subject, Admission& admission);
  Outcome judge(Time now, const Subject& subject, const Admission& admission);
  Outcome close(Time now, Duration grace, Verdict verdict);

  CallId call_ = 0;
  std::optional<Time> due_;
  Duration warned_at_ = Duration::max();  // with so much left
  bool grace_told_ = false;
  std::optional<Time> stop_at_;
  bool emergency_ = false;

  // As of the last count
  Duration spoken_{};
  uint64_t voice_bytes_ = 0;
  uint64_t bulk_bytes_ = 0;
  uint64_t all_bytes_ = 0;
};

}  // namespace farline::client
