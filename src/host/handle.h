// Handle<T>: the one owner of a libuv handle. Giving it up calls uv_close; the memory is freed in the close callback,
// as libuv asks, so the loop must turn once more (Loop's destructor does). Loop thread only.
// uv.h stays out of the headers of host/: its structs are named here.
#pragma once

#include <memory>

struct uv_async_s;
struct uv_loop_s;
struct uv_pipe_s;
struct uv_signal_s;
struct uv_tcp_s;
struct uv_timer_s;
struct uv_udp_s;

namespace farline::host {

template <typename T>
struct HandleCloser {
  void operator()(T* handle) const;
};
template <typename T>
using Handle = std::unique_ptr<T, HandleCloser<T>>;

}  // namespace farline::host
