// What Windows has not, or has otherwise: modes, fork, signals, a socket file, a pipe's two ends.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "host/audio_endpoint.h"
#include "host/file.h"
#include "support/control_world.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::host;
using testing::ControlWorld;
using testing::ScratchFolder;

namespace {

constexpr size_t kFrameBytes = kAudioFrameSamples * sizeof(int16_t);

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

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

TEST_CASE("what a profile is made of is for the user only, and its socket goes with its owner") {
  const ScratchFolder folder;
  REQUIRE(make_private_directory(folder.file("profile")));
  CHECK_EQ(mode_of(folder.file("profile")), 0700U);
  REQUIRE(write_file_durable(folder.file("keys"), as_bytes("x")));
  CHECK_EQ(mode_of(folder.file("keys")), 0600U);
  {
    const ControlWorld world(folder.file("control.sock"));
    CHECK_EQ(mode_of(folder.file("control.sock")), 0600U);
  }
  CHECK_FALSE(std::filesystem::exists(folder.file("control.sock")));
}

TEST_CASE("a killed owner of a profile lets go") {
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

TEST_CASE("a frame that is too long or a client too many is cut off") {
  const ScratchFolder folder;
  const std::string path = folder.file("control.sock");
  ControlWorld world(path);
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

TEST_CASE("raw sound goes through pipes both ways, and the reader's end is noticed") {
  int in[2], out[2];
  REQUIRE_EQ(pipe(in), 0);
  REQUIRE_EQ(pipe(out), 0);
  ByteVector bytes(2 * kFrameBytes + kFrameBytes / 2);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * i);
  REQUIRE_EQ(write(in[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  {
    Loop loop;
    Timer stop(loop, [&] { loop.stop(); });
    auto capture = open_raw_capture(loop, in[0]);
    auto playout = open_raw_playout(loop, out[1]);
    REQUIRE((capture && playout));
    std::array<int16_t, kAudioFrameSamples> frame{};
    CHECK_EQ((*capture)->read(frame), AudioCapture::Got::nothing);  // the loop has not run yet
    stop.start(10ms);
    loop.run();
    CHECK_EQ((*capture)->read(frame), AudioCapture::Got::frame);
    CHECK_EQ(std::memcmp(frame.data(), bytes.data(), kFrameBytes), 0);
    CHECK((*playout)->write(frame));
    CHECK_EQ((*capture)->read(frame), AudioCapture::Got::frame);
    CHECK_EQ((*capture)->read(frame), AudioCapture::Got::nothing);  // half a frame
    close(in[1]);
    stop.start(10ms);
    loop.run();
    CHECK_EQ((*capture)->read(frame), AudioCapture::Got::frame);  // the half, padded
    CHECK_EQ((*capture)->read(frame), AudioCapture::Got::end);

    std::array<uint8_t, 641> read_back{};
    CHECK_EQ(read(out[0], read_back.data(), read_back.size()), 640);
    CHECK(equal(Bytes(read_back).first(640), Bytes(bytes).first(640)));
    // A reader that does not read costs a second of sound at most, then frames are dropped.
    size_t taken = 0;
    while (taken < 10'000 && (*playout)->write(frame)) ++taken;
    CHECK_LT(taken, 200U);
  }
  close(in[0]);
  close(out[0]);
  close(out[1]);
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
