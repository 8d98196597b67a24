// The operating system's random source. It aborts when there is none: no key may be made of anything less.
#pragma once

#include "base/rng.h"

namespace farline::host {

class SystemRng : public Rng {
 public:
  void fill(MutableBytes out) override;
};

}  // namespace farline::host
