#include <doctest/doctest.h>
#include <sqlite3.h>

#include "store/chat_store.h"
#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::chat;
using namespace farline::store;
using testing::all_bytes_in;
using testing::entry_of;
using testing::group_number;
using testing::kDay;
using testing::OpenChatStore;
using testing::ScratchFolder;

namespace {

const GroupId kGroup = group_number(1);

Commit commit_of(std::vector<StoredEntry> entries) {
  Commit commit;
  commit.entries = std::move(entries);
  return commit;
}

std::string texts(const Result<std::vector<StoredEntry>>& entries) {
  REQUIRE(entries);
  std::string out;
  for (const StoredEntry& entry : *entries) out += as_text(entry.bytes);
  return out;
}

// Of a file that is closed.
ByteVector sql_blob(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  REQUIRE_EQ(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), SQLITE_OK);
  ByteVector out;
  if (sqlite3_step(statement) == SQLITE_ROW) {
    const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement, 0));
    out.assign(data, data + sqlite3_column_bytes(statement, 0));
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return out;
}

bool contains(const std::string& all, Bytes bytes) {
  REQUIRE_GE(bytes.size(), 8U);
  return all.find(as_text(bytes)) != all.npos;
}

}  // namespace

TEST_CASE("entries come back after a restart, whole and in order") {
  const ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  StoredEntry reply = entry_of(3, 1, 7, "reply");
  reply.target = EntryId{LogId{1}, 0};
  {
    OpenChatStore store(path);
    REQUIRE(store->commit(commit_of({entry_of(1, 0, 5, "first"), entry_of(1, 1, 9, "third"), reply})));
  }
  OpenChatStore store(path);
  CHECK_EQ(texts(store->page({.group = kGroup})), "<third><reply><first>");
  const auto back = store->entry(kGroup, reply.id);
  REQUIRE(back);
  CHECK_EQ(back->order(), reply.order());
  CHECK_EQ(back->hash, reply.hash);
  CHECK_EQ(back->target, reply.target);
  CHECK(back->shown);
  CHECK(back->search_text.empty());
  CHECK_EQ(store->entry(kGroup, {LogId{1}, 2}).error().code, Errc::not_found);
  CHECK_EQ(store->entry(group_number(2), reply.id).error().code, Errc::not_found);
  CHECK_EQ(texts(store->page({.group = group_number(2)})), "");
}

TEST_CASE("pages go both ways through equal times and the whole range of numbers") {
  const ScratchFolder folder;
  OpenChatStore store(folder.file("chat.db"));
  constexpr uint64_t kHigh = UINT64_MAX;
  std::vector<StoredEntry> entries = {entry_of(1, 0, 0, "a"),         entry_of(1, 1, 5, "b"),
                                      entry_of(1, 2, 5, "c"),         entry_of(kHigh, 0, 5, "d"),
                                      entry_of(3, 7, kHigh - 1, "e"), entry_of(3, 8, kHigh, "f")};
  StoredEntry hidden = entry_of(5, 0, 5, "hidden");
  hidden.shown = false;
  hidden.search_text.clear();
  entries.push_back(hidden);
  REQUIRE(store->commit(commit_of(entries)));
  CHECK_EQ(texts(store->page({.group = kGroup, .forwards = true})), "<a><b><c><d><e><f>");
  std::string back, forth;
  PageQuery query{.group = kGroup, .count = 2};
  while (true) {
    const auto page = store->page(query);
    REQUIRE(page);
    if (page->empty()) break;
    back += texts(page);
    query.from = page->back().order();
  }
  CHECK_EQ(back, "<f><e><d><c><b><a>");
  CHECK_EQ(texts(store->page({.group = kGroup, .from = entries[1].order(), .forwards = true, .count = 2})), "<c><d>");
}

