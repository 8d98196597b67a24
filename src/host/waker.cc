#include "host/waker.h"

#include "host/uv_support.h"

namespace farline::host {

Waker::Waker(Loop& loop, std::function<void()> woken) : woken_(std::move(woken)) {
  const auto called = [](uv_async_t* async) { static_cast<Waker*>(async->data)->woken_(); };
  async_ = make_handle<uv_async_t>(this, [&](uv_async_t* async) { return uv_async_init(loop.uv(), async, called); });
}

void Waker::wake() {
  uv_async_send(async_.get());
}

}  // namespace farline::host
