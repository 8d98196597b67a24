// What the engine wants the person told, in words, as the desktop's notifications. On the window's thread, but add().
#pragma once

#include <mutex>
#include <vector>

#include "app/desktop_session.h"
#include "client/command.h"
#include "host/notifier.h"
#include "ui/window.h"
#include "ui/words.h"

namespace farline::app {

class DesktopNotices {
 public:
  // `woke`: there is something for follow(). On any thread.
  explicit DesktopNotices(std::function<void()> woke);

  void add(const DesktopNotice& notice);  // from any thread
  // Shows what was added while the window is not looked at, and gives what the person wants who pressed one.
  std::vector<client::Command> follow(ui::Window& window, const ui::Words& words, const client::View& view);

 private:
  void show(const DesktopNotice& notice, ui::Window& window, const ui::Words& words);

  std::function<void()> woke_;
  std::mutex mutex_;
  std::vector<DesktopNotice> added_;
  std::vector<std::string> pressed_;
  host::Notifier notifier_;  // last made, first gone: it calls us
};

}  // namespace farline::app
