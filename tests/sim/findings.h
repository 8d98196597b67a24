// What went wrong in a run: the first violated invariant, and when. Anything that watches a run reports here; the world
// stops at the next event. Texts are made only when something is wrong, so watching costs nothing.
#pragma once

#include <string>

#include "base/time.h"

namespace farline::sim {

class Findings {
 public:
  // The first report stands; later ones are its consequences.
  void fail(Time now, std::string what) {
    if (failed_) return;
    failed_ = true;
    at_ = now;
    what_ = std::move(what);
  }
  bool failed() const { return failed_; }
  Time at() const { return at_; }
  const std::string& what() const { return what_; }

 private:
  bool failed_ = false;
  Time at_{};
  std::string what_;
};

}  // namespace farline::sim
