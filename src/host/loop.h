// The event loop of a program (libuv), its timers and its signals. One thread. Everything else of host/ that takes a
// Loop& must be destroyed before it. Functions given here are called from run() and may destroy the object that calls
// them only where said.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"
#include "host/handle.h"

namespace farline::host {

class Loop {
 public:
  Loop();
  ~Loop();  // lets close callbacks finish; a handle left open is our mistake and aborts
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // until stop(), or nothing is left to wait for
  void stop();  // from inside a callback
  uv_loop_s* uv() { return loop_.get(); }

 private:
  struct Free {
    void operator()(uv_loop_s* loop) const;
  };
  std::unique_ptr<uv_loop_s, Free> loop_;
};

// One shot; start() again from the callback for a period. Millisecond resolution, never early by the loop's clock,
// which does not count suspend: what depends on time re-reads host/clock.h in the callback.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> expired);
  void start(Duration delay);
  void stop();

 private:
  std::function<void()> expired_;
  Handle<uv_timer_s> timer_;
};

enum class Signal { interrupt, terminate, hangup };  // SIGINT (Ctrl-C), SIGTERM, SIGHUP

// While it lives, these signals come here instead of ending the program.
class Signals {
 public:
  Signals(Loop& loop, std::function<void(Signal)> received);

 private:
  std::function<void(Signal)> received_;
  Handle<uv_signal_s> interrupt_, terminate_, hangup_;
};

}  // namespace farline::host
