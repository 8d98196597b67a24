// INVARIANT: for broken invariants of our own (style: "we are wrong"). On in release builds; prints where and aborts.
// (Not called CHECK: the test framework owns that name.)
// Input from outside never reaches an INVARIANT: it is refused with Result (result.h).
#pragma once

namespace farline {

[[noreturn]] void check_failed(const char* file, int line, const char* what);

}  // namespace farline

#define INVARIANT(condition)                                                  \
  do {                                                                    \
    if (!(condition)) ::farline::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
