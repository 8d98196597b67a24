#include <doctest/doctest.h>

#include "store/chat_backup.h"
#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::chat;
using namespace farline::store;
using testing::entry_of;
using testing::group_number;
using testing::OpenChatStore;
using testing::ScratchFolder;

namespace {

const GroupId kGroup = group_number(1);
constexpr crypto::PasswordCost kCheap{.passes = 1, .memory_kib = 64, .lanes = 1};
constexpr size_t kHeader = 37;

void fill(OpenChatStore& store) {
  Commit commit;
  for (uint32_t i = 0; i < 3000; ++i)
    commit.entries.push_back(entry_of(1 + i % 4, i / 4, i, "text " + std::to_string(i)));
  commit.entries.front().target = EntryId{LogId{9}, 9};
  commit.entries.back().bytes.assign(kEntryBytesMax, 7);
  commit.entries.push_back(entry_of(1, 0, 1, "another group's"));
  commit.entries.back().group = group_number(2);
  commit.states = {{StateKind::device, {}, {}, {1}},
                   {StateKind::epoch, kGroup, {1}, {2}},
                   {StateKind::group, kGroup, {1}, ByteVector(kStateValueBytesMax, 3)},
                   {StateKind::draft, kGroup, {}, {4}}};
  REQUIRE(store->commit(commit));
}

ByteVector backup_of(OpenChatStore& store) {
  ByteVector file;
  REQUIRE(write_backup(*store, {as_bytes("right"), kCheap}, store.rng, [&](Bytes bytes) -> Result<void> {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return {};
  }));
  return file;
}

Result<void> restore(OpenChatStore& store, Bytes file, std::string_view passphrase = "right") {
  return restore_backup(*store, as_bytes(passphrase), [&](MutableBytes out) -> Result<size_t> {
    const size_t size = std::min(out.size(), file.size());
    std::copy_n(file.begin(), size, out.begin());
    file = file.subspan(size);
    return size;
  });
}

// Where each chunk begins.
std::vector<size_t> chunks_of(Bytes file) {
  std::vector<size_t> out;
  for (size_t at = kHeader; at < file.size(); at += 4 + Reader(file.subspan(at)).u32()) out.push_back(at);
  return out;
}

}  // namespace

TEST_CASE("a backup brings back every entry, word and state but the device's secrets and the epochs' keys") {
  const ScratchFolder folder;
  OpenChatStore from(folder.file("from.db"));
  fill(from);
  const ByteVector file = backup_of(from);
  CHECK_GE(chunks_of(file).size(), 3U);
  CHECK_EQ(as_text(file).find("text 1"), std::string_view::npos);
  OpenChatStore to(folder.file("to.db"), 2);
  Commit own;
  own.states = {{StateKind::device, {}, {}, {8}}, {StateKind::epoch, {}, {1}, {9}}};
  REQUIRE(to->commit(own));
  REQUIRE(restore(to, file));
  for (const GroupId& group : {kGroup, group_number(2)}) {
    const auto before = from->all_entries(group, {}, 10'000), after = to->all_entries(group, {}, 10'000);
    REQUIRE_EQ(before->size(), after->size());
    for (size_t i = 0; i < before->size(); ++i) {
      const StoredEntry &a = (*before)[i], &b = (*after)[i];
      REQUIRE_EQ(a.order(), b.order());
      REQUIRE_EQ(a.hash, b.hash);
      REQUIRE_EQ(a.target, b.target);
      REQUIRE_EQ(a.bytes, b.bytes);
      REQUIRE_EQ(a.search_text, b.search_text);
    }
  }
  CHECK_EQ(to->search({.group = kGroup, .text = "text 2998"})->hits.size(), 1U);
  CHECK_EQ(to->state(StateKind::group, kGroup, ByteVector{1})->size(), kStateValueBytesMax);
  CHECK_EQ(*to->state(StateKind::draft, kGroup, {}), ByteVector{4});
  CHECK(to->states(StateKind::device)->empty());
  CHECK(to->states(StateKind::epoch)->empty());
  CHECK_EQ(restore(to, file).error().code, Errc::denied);  // now there are chats
}

TEST_CASE("a wrong passphrase and every kind of damage is refused and changes nothing") {
  const ScratchFolder folder;
  OpenChatStore from(folder.file("from.db"));
  fill(from);
  const ByteVector file = backup_of(from);
  const std::vector<size_t> chunks = chunks_of(file);
  OpenChatStore to(folder.file("to.db"));
  const auto refused = [&](const ByteVector& damaged, Errc code) {
    CHECK_EQ(restore(to, damaged).error().code, code);
    CHECK(to->groups().empty());
    CHECK(to->states(StateKind::draft)->empty());
  };
  CHECK_EQ(restore(to, file, "wrong").error().code, Errc::auth);
  refused({}, Errc::truncated);
  refused(ByteVector(100, 'x'), Errc::malformed);
  for (const size_t at : {size_t{8}, size_t{9}, size_t{30}, kHeader, kHeader + 100, chunks[1] + 100, file.size() - 1}) {
    CAPTURE(at);
    ByteVector damaged = file;
    damaged[at] ^= 1;
    CHECK_FALSE(restore(to, damaged));
    CHECK(to->groups().empty());
  }
  refused({file.begin(), file.end() - 1}, Errc::truncated);
  refused({file.begin(), file.begin() + static_cast<ptrdiff_t>(chunks.back())}, Errc::truncated);
  ByteVector longer = file;
  longer.push_back(0);
  refused(longer, Errc::malformed);
  ByteVector without_second(file.begin(), file.begin() + static_cast<ptrdiff_t>(chunks[1]));
  without_second.insert(without_second.end(), file.begin() + static_cast<ptrdiff_t>(chunks[2]), file.end());
  refused(without_second, Errc::malformed);
  REQUIRE(restore(to, file));
}
