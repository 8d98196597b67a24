#include "host/loop.h"

#include <algorithm>
#include <csignal>

#include "host/uv_support.h"

namespace farline::host {

template struct HandleCloser<uv_async_s>;
template struct HandleCloser<uv_pipe_s>;
template struct HandleCloser<uv_signal_s>;
template struct HandleCloser<uv_tcp_s>;
template struct HandleCloser<uv_timer_s>;
template struct HandleCloser<uv_udp_s>;

Error uv_error(int status) {
  switch (status) {
    case UV_ENOENT:
    case UV_ENODEV:
    case UV_ENXIO:
      return {Errc::not_found, uv_strerror(status)};
    case UV_EACCES:
    case UV_EPERM:
      return {Errc::denied, uv_strerror(status)};
    default:
      return {Errc::io, uv_strerror(status)};
  }
}

Loop::Loop() : loop_(new uv_loop_s) {
  INVARIANT(uv_loop_init(loop_.get()) == 0);
#ifndef _WIN32
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write(), not the end of a call
#endif
}

Loop::~Loop() {
  // A closing handle needs one turn, a write it cancels a second one. A name that is being looked up is waited for.
  for (int turns = 0; uv_loop_close(loop_.get()) == UV_EBUSY; ++turns) {
    INVARIANT(turns < 8);
    uv_run(loop_.get(), turns < 4 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
  }
}

void Loop::Free::operator()(uv_loop_s* loop) const {
  delete loop;
}

void Loop::run() {
  uv_run(loop_.get(), UV_RUN_DEFAULT);
}

void Loop::stop() {
  uv_stop(loop_.get());
}

Timer::Timer(Loop& loop, std::function<void()> expired)
    : expired_(std::move(expired)),
      timer_(make_handle<uv_timer_t>(this, [&](uv_timer_t* timer) { return uv_timer_init(loop.uv(), timer); })) {}

void Timer::start(Duration delay) {
  constexpr Duration kRoundUp = 1ms - 1ns;
  const auto wait = static_cast<uint64_t>(to_milliseconds(std::max(delay, Duration::zero()) + kRoundUp));
  uv_update_time(timer_->loop);  // libuv counts from its cached time, which is that of the last wake
  uv_timer_start(
      timer_.get(), [](uv_timer_t* timer) { static_cast<Timer*>(timer->data)->expired_(); }, wait, 0);
}

void Timer::stop() {
  uv_timer_stop(timer_.get());
}

Signals::Signals(Loop& loop, std::function<void(Signal)> received) : received_(std::move(received)) {
  const auto watch = [&](int number) {
    auto handle =
        make_handle<uv_signal_t>(this, [&](uv_signal_t* signal) { return uv_signal_init(loop.uv(), signal); });
    const auto forward = [](uv_signal_t* signal, int signum) {
      const Signal name = signum == SIGINT ? Signal::interrupt : signum == SIGTERM ? Signal::terminate : Signal::hangup;
      static_cast<Signals*>(signal->data)->received_(name);
    };
    // Windows cannot deliver every one of them; what it refuses stays as it was.
    (void)uv_signal_start(handle.get(), forward, number);
    uv_unref(reinterpret_cast<uv_handle_t*>(handle.get()));  // waiting for a signal alone keeps no program alive
    return handle;
  };
  interrupt_ = watch(SIGINT);
  terminate_ = watch(SIGTERM);
  hangup_ = watch(SIGHUP);  // libuv defines it on Windows: the console window is closed
}

}  // namespace farline::host