TEST_CASE("ranges stop at their bytes, what is about an entry and unread ones are found") {
  const ScratchFolder folder;
  OpenChatStore store(folder.file("chat.db"));
  std::vector<StoredEntry> entries;
  for (uint32_t i = 0; i < 10; ++i) entries.push_back(entry_of(1, i, 100 + i, "x" + std::to_string(i)));
  for (uint32_t i = 0; i < 3; ++i) {
    StoredEntry edit = entry_of(3, i, 200 - i, "e" + std::to_string(i));
    edit.shown = false;
    edit.target = entries[4].id;
    entries.push_back(edit);
  }
  REQUIRE(store->commit(commit_of(entries)));
  CHECK_EQ(texts(store->range({.group = kGroup, .log = LogId{1}, .first = 2, .last = 4})), "<x2><x3><x4>");
  CHECK_EQ(texts(store->range({.group = kGroup, .log = LogId{1}, .first = 2, .last = 9, .bytes_max = 8})), "<x2><x3>");
  CHECK_EQ(texts(store->range({.group = kGroup, .log = LogId{1}, .first = 2, .last = 9, .bytes_max = 1})), "<x2>");
  CHECK_EQ(texts(store->about(kGroup, entries[4].id, 2)), "<e2><e1>");
  CHECK_EQ(*store->count({.group = kGroup}), 10U);
  CHECK_EQ(*store->count({.group = kGroup, .after = entries[6].order()}), 3U);
  CHECK_EQ(*store->count({.group = kGroup, .limit = 4}), 4U);
  CHECK_EQ(*store->count({.group = kGroup, .after = {}, .except = {LogId{1}}}), 0U);
}

TEST_CASE("a commit moves a tail, replaces and erases") {
  const ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  {
    OpenChatStore store(path);
    std::vector<StoredEntry> entries;
    for (uint32_t i = 0; i < 250; ++i) entries.push_back(entry_of(1, i, i, "x" + std::to_string(i)));
    REQUIRE(store->commit(commit_of(entries)));
    Commit commit = commit_of({entry_of(1, 3, 3, "other"), entry_of(1, 1, 1, "anew")});
    commit.moves.push_back({kGroup, LogId{1}, 3, LogId{7}});
    commit.erased = {{LogId{1}, 0}};
    commit.erased_group = kGroup;
    REQUIRE(store->commit(commit));
  }
  OpenChatStore store(path);
  CHECK_EQ(texts(store->range({.group = kGroup, .log = LogId{1}, .first = 0, .last = 999})), "<anew><x2><other>");
  const auto moved = store->range({.group = kGroup, .log = LogId{7}, .first = 0, .last = 999});
  REQUIRE(moved);
  CHECK_EQ(moved->size(), 247U);
  CHECK_EQ(as_text(moved->back().bytes), "<x249>");
  CHECK_EQ(store->search({.group = kGroup, .text = "x249"})->hits.size(), 1U);
  CHECK_EQ(*store->count({.group = kGroup}), 250U);
}

TEST_CASE("states are kept by kind, group and key") {
  const ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  const GroupId other = group_number(2);
  {
    OpenChatStore store(path);
    Commit commit;
    commit.states = {{StateKind::draft, kGroup, {}, {1}},
                     {StateKind::draft, other, {}, {2}},
                     {StateKind::epoch, kGroup, {9}, {3}},
                     {StateKind::marker, kGroup, {}, {4}}};
    REQUIRE(store->commit(commit));
    commit.states = {{StateKind::draft, kGroup, {}, {}}, {StateKind::marker, kGroup, {}, {5}}};
    REQUIRE(store->commit(commit));
  }
  OpenChatStore store(path);
  const auto drafts = store->states(StateKind::draft);
  REQUIRE(drafts);
  REQUIRE_EQ(drafts->size(), 1U);
  CHECK_EQ((*drafts)[0].group, other);
  CHECK_EQ(*store->state(StateKind::marker, kGroup, {}), ByteVector{5});
  CHECK_EQ(*store->state(StateKind::epoch, kGroup, ByteVector{9}), ByteVector{3});
  CHECK_EQ(store->state(StateKind::draft, kGroup, {}).error().code, Errc::not_found);
}

