// Wakes the loop from another thread: calls that come close together may be one.
#pragma once

#include <functional>

#include "host/loop.h"

namespace farline::host {

class Waker {
 public:
  // `woken` is called on the loop's thread. Made and destroyed there too.
  Waker(Loop& loop, std::function<void()> woken);
  void wake();  // any thread, while it lives

 private:
  std::function<void()> woken_;
  Handle<uv_async_s> async_;
};

}  // namespace farline::host
