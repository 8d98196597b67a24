// When to send a packet pair: two packets back to back, whose distance at the far end tells what the link carries. They
// cost a small part of the rate: some at the start and after a stall, where the rate hangs on them, some soon after a
// surprise (a pair that reads far above the next rung), and then one every few seconds.
#pragma once

#include <optional>

#include "path/link_estimate.h"

namespace farline::path {

class PairSchedule {
 public:
  // What goes second. A duplicate of the first measures better, and makes up for its loss.
  enum class Pair : uint8_t { none, small, duplicate };
  struct Situation {
    uint32_t bps = 0;       // of the rung in use, on the wire
    uint32_t next_bps = 0;  // of the next better one
    uint32_t packet_bytes = 0;
    uint32_t expected_bps = 0;  // carried before a stall, or the last time here; 0: not known
    bool is_thin = false;       // each pair waits until the one before has drained
  };
  // Asked behind each packet that leaves.
  Pair next(Time now, const LinkEstimate& link, const Situation& situation);
  // A rung that pairs spoke for was right.
  void went_well() { surprise_wait_ = Duration::zero(); }

 private:
  void look_for_surprise(Time now, const LinkEstimate& link, const Situation& situation);

  std::optional<Time> sent_;
  Time seen_{};
  unsigned first_ = 0;  // sent at once, where something is expected
  unsigned at_once_ = 0;
  Time surprise_after_{};
  Duration surprise_wait_{};
};

}  // namespace farline::path