TEST_CASE("search finds folded words in messages and in edits, newest first, piece by piece") {
  const ScratchFolder folder;
  OpenChatStore store(folder.file("chat.db"));
  std::vector<StoredEntry> entries = {entry_of(1, 0, 1, "Café am Hafen"), entry_of(1, 1, 2, "Едем в Аэропорт"),
                                      entry_of(1, 2, 3, "في المَدْرَسة غدا"), entry_of(1, 3, 4, "cafe, again")};
  StoredEntry edit = entry_of(3, 0, 5, "the harbour cafe");
  edit.shown = false;
  edit.target = entries[1].id;
  edit.bytes = {1, 2, 3};  // the words need not stand in it
  entries.push_back(edit);
  REQUIRE(store->commit(commit_of(entries)));
  CHECK_EQ(store->search({.group = kGroup, .text = "АЭРОПОРТ"})->hits.at(0).shown, entries[1].id);
  CHECK_EQ(store->search({.group = kGroup, .text = "المدرسه"})->hits.at(0).shown, entries[2].id);
  CHECK(store->search({.group = kGroup, .text = "nowhere"})->hits.empty());
  CHECK(store->search({.group = kGroup, .text = " "})->hits.empty());
  CHECK(store->search({.group = group_number(2), .text = "cafe"})->hits.empty());
  std::vector<EntryId> found;
  SearchQuery query{.group = kGroup, .text = "cafe", .entries_max = 2};
  size_t calls = 0;
  do {
    const auto result = store->search(query);
    REQUIRE(result);
    for (const SearchHit& hit : result->hits) found.push_back(hit.shown);
    query.from = result->next;
    ++calls;
  } while (query.from);
  CHECK_EQ(found, std::vector<EntryId>{entries[1].id, entries[3].id, entries[0].id});
  CHECK_EQ(calls, 3U);  // 2, 2 and 1 entries
}

TEST_CASE("no text, state, group or search word is readable in any file of the store") {
  const ScratchFolder folder;
  OpenChatStore store(folder.file("chat.db"));
  const std::string text = "CANARY-TEXT-51f3", state = "CANARY-STATE-9a77", key = "CANARY-KEY-72bc";
  const GroupId group = {{'C', 'A', 'N', 'A', 'R', 'Y', '-', 'G', 'R', 'O', 'U', 'P', '-', '1', '2', '3'}};
  StoredEntry entry = entry_of(1, 0, 1, text);
  entry.group = group;
  Commit commit = commit_of({entry});
  commit.states.push_back({StateKind::draft, group, to_vector(as_bytes(key)), to_vector(as_bytes(state))});
  REQUIRE(store->commit(commit));
  CHECK_EQ(store->search({.group = group, .text = text})->hits.size(), 1U);
  const auto check = [&](const std::string& all) {
    CHECK_GT(all.size(), 4096U);
    for (const char* canary : {"CANARY", "canary", "51f3", "9a77", "72bc"}) CHECK_EQ(all.find(canary), all.npos);
  };
  CHECK(std::filesystem::exists(folder.file("chat.db-wal")));
  check(all_bytes_in(folder.path()));
  REQUIRE(store->erase_before(group, 0));  // checkpoints: now it is in the file itself
  check(all_bytes_in(folder.path()));
}

TEST_CASE("erasing days leaves neither rows nor the days' keys in any file, and keeps events and later days") {
  const ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  {
    OpenChatStore store(path);
    REQUIRE(store->commit(commit_of({entry_of(1, 0, 10 * kDay, "old"), entry_of(1, 1, 11 * kDay + 5, "boundary"),
                                     entry_of(1, 2, 11 * kDay + 9, "kept"), entry_of(2, 0, 1, "event")})));
  }
  const ByteVector old_key = sql_blob(path, "SELECT key FROM day WHERE day=10");
  const ByteVector kept_key = sql_blob(path, "SELECT key FROM day WHERE day=11");
  const ByteVector old_row = sql_blob(path, "SELECT value FROM entry WHERE seq=0 AND (log & 1)=1");
  REQUIRE(contains(all_bytes_in(folder.path()), old_key));
  REQUIRE(contains(all_bytes_in(folder.path()), old_row));
  {
    OpenChatStore store(path);
    REQUIRE(store->erase_before(kGroup, 11 * kDay + 6));
    const std::string all = all_bytes_in(folder.path());
    CHECK_FALSE(contains(all, old_key));
    CHECK_FALSE(contains(all, old_row));
    CHECK(contains(all, kept_key));
  }
  OpenChatStore store(path);
  CHECK_EQ(texts(store->page({.group = kGroup})), "<kept><event>");
  // What comes back from others later gets a new key.
  REQUIRE(store->commit(commit_of({entry_of(1, 0, 10 * kDay, "old")})));
  CHECK_EQ(texts(store->page({.group = kGroup})), "<kept><old><event>");
}

