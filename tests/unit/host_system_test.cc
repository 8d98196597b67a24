#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "host/control_pipe.h"
#include "host/file.h"
#include "host/log_stderr.h"
#include "host/terminal.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::host;
using testing::ScratchFolder;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("a durable write replaces the whole file, for the user only") {
  const ScratchFolder folder;
  const std::string path = folder.file("keys");
  REQUIRE(write_file_durable(path, as_bytes("first and longer")));
  REQUIRE(write_file_durable(path, as_bytes("second")));
  CHECK_EQ(as_text(*read_file(path, 6)), "second");
  CHECK_EQ(read_file(path, 5).error().code, Errc::limit);
  CHECK_EQ(mode_of(path), 0600U);
  CHECK_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  CHECK_EQ(read_file(folder.file("none"), 5).error().code, Errc::not_found);
  CHECK_EQ(write_file_durable(folder.file("no/file"), {}).error().code, Errc::not_found);
}

TEST_CASE("a wiped file is overwritten and gone") {
  const ScratchFolder folder;
  const std::string path = folder.file("keys"), other_name = folder.file("link");
  REQUIRE(write_file_durable(path, ByteVector(5000, 0xaa)));
  std::filesystem::create_hard_link(path, other_name);  // what is left on the disk
  REQUIRE(wipe_file(path));
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_EQ(*read_file(other_name, 5000), ByteVector(5000, 0));
}

TEST_CASE("a profile folder is private, and a file in its place is said") {
  const ScratchFolder folder;
  REQUIRE(make_private_directory(folder.file("profile")));
  CHECK_EQ(mode_of(folder.file("profile")), 0700U);
  CHECK(make_private_directory(folder.file("profile")));
  REQUIRE(write_file_durable(folder.file("file"), {}));
  CHECK_EQ(make_private_directory(folder.file("file")).error().code, Errc::io);
}

TEST_CASE("a profile has one owner at a time, and a killed one lets go") {
  const ScratchFolder folder;
  const std::string path = folder.file("lock");
  int ready[2];
  REQUIRE_EQ(pipe(ready), 0);
  const pid_t child = fork();
  REQUIRE_GE(child, 0);
  if (child == 0) {
    const auto lock = ProfileLock::acquire(path);
    const uint8_t byte = lock ? 1 : 0;
    if (write(ready[1], &byte, 1) != 1) _exit(1);
    pause();
  }
  uint8_t locked = 0;
  REQUIRE_EQ(read(ready[0], &locked, 1), 1);
  CHECK_EQ(locked, 1);
  CHECK_EQ(ProfileLock::acquire(path).error().code, Errc::denied);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK(ProfileLock::acquire(path));
  close(ready[0]);
  close(ready[1]);
}

namespace {

struct PipeWorld {
  explicit PipeWorld(const std::string& path) : guard(loop, [this] { loop.stop(); }) {
    guard.start(5s);
    ControlServer::Handler handler;
    handler.on_request = [this](ControlClientId from, Bytes request) {
      requests.emplace_back(as_text(request));
      if (requests.back() == "bye") {
        server->send_line(from, "last words");
        server->close(from);
      } else {
        server->send_line(from, "heard " + requests.back());
      }
    };
    handler.on_closed = [this](ControlClientId) {
      ++server_closed;
      if (stop_when_closed) loop.stop();
    };
    auto opened = ControlServer::listen(loop, path, std::move(handler));
    REQUIRE(opened);
    server = std::move(*opened);
  }
  std::unique_ptr<ControlClient> connect(const std::string& path) {
    ControlClient::Handler handler;
    handler.on_line = [this](std::string_view line) { lines.emplace_back(line); };
    handler.on_closed = [this] {
      ++client_closed;
      loop.stop();
    };
    return ControlClient::connect(loop, path, std::move(handler));
  }
  Loop loop;
  Timer guard;
  std::unique_ptr<ControlServer> server;
  std::vector<std::string> requests, lines;
  int server_closed = 0, client_closed = 0;
  bool stop_when_closed = false;
};

// A client that does not keep to the rules.
int raw_connect(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  return fd;
}

}  // namespace

