// The store on disk does for the chat core what the store in memory does that the core is tested with.
#include <doctest/doctest.h>

#include "store/chat_backup.h"
#include "support/chat_world.h"
#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::chat;
using testing::entry_of;
using testing::group_number;
using testing::OpenChatStore;
using testing::ScratchFolder;
using testing::SeededRng;

namespace {

EntryId random_id(SeededRng& rng) {
  return {LogId{1 + rng.below(6)}, static_cast<uint32_t>(rng.below(20))};
}

Commit random_commit(SeededRng& rng) {
  Commit commit;
  commit.erased_group = group_number(static_cast<uint8_t>(1 + rng.below(2)));
  if (rng.below(8) == 0) commit.erased = {random_id(rng)};
  for (uint64_t i = rng.below(5); i > 0; --i) {
    const EntryId id = random_id(rng);
    StoredEntry entry = entry_of(id.log.value, id.seq, rng.below(20) * testing::kDay / 3, std::to_string(rng.u64()));
    entry.group = group_number(static_cast<uint8_t>(1 + rng.below(2)));
    entry.shown = rng.below(3) != 0;
    if (rng.below(3) == 0) entry.target = random_id(rng);
    commit.entries.push_back(std::move(entry));
  }
  const auto number = [&](uint64_t bound) { return static_cast<uint8_t>(rng.below(bound)); };
  commit.states.push_back({static_cast<StateKind>(1 + number(8)),
                           group_number(number(3)),
                           {number(3)},
                           ByteVector(rng.below(3), number(9))});
  if (rng.below(10) == 0)
    commit.moves.push_back({commit.erased_group, {1}, number(20), LogId{1001 + 2 * rng.below(1000)}});
  return commit;
}

bool same(const StoredEntry& a, const StoredEntry& b) {
  return a.group == b.group && a.order() == b.order() && a.hash == b.hash && a.shown == b.shown &&
         a.target == b.target && a.bytes == b.bytes && a.search_text == b.search_text;
}
bool same(const Result<std::vector<StoredEntry>>& a, const Result<std::vector<StoredEntry>>& b) {
  return a && b && std::ranges::equal(*a, *b, [](const auto& x, const auto& y) { return same(x, y); });
}

// Every question of the interface, the same answers.
void compare(Store& a, Store& b, SeededRng& rng) {
  const GroupId group = group_number(static_cast<uint8_t>(1 + rng.below(2)));
  PageQuery page{.group = group, .forwards = rng.below(2) == 0, .count = rng.below(40)};
  if (rng.below(2) == 0) page.from = Order{rng.below(20) * testing::kDay / 3, random_id(rng)};
  CHECK(same(a.page(page), b.page(page)));
  const RangeQuery range{.group = group,
                         .log = random_id(rng).log,
                         .first = static_cast<uint32_t>(rng.below(10)),
                         .last = static_cast<uint32_t>(rng.below(30)),
                         .bytes_max = rng.below(300)};
  CHECK(same(a.range(range), b.range(range)));
  const EntryId id = random_id(rng);
  const size_t most = 1 + rng.below(5);
  CHECK(same(a.about(group, id, most), b.about(group, id, most)));
  const auto one = a.entry(group, id), other = b.entry(group, id);
  REQUIRE_EQ(one.has_value(), other.has_value());
  CHECK((!one || same(*one, *other)));
  Store::CountQuery count{.group = group, .after = page.from, .except = {random_id(rng).log}, .until = {}, .limit = 15};
  if (rng.below(2) == 0) count.until = rng.below(20) * testing::kDay / 3;
  CHECK_EQ(*a.count(count), *b.count(count));
  const auto kind = static_cast<StateKind>(1 + rng.below(8));
  const auto some = a.states(kind), others = b.states(kind);
  REQUIRE((some && others));
  CHECK(std::ranges::equal(*some, *others, [](const State& x, const State& y) {
    return x.group == y.group && x.key == y.key && x.value == y.value;
  }));
}

// A device of the chat's own world, on this store instead of its disk.
std::unique_ptr<Chat> open_chat(Store& store, SeededRng& rng, std::string_view name, const Now& now) {
  static const testing::FakeAsymmetric asymmetric;
  static const testing::OpenTrust trust;
  SeededRng keys(name.size());
  auto pair = asymmetric.generate_key_pair(keys);
  auto signing = asymmetric.generate_signing_key_pair(keys);
  ByteVector credential = to_vector(pair.public_key);
  credential.insert(credential.end(), signing.public_key.begin(), signing.public_key.end());
  credential.insert(credential.end(), name.begin(), name.end());
  static testing::MemoryFileStore files;
  auto chat = Chat::open({.store = store,
                          .files = files,
                          .rng = rng,
                          .asymmetric = asymmetric,
                          .trust = trust,
                          .identity = {std::move(pair), std::move(signing), credential}},
                         now);
  REQUIRE(chat);
  return std::move(*chat);
}

std::string texts(Chat& chat, const GroupId& group) {
  const auto page = chat.page({.group = group, .forwards = true});
  REQUIRE(page);
  std::string out;
  for (const Message& message : *page)
    if (const auto* text = std::get_if<Text>(&message.body)) out += text->text + ";";
  return out;
}

}  // namespace

