// What Windows has not, or has otherwise: modes, fork, signals, a socket file, a pipe's two ends.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "host/audio_endpoint.h"
#include "host/driver.h"
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

// Sends what it is told to.
class SayingCore final : public Core {
 public:
  void handle_datagram(Time, const Address&, Bytes) override {}
  void handle_timeout(Time) override {}
  bool poll_save(SaveRecord&) override { return false; }
  bool poll_transmit(Transmit& out) override {
    if (said_.empty()) return false;
    out = said_.front();
    said_.erase(said_.begin());
    return true;
  }
  std::optional<Time> next_timeout() const override { return std::nullopt; }
  void say(const Address& to, const char* text) {
    Transmit& out = said_.emplace_back();
    out.to = to;
    out.datagram.assign(as_bytes(text));
  }

 private:
  std::vector<Transmit> said_;
};

class NoSink final : public RecordSink {
 public:
  Result<void> save(std::span<const SaveRecord>) override { return {}; }
};

// The traffic class of the next datagram there.
int mark_of(int fd) {
  std::array<char, 64> data{};
  std::array<char, 64> control{};
  iovec part{data.data(), data.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  REQUIRE_GT(recvmsg(fd, &message, 0), 0);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  REQUIRE(header != nullptr);
  if (header->cmsg_level == IPPROTO_IP) return *CMSG_DATA(header);  // one byte
  int mark = 0;
  std::memcpy(&mark, CMSG_DATA(header), sizeof mark);
  return mark;
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

TEST_CASE("voice leaves marked, what is beside it does not, by one socket") {
  for (const int family : {AF_INET, AF_INET6}) {
    const bool v4 = family == AF_INET;
    const int fd = socket(family, SOCK_DGRAM, 0);
    const int on = 1;
    REQUIRE_EQ(setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVTOS : IPV6_RECVTCLASS, &on, sizeof on), 0);
    sockaddr_in6 v6_name{};
    v6_name.sin6_family = AF_INET6;
    v6_name.sin6_addr = in6addr_loopback;
    sockaddr_in v4_name{};
    v4_name.sin_family = AF_INET;
    v4_name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = v4 ? sizeof v4_name : sizeof v6_name;
    auto* name = v4 ? reinterpret_cast<sockaddr*>(&v4_name) : reinterpret_cast<sockaddr*>(&v6_name);
    REQUIRE_EQ(bind(fd, name, size), 0);
    REQUIRE_EQ(getsockname(fd, name, &size), 0);
    Address to = Address::v4(127, 0, 0, 1, ntohs(v4_name.sin_port));
    if (!v4) to = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, ntohs(v6_name.sin6_port)};

    Loop loop;
    SayingCore core;
    NoSink sink;
    auto driver = Driver::open(loop, Address{}, core, sink,
                               {.after_turn = {}, .save_failed = {}, .is_voice = [](Bytes d) { return d[0] == 'v'; }});
    REQUIRE(driver);
    (*driver)->turn([&](Time) {
      for (const char* text : {"v1", "v2", "other", "v3"}) core.say(to, text);
    });
    for (const int expected : {kVoiceDscp << 2, kVoiceDscp << 2, 0, kVoiceDscp << 2}) CHECK_EQ(mark_of(fd), expected);
    close(fd);
  }
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
