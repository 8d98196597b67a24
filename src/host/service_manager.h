// Words to the service manager that started this program: the datagrams of sd_notify(3) to $NOTIFY_SOCKET, written
// plainly because the protocol is five lines and its library is not. Without that variable, and on Windows, nothing is
// said to anybody. Loop thread only; the calls do not block.
#pragma once

#include <memory>

#include "host/loop.h"

namespace farline::host {

class ServiceManager {
 public:
  // Reads the environment. While the loop turns, the watchdog that the manager asked for ($WATCHDOG_USEC) is fed at
  // half its period: a loop that hangs is killed and started again.
  explicit ServiceManager(Loop& loop);

  void ready();      // it serves; also after reloading()
  void reloading();  // until ready()
  // It is going away, and that may take up to `within` more than the unit says.
  void stopping(Duration within);

 private:
  void say(const char* words);
  void feed();

  Duration feed_every_{};
  Timer watchdog_;
};

}  // namespace farline::host
