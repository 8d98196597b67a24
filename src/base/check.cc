#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace farline {

void check_failed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "farline: broken invariant at %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace farline
