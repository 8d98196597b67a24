#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include "host/file.h"
#include "host/log_stderr.h"
#include "host/terminal.h"
#include "support/control_world.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::host;
using testing::ControlWorld;
using testing::ScratchFolder;

TEST_CASE("a durable write replaces the whole file") {
  const ScratchFolder folder;
  const std::string path = folder.file("keys");
  REQUIRE(write_file_durable(path, as_bytes("first and longer")));
  REQUIRE(write_file_durable(path, as_bytes("second")));
  CHECK_EQ(as_text(*read_file(path, 6)), "second");
  CHECK_EQ(read_file(path, 5).error().code, Errc::limit);
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

TEST_CASE("a profile folder may be there, and a file in its place is said") {
  const ScratchFolder folder;
  REQUIRE(make_private_directory(folder.file("profile")));
  CHECK(make_private_directory(folder.file("profile")));
  REQUIRE(write_file_durable(folder.file("file"), {}));
  CHECK_EQ(make_private_directory(folder.file("file")).error().code, Errc::io);
}

TEST_CASE("requests reach the owner of a profile and its lines come back, the last one too") {
  const ScratchFolder folder;
  const std::string path = folder.file("control.sock");
  ControlWorld world(path);
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
}

TEST_CASE("a socket file that a killed owner left behind is replaced; nobody there is noticed") {
  const ScratchFolder folder;
  const std::string path = folder.file("control.sock");
  REQUIRE(write_file_durable(path, {}));
  ControlWorld world(path);
  const auto client = world.connect(path);
  client->send_request(as_bytes("bye"));
  world.loop.run();
  CHECK_EQ(world.lines.size(), 1U);
  const auto alone = world.connect(folder.file("none.sock"));
  world.loop.run();
  CHECK_EQ(world.client_closed, 2);
}

TEST_CASE("a profile has one owner at a time") {
  const ScratchFolder folder;
  const std::string path = folder.file("lock");
  {
    const auto lock = ProfileLock::acquire(path);
    REQUIRE(lock);
    CHECK_EQ(ProfileLock::acquire(path).error().code, Errc::denied);
  }
  CHECK(ProfileLock::acquire(path));
}

TEST_CASE("names outside the old code pages") {
  const ScratchFolder folder;
  const std::string inner = folder.file("بيانات"), path = inner + "/नेपाल 🛰.key";
  REQUIRE(make_private_directory(inner));
  REQUIRE(write_file_durable(path, as_bytes("kept")));
  CHECK_EQ(as_text(*read_file(path, 10)), "kept");
  CHECK(std::filesystem::exists(std::filesystem::path(std::u8string(path.begin(), path.end()))));
  REQUIRE(ProfileLock::acquire(inner + "/lock"));
  ControlWorld world(inner + "/control.sock");
  const auto client = world.connect(inner + "/control.sock");
  client->send_request(as_bytes("bye"));
  world.loop.run();
  CHECK_EQ(world.lines, std::vector<std::string>{"last words"});
}

TEST_CASE("a path that no socket can have is refused with words") {
  const ScratchFolder folder;
  Loop loop;
  CHECK_EQ(ControlServer::listen(loop, folder.file(std::string(250, 'x')), {}).error().code, Errc::limit);
}

TEST_CASE("a log line is one line of key=value on standard error, and the level filters") {
  const ScratchFolder folder;
  const std::string path = folder.file("log");
  std::fflush(stderr);
  const int kept = dup(2);
  REQUIRE(freopen(path.c_str(), "wb", stderr) != nullptr);
  StderrLog log(LogLevel::info, Time{10s});
  log.write(Time{11s + 500ms}, LogLevel::debug, "hidden");
  log.write(Time{11s + 500ms}, LogLevel::warning, "stalled", {{"rtt_ms", 700}, {"path", 0, "relay"}});
  std::fflush(stderr);
  dup2(kept, 2);
  close(kept);
  CHECK_EQ(as_text(*read_file(path, 1000)), "t=1.500 level=warning event=stalled rtt_ms=700 path=relay\n");
}
