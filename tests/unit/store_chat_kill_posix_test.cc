// A process writes chat until it is killed, again and again, at any moment of appending, moving, erasing and
// checkpointing. FARLINE_KILLS says how often; the default is for everyday runs.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::chat;
using testing::entry_of;
using testing::group_number;
using testing::kDay;
using testing::OpenChatStore;
using testing::SeededRng;

namespace {

const GroupId kGroup = group_number(1);
constexpr LogId kLogs[] = {{1}, {3}, {5}};
constexpr uint32_t kEraseEvery = 40;  // turns

// What the store holds after some turns, worked out apart from it. Turn n is the same whenever it is done.
struct Model {
  std::map<EntryId, StoredEntry> entries;
  std::array<uint32_t, 3> next{};

  void apply(const Commit& commit) {
    for (const TailMove& move : commit.moves)
      for (uint32_t seq = move.first; entries.contains({move.from, seq}); ++seq) {
        auto node = entries.extract({move.from, seq});
        node.key().log = node.mapped().id.log = move.to;
        entries.insert(std::move(node));
      }
    for (const EntryId& id : commit.erased) entries.erase(id);
    for (const StoredEntry& entry : commit.entries) entries[entry.id] = entry;
  }

  Commit turn(uint32_t n) {
    Commit commit;
    commit.erased_group = kGroup;
    uint32_t& next_seq = next[n % 3];
    const LogId log = kLogs[n % 3];
    if (n % 10 == 6 && next_seq > 2) {
      next_seq -= 2;
      commit.moves.push_back({kGroup, log, next_seq, LogId{1001 + 2 * n}});
    }
    if (n % 10 == 8 && next_seq > 0) commit.erased.push_back({log, --next_seq});
    for (uint32_t i = 0; i <= n % 7; ++i)
      commit.entries.push_back(
          entry_of(log.value, next_seq++, n * kDay / 10 + i, "turn " + std::to_string(n) + std::string(n % 500, '.')));
    ByteVector number(4);
    Writer(number).u32(n + 1);
    commit.states.push_back({StateKind::marker, kGroup, {}, number});
    if (n % 10 == 4) {  // empties the write-ahead log
      commit.states.push_back({StateKind::epoch, kGroup, {static_cast<uint8_t>(n / 10 % 2)}, number});
      commit.states.push_back({StateKind::epoch, kGroup, {static_cast<uint8_t>(n / 10 % 2 ^ 1)}, {}});
    }
    apply(commit);
    return commit;
  }

  static std::optional<Hlc> erased_by(uint32_t n) {
    if (n % kEraseEvery != kEraseEvery - 1) return {};
    return n * kDay / 10 - 2 * kDay;
  }
  void erase_before(Hlc hlc) {
    std::erase_if(entries, [&](const auto& each) { return each.second.hlc < hlc; });
  }
};

uint32_t turns_done(store::ChatStore& store) {
  const auto number = store.state(StateKind::marker, kGroup, {});
  return number ? Reader(*number).u32() : 0;
}

// In the process that is killed. A byte for each turn that the store has confirmed.
[[noreturn]] void write_until_killed(const std::string& path, uint64_t seed, int confirmed) {
  OpenChatStore store(path, 1, seed);
  if (!store.store) _exit(1);
  Model model;
  const uint32_t done = turns_done(*store);
  for (uint32_t n = 0; n < done; ++n) (void)model.turn(n);
  for (uint32_t n = done;; ++n) {
    if (!store->commit(model.turn(n))) _exit(1);
    if (const auto before = Model::erased_by(n); before && !store->erase_before(kGroup, *before)) _exit(1);
    if (write(confirmed, "+", 1) != 1) _exit(1);
  }
}

uint32_t run_and_kill(const std::string& path, SeededRng& rng) {
  int pipe_ends[2];
  REQUIRE_EQ(pipe(pipe_ends), 0);
  const uint64_t seed = rng.u64();
  const pid_t child = fork();
  if (child == 0) {
    close(pipe_ends[0]);
    write_until_killed(path, seed, pipe_ends[1]);
  }
  close(pipe_ends[1]);
  uint32_t confirmed = 0;
  char byte = 0;
  for (const uint64_t wanted = rng.below(12); confirmed < wanted && read(pipe_ends[0], &byte, 1) == 1;) ++confirmed;
  usleep(static_cast<useconds_t>(rng.below(5000)));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));  // and did not end by itself
  while (read(pipe_ends[0], &byte, 1) == 1) ++confirmed;
  close(pipe_ends[0]);
  return confirmed;
}

// Everything that was confirmed, and nothing twice or in part.
void check(store::ChatStore& store, const Model& model) {
  const auto entries = store.all_entries(kGroup, {}, 1'000'000);
  REQUIRE(entries);
  REQUIRE_EQ(entries->size(), model.entries.size());
  auto expected = model.entries.begin();
  for (const StoredEntry& entry : *entries) {
    REQUIRE_EQ(entry.order(), expected->second.order());
    REQUIRE_EQ(entry.bytes, expected->second.bytes);
    ++expected;
  }
  REQUIRE_EQ(*store.count({.group = kGroup, .limit = 1'000'000}), model.entries.size());
}

}  // namespace

TEST_CASE("killed at any moment, nothing confirmed is lost and nothing is doubled") {
  const char* wish = std::getenv("FARLINE_KILLS");
  const int kills = wish != nullptr ? std::atoi(wish) : 12;
  const testing::ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  SeededRng rng(7);
  Model model;
  uint32_t turns = 0;
  for (int i = 0; i < kills; ++i) {
    CAPTURE(i);
    const uint32_t confirmed = run_and_kill(path, rng);
    OpenChatStore store(path);
    REQUIRE(store.store);
    const uint32_t done = turns_done(*store);
    CHECK_GE(done, turns + confirmed);
    CHECK_LE(done, turns + confirmed + 1);  // killed before it could say so
    for (; turns < done; ++turns) {
      (void)model.turn(turns);
      const auto before = Model::erased_by(turns);
      if (!before) continue;
      model.erase_before(*before);
      REQUIRE(store->erase_before(kGroup, *before));  // may have been killed between the two
    }
    check(*store, model);
  }
  CHECK_GT(turns, 0U);
  MESSAGE(kills << " kills, " << turns << " commits");
}