TEST_CASE("requests reach the owner of a profile and its lines come back, the last one too") {
  const ScratchFolder folder;
  const std::string path = folder.file("control.sock");
  PipeWorld world(path);
  CHECK_EQ(mode_of(path), 0600U);
  const auto client = world.connect(path);
  client->send_request(as_bytes("call alice"));
  client->send_request(as_bytes(std::string(60'000, 'x')));
  client->send_request(as_bytes("bye"));
  client->send_request(as_bytes("too late"));
  world.loop.run();
  REQUIRE_EQ(world.requests.size(), 3U);
  CHECK_EQ(world.requests[1].size(), 60'000U);
  REQUIRE_EQ(world.lines.size(), 3U);
  CHECK_EQ(world.lines[0], "heard call alice");
  CHECK_EQ(world.lines[2], "last words");
  CHECK_EQ(world.client_closed, 1);
  world.server.reset();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket file that a killed owner left behind is replaced; nobody there is noticed") {
  const ScratchFolder folder;
  const std::string path = folder.file("control.sock");
  REQUIRE(write_file_durable(path, {}));
  PipeWorld world(path);
  const auto client = world.connect(path);
  client->send_request(as_bytes("bye"));
  world.loop.run();
  CHECK_EQ(world.lines.size(), 1U);
  const auto alone = world.connect(folder.file("none.sock"));
  world.loop.run();
  CHECK_EQ(world.client_closed, 2);
}

TEST_CASE("a frame that is too long or a client too many is cut off") {
  const ScratchFolder folder;
  const std::string path = folder.file("control.sock");
  PipeWorld world(path);
  world.stop_when_closed = true;
  const int bad = raw_connect(path);
  const std::array<uint8_t, 5> too_long{0, 1, 0, 1, 'x'};
  REQUIRE_EQ(write(bad, too_long.data(), too_long.size()), 5);
  world.loop.run();
  CHECK_EQ(world.server_closed, 1);
  CHECK(world.requests.empty());
  close(bad);

  std::vector<int> fds;
  for (size_t i = 0; i <= kControlClientsMax; ++i) {
    fds.push_back(raw_connect(path));
    Timer soon(world.loop, [&] { world.loop.stop(); });
    soon.start(2ms);
    world.loop.run();
  }
  uint8_t byte = 0;
  CHECK_EQ(recv(fds.back(), &byte, 1, MSG_DONTWAIT), 0);    // closed
  CHECK_EQ(recv(fds.front(), &byte, 1, MSG_DONTWAIT), -1);  // open, nothing to read
  for (const int fd : fds) close(fd);
}

TEST_CASE("a path that no socket can have is refused with words") {
  const ScratchFolder folder;
  Loop loop;
  CHECK_EQ(ControlServer::listen(loop, folder.file(std::string(150, 'x')), {}).error().code, Errc::limit);
}

TEST_CASE("signals come to the loop") {
  Loop loop;
  Timer guard(loop, [&] { loop.stop(); });
  guard.start(5s);
  std::vector<Signal> received;
  Signals signals(loop, [&](Signal signal) {
    received.push_back(signal);
    if (received.size() == 1) raise(SIGTERM);
    if (received.size() == 2) loop.stop();
  });
  raise(SIGHUP);
  loop.run();
  CHECK_EQ(received, std::vector<Signal>{Signal::hangup, Signal::terminate});
}

TEST_CASE("a log line is one line of key=value on standard error, and the level filters") {
  const ScratchFolder folder;
  const std::string path = folder.file("log");
  std::fflush(stderr);
  const int kept = dup(2);
  REQUIRE(freopen(path.c_str(), "w", stderr) != nullptr);
  StderrLog log(LogLevel::info, Time{10s});
  log.write(Time{11s + 500ms}, LogLevel::debug, "hidden");
  log.write(Time{11s + 500ms}, LogLevel::warning, "stalled", {{"rtt_ms", 700}, {"path", 0, "relay"}});
  std::fflush(stderr);
  dup2(kept, 2);
  close(kept);
  CHECK_EQ(as_text(*read_file(path, 1000)), "t=1.500 level=warning event=stalled rtt_ms=700 path=relay\n");
}