TEST_CASE("the store on disk answers as the store in memory does") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    const ScratchFolder folder;
    OpenChatStore disk(folder.file("chat.db"));
    testing::ChatDisk content;
    testing::MemoryChatStore memory(content);
    SeededRng rng(seed);
    for (int turn = 0; turn < 60; ++turn) {
      const Commit commit = random_commit(rng);
      REQUIRE(disk->commit(commit));
      REQUIRE(memory.commit(commit));
      if (rng.below(20) == 0) {
        const Hlc before = rng.below(20) * testing::kDay / 3 + rng.below(2);
        REQUIRE(disk->erase_before(group_number(1), before));
        REQUIRE(memory.erase_before(group_number(1), before));
      }
      if (rng.below(50) == 0) {
        REQUIRE(disk->erase_group(group_number(2)));
        REQUIRE(memory.erase_group(group_number(2)));
      }
      compare(*disk, memory, rng);
    }
  }
}

TEST_CASE("a chat goes on after a restart, and after a backup was restored, there as a new incarnation") {
  const ScratchFolder folder;
  const Now now{Time{} + 1h, {1'800'000'000}};
  SeededRng rng(3);
  GroupId group;
  EntryId first;
  ByteVector file;
  {
    OpenChatStore store(folder.file("chat.db"));
    auto chat = open_chat(*store, rng, "ana", now);
    group = *chat->new_group(now, {.title = "team", .members = {"ben"}});
    first = *chat->send(now, group, Text{"one", {}});
    REQUIRE(chat->set_draft(group, "not yet"));
  }
  OpenChatStore store(folder.file("chat.db"));
  auto chat = open_chat(*store, rng, "ana", now);
  const EntryId second = *chat->send(now, group, Text{"two", {}});
  CHECK_EQ(second, EntryId{first.log, first.seq + 1});
  CHECK_EQ(texts(*chat, group), "one;two;");
  CHECK_EQ(chat->draft(group), "not yet");
  const auto found = store->search({.group = group, .text = "TWO"});
  REQUIRE_EQ(found->hits.size(), 1U);
  CHECK_EQ(found->hits[0].shown, second);

  REQUIRE(write_backup(*store, {as_bytes("words"), {.passes = 1, .memory_kib = 64, .lanes = 1}}, rng,
                       [&](Bytes bytes) -> Result<void> {
                         file.insert(file.end(), bytes.begin(), bytes.end());
                         return {};
                       }));
  const EntryId third =
      *chat->send(now, group, Text{"three", {}});  // after the backup: the restored one knows nothing of it
  OpenChatStore other(folder.file("other.db"), 2, 9);
  size_t at = 0;
  REQUIRE(restore_backup(*other, as_bytes("words"), [&](MutableBytes out) -> Result<size_t> {
    const size_t size = std::min(out.size(), file.size() - at);
    std::copy_n(file.begin() + static_cast<ptrdiff_t>(at), size, out.begin());
    at += size;
    return size;
  }));
  auto restored = open_chat(*other, rng, "ana", now);
  CHECK_EQ(texts(*restored, group), "one;two;");
  CHECK_EQ(restored->draft(group), "not yet");
  const EntryId next = *restored->send(now, group, Text{"after", {}});
  CHECK_NE(next.log, third.log);
  CHECK_EQ(texts(*restored, group), "one;two;after;");
}
