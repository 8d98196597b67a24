// What needs a process that is killed, or a file size that the system limits.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/open_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using testing::OpenStore;
using testing::record;
using testing::ScratchFolder;

TEST_CASE("when the disk takes no more, save says so and what was there stays") {
  const ScratchFolder folder;
  const std::string path = folder.file("store.db");
  {
    OpenStore store(path);
    REQUIRE(store->save(std::vector<SaveRecord>{record(1, "small", "v")}));
  }
  // RLIMIT_FSIZE is what a full disk looks like to a child; SIGXFSZ ignored, writes fail.
  const pid_t child = fork();
  REQUIRE_GE(child, 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{64 * 1024, 64 * 1024};
    setrlimit(RLIMIT_FSIZE, &limit);
    OpenStore store(path);
    const bool refused =
        store.store && !store->save(std::vector<SaveRecord>{record(1, "large", std::string(500'000, 'x'))});
    const bool goes_on = refused && store->load(1).has_value() && store->load(1)->size() == 1;
    _exit(goes_on ? 0 : 1);
  }
  int status = -1;
  REQUIRE_EQ(waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
  OpenStore store(path);
  REQUIRE_EQ(store->load(1)->size(), 1U);
  CHECK_EQ(as_text(store->load(1)->at(0).key), "small");
}

namespace {

// Saves one record after another and writes a byte to `acknowledged` for each that save() confirmed.
[[noreturn]] void save_until_killed(const std::string& path, int acknowledged) {
  OpenStore store(path);
  if (!store.store) _exit(1);
  for (uint32_t i = 0;; ++i) {
    const std::string name = std::to_string(i);
    if (!store->save(std::vector<SaveRecord>{record(1, name, "a" + name), record(2, name, "b" + name)})) _exit(1);
    const uint8_t one = 1;
    if (write(acknowledged, &one, 1) != 1) _exit(1);
  }
}

}  // namespace

TEST_CASE("kill -9 at any moment loses nothing that was acknowledged, and leaves no half of a save") {
  const ScratchFolder folder;
  for (int round = 0; round < 8; ++round) {
    const std::string path = folder.file("store" + std::to_string(round));
    int ends[2];
    REQUIRE_EQ(pipe(ends), 0);
    const pid_t child = fork();
    REQUIRE_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      save_until_killed(path, ends[1]);
    }
    close(ends[1]);
    // Killed after a different number of acknowledgements each round, wherever in the next save it then is.
    size_t acknowledged = 0;
    uint8_t byte = 0;
    while (acknowledged < static_cast<size_t>(round * 5) && read(ends[0], &byte, 1) == 1) ++acknowledged;
    usleep(static_cast<useconds_t>(round * 137));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(ends[0], &byte, 1) == 1) ++acknowledged;
    close(ends[0]);

    OpenStore store(path);
    REQUIRE(store.store);
    const auto first = store->load(1), second = store->load(2);
    REQUIRE((first && second));
    CHECK_GE(first->size(), acknowledged);
    CHECK_LE(first->size(), acknowledged + 1);
    CHECK_EQ(first->size(), second->size());
    CHECK_GE(acknowledged, static_cast<size_t>(round * 5));
  }
}
