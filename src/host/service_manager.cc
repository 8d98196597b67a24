#include "host/service_manager.h"

#include <cinttypes>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#ifndef _WIN32
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#endif

namespace farline::host {
ServiceManager::ServiceManager(Loop& loop) : watchdog_(loop, [this] { feed(); }) {
  const char* period = std::getenv("WATCHDOG_USEC");
  if (period == nullptr) return;
  const long long microseconds = std::strtoll(period, nullptr, 10);
  if (microseconds <= 0 || microseconds > 3'600'000'000) return;
  feed_every_ = std::chrono::microseconds(microseconds) / 2;
  watchdog_.start(feed_every_);
}

void ServiceManager::feed() {
  say("WATCHDOG=1");
  watchdog_.start(feed_every_);
}

void ServiceManager::ready() {
  say("READY=1");
}

void ServiceManager::reloading() {
  say("RELOADING=1");
}

void ServiceManager::stopping(Duration within) {
  char words[80];
  std::snprintf(words, sizeof words, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64,
                int64_t{(within + 10s) / std::chrono::microseconds(1)});
  say(words);
}

void ServiceManager::say([[maybe_unused]] const char* words) {
#ifndef _WIN32
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un to{};
  if (path == nullptr || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof to.sun_path) return;
  to.sun_family = AF_UNIX;
  const size_t length = std::strlen(path);
  std::memcpy(to.sun_path, path, length);
  if (path[0] == '@') to.sun_path[0] = '\0';  // a name that is in no file system
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  (void)::sendto(fd, words, std::strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to),
                 size);
  ::close(fd);
#endif
}

}  // namespace farline::host
