// Where the desktop keeps its profile, and the one window that each profile has: a second start raises the first.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/control_pipe.h"
#include "host/file.h"

namespace farline::app {

// $FARLINE_PROFILE, else `farline` in the folder for a person's data (XDG base directories; %APPDATA% on Windows).
std::string default_profile_folder();

// Where a person finds files that were written for them: the home folder, or where that is not known, `profile`.
std::string person_folder(const std::string& profile);

// Held while a window of this profile is open.
class DesktopWindowLock {
 public:
  // Makes the folder. Errc::denied: another window has it, and has been asked to show itself. `raised` is called when
  // another start asks that of us.
  static Result<std::unique_ptr<DesktopWindowLock>> acquire(host::Loop& loop, const std::string& folder,
                                                            std::function<void()> raised);

 private:
  DesktopWindowLock(host::ProfileLock lock, std::function<void()> raised)
      : lock_(std::move(lock)), raised_(std::move(raised)) {}

  host::ProfileLock lock_;
  std::function<void()> raised_;
  std::unique_ptr<host::ControlServer> server_;
};

}  // namespace farline::app
