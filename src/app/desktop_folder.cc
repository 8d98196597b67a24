#include "app/desktop_folder.h"

#include <filesystem>

#include "host/command_line.h"
#include "host/executable.h"

namespace farline::app {
namespace {

constexpr Duration kAnswerMax = 2s;

// Asks the other window, and waits for its word.
void ask_to_rise(host::Loop& loop, const std::string& socket) {
  host::Timer give_up(loop, [&] { loop.stop(); });
  const auto client = host::ControlClient::connect(
      loop, socket, {.on_line = [](std::string_view) {}, .on_closed = [&] { loop.stop(); }});
  client->send_request(as_bytes("show"));
  give_up.start(kAnswerMax);
  loop.run();
}

}  // namespace

std::string default_profile_folder() {
  if (const std::string chosen = host::environment("FARLINE_PROFILE"); !chosen.empty()) return chosen;
#ifdef _WIN32
  return host::executable_folder() + "/profile";  // what was unpacked goes with all that it has made
#else
  const std::string data = host::environment("XDG_DATA_HOME");
  return (data.empty() ? host::environment("HOME") + "/.local/share" : data) + "/farline";
#endif
}

std::string person_folder(const std::string& profile) {
#ifdef _WIN32
  const std::string home = host::environment("USERPROFILE");
#else
  const std::string home = host::environment("HOME");
#endif
  return home.empty() ? profile : home;
}

Result<std::unique_ptr<DesktopWindowLock>> DesktopWindowLock::acquire(host::Loop& loop, const std::string& folder,
                                                                      std::function<void()> raised) {
  std::error_code ignored;
  const std::filesystem::path parent = std::filesystem::path(std::u8string(folder.begin(), folder.end())).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  if (const auto made = host::make_private_directory(folder); !made) return made.error();
  const std::string socket = folder + "/window.sock";
  auto lock = host::ProfileLock::acquire(folder + "/window.lock");
  if (!lock) {
    if (lock.error().code == Errc::denied) ask_to_rise(loop, socket);
    return lock.error();
  }
  std::unique_ptr<DesktopWindowLock> window(new DesktopWindowLock(std::move(*lock), std::move(raised)));
  auto server = host::ControlServer::listen(loop, socket,
                                            {.on_request =
                                                 [&window = *window](host::ControlClientId client, Bytes) {
                                                   window.raised_();
                                                   window.server_->close(client);
                                                 },
                                             .on_closed = [](host::ControlClientId) {}});
  if (!server) return server.error();
  window->server_ = std::move(*server);
  return window;
}

}  // namespace farline::app
