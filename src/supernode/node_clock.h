// The wall time of the node: what the host said last, plus the time that passed since. Zero until the host knows it.
#pragma once

#include "base/time.h"

namespace farline::supernode {

class NodeClock {
 public:
  void set(Time now, WallTime wall) {
    told_at_ = now;
    told_ = wall;
  }
  WallTime at(Time now) const {
    if (told_.seconds == 0) return {};
    return {told_.seconds +
            static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now - told_at_).count())};
  }

 private:
  Time told_at_{};
  WallTime told_;
};

}  // namespace farline::supernode