TEST_CASE("erasing a group or an epoch key leaves nothing of it; other groups stay") {
  const ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  const GroupId other = group_number(2);
  StoredEntry others = entry_of(1, 0, 5, "of the other");
  others.group = other;
  {
    OpenChatStore store(path);
    Commit commit = commit_of({entry_of(1, 0, 5, "gone"), others});
    commit.states = {{StateKind::draft, kGroup, {}, {1}},
                     {StateKind::draft, other, {}, {2}},
                     {StateKind::epoch, other, {1}, {7, 7, 7}}};
    REQUIRE(store->commit(commit));
  }
  const ByteVector epoch_row = sql_blob(path, "SELECT value FROM record WHERE kind=3");
  const ByteVector group_row = sql_blob(path, "SELECT value FROM entry WHERE grp=1");
  const ByteVector day_row = sql_blob(path, "SELECT key FROM day WHERE grp=1");
  {
    OpenChatStore store(path);
    Commit commit;
    commit.states = {{StateKind::epoch, other, {1}, {}}};
    REQUIRE(store->commit(commit));
    CHECK_FALSE(contains(all_bytes_in(folder.path()), epoch_row));
    CHECK(contains(all_bytes_in(folder.path()), group_row));
    REQUIRE(store->erase_group(kGroup));
    CHECK_FALSE(contains(all_bytes_in(folder.path()), group_row));
    CHECK_FALSE(contains(all_bytes_in(folder.path()), day_row));
  }
  OpenChatStore store(path);
  CHECK_EQ(texts(store->page({.group = kGroup})), "");
  CHECK_EQ(texts(store->page({.group = other})), "<of the other>");
  CHECK_EQ(store->states(StateKind::draft)->size(), 1U);
  CHECK_EQ(store->groups(), std::vector<GroupId>{other});
}

TEST_CASE("a row that was changed, moved or exchanged is refused, and another's file") {
  const ScratchFolder folder;
  const std::string path = folder.file("chat.db");
  const char* changes[] = {
      "UPDATE entry SET value=substr(value,1,length(value)-1)||x'00'",
      "UPDATE entry SET value=x''",
      "UPDATE entry SET value=(SELECT value FROM entry WHERE seq=1)",
      "UPDATE entry SET seq=seq+10",
      "UPDATE entry SET log=log+2",
      "UPDATE entry SET hlc=hlc+1",
      "UPDATE entry SET place=2 WHERE seq=0; UPDATE entry SET seq=5 WHERE seq=1",
      "UPDATE entry SET target_log=1, target_seq=1",
      "UPDATE day SET key=zeroblob(60)",
      "UPDATE day SET day=day+1",
      "DELETE FROM day",
  };
  for (const char* change : changes) {
    CAPTURE(change);
    std::filesystem::remove(path);
    {
      OpenChatStore store(path);
      REQUIRE(store->commit(commit_of({entry_of(1, 0, 5, "one"), entry_of(1, 1, 5, "two")})));
    }
    sqlite3* database = nullptr;
    REQUIRE_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    REQUIRE_EQ(sqlite3_exec(database, change, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
    OpenChatStore store(path);
    REQUIRE(store.store);
    CHECK_EQ(store->page({.group = kGroup}).error().code, Errc::auth);
  }
  CHECK_EQ(OpenChatStore(path, 2).store.error().code, Errc::auth);
  const std::string records = folder.file("records.db");
  REQUIRE(testing::OpenStore(records).store);
  CHECK_EQ(OpenChatStore(records).store.error().code, Errc::malformed);
}
