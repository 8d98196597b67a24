#include "host/system_rng.h"

#include <uv.h>

namespace farline::host {

void SystemRng::fill(MutableBytes out) {
  INVARIANT(uv_random(nullptr, nullptr, out.data(), out.size(), 0, nullptr) == 0);
}

}  // namespace farline::host
