#include <doctest/doctest.h>
#include <sqlite3.h>

#include <fstream>
#include <iterator>

#include "store/record_store.h"
#include "support/open_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using namespace farline::store;
using testing::key_number;
using testing::OpenStore;
using testing::record;
using testing::ScratchFolder;
using testing::SeededRng;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  CHECK_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}

}  // namespace

TEST_CASE("records come back after a restart: the last of a key, none that was erased") {
  const ScratchFolder folder;
  const std::string path = folder.file("store.db");
  {
    OpenStore store(path);
    REQUIRE(store.store);
    const std::vector<SaveRecord> first = {record(1, "b", "old"), record(1, "a", "1"), record(2, "a", "2")};
    REQUIRE(store->save(first));
    const std::vector<SaveRecord> second = {record(1, "b", "new"), record(2, "a", ""), record(3, "", "no key")};
    REQUIRE(store->save(second));
  }
  OpenStore store(path);
  REQUIRE(store.store);
  const auto ones = store->load(1);
  REQUIRE(ones);
  REQUIRE_EQ(ones->size(), 2U);
  CHECK_EQ(as_text((*ones)[0].key), "a");
  CHECK_EQ(as_text((*ones)[1].key), "b");
  CHECK_EQ(as_text((*ones)[1].value), "new");
  CHECK(store->load(2)->empty());
  CHECK_EQ(as_text(store->load(3)->at(0).value), "no key");
}

TEST_CASE("neither keys nor values are readable in any file of the store") {
  const ScratchFolder folder;
  const std::string canary_key = "CANARY-KEY-51f3";
  const std::string canary_value = "CANARY-VALUE-9a77";
  OpenStore store(folder.file("store.db"));
  REQUIRE(store.store);
  REQUIRE(store->save(std::vector<SaveRecord>{record(1, canary_key, canary_value)}));
  size_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string all = content(entry.path().string());
    bytes += all.size();
    CHECK_EQ(all.find(canary_key), all.npos);
    CHECK_EQ(all.find(canary_value), all.npos);
    CHECK_EQ(std::filesystem::status(entry.path()).permissions(),
             std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  CHECK_GT(bytes, 4096U);  // the write-ahead log was among them
}

TEST_CASE("another master key, another file, a newer version and damage are told apart") {
  const ScratchFolder folder;
  const std::string path = folder.file("store.db");
  {
    OpenStore store(path);
    REQUIRE(store->save(std::vector<SaveRecord>{record(1, "k", "v")}));
  }
  CHECK_EQ(OpenStore(path, 2).store.error().code, Errc::auth);
  CHECK_EQ(OpenStore(folder.file("missing/store.db")).store.error().code, Errc::io);

  run_sql(path, "PRAGMA user_version=2");
  CHECK_EQ(OpenStore(path).store.error().code, Errc::unsupported);
  run_sql(path, "PRAGMA user_version=1");
  CHECK_EQ(OpenStore(path)->load(1)->size(), 1U);
  run_sql(path, "PRAGMA application_id=1");
  CHECK_EQ(OpenStore(path).store.error().code, Errc::malformed);
  run_sql(path, "PRAGMA application_id=1179406931; DROP TABLE record");
  CHECK_EQ(OpenStore(path).store.error().code, Errc::malformed);

  const std::string text = folder.file("text.db");
  std::ofstream(text) << std::string(5000, 'x');
  CHECK_EQ(OpenStore(text).store.error().code, Errc::malformed);
  CHECK_EQ(content(text), std::string(5000, 'x'));  // left as it was
}

TEST_CASE("a row that was changed, moved or exchanged is refused") {
  const ScratchFolder folder;
  const std::string path = folder.file("store.db");
  const char* changes[] = {
      "UPDATE record SET value=substr(value,1,length(value)-1)||x'00' WHERE kind=1",
      "UPDATE record SET value=x'00' WHERE kind=1",
      "UPDATE record SET value=(SELECT value FROM record WHERE kind=2) WHERE kind=1",
      "UPDATE record SET key=zeroblob(16) WHERE kind=1",
      "DELETE FROM record WHERE kind=1; UPDATE record SET kind=1 WHERE kind=2",
  };
  for (const char* change : changes) {
    CAPTURE(change);
    std::filesystem::remove(path);
    {
      OpenStore store(path);
      REQUIRE(store->save(std::vector<SaveRecord>{record(1, "k", "value"), record(2, "k", "VALUE")}));
    }
    run_sql(path, change);
    OpenStore store(path);
    REQUIRE(store.store);
    CHECK_EQ(store->load(1).error().code, Errc::auth);
  }
}

TEST_CASE("two stores of one master key do not take each other's rows") {
  const ScratchFolder folder;
  const std::string mine = folder.file("mine.db"), other = folder.file("other.db");
  REQUIRE(OpenStore(mine, 1, 5)->save(std::vector<SaveRecord>{record(1, "k", "v")}));
  REQUIRE(OpenStore(other, 1, 6)->save(std::vector<SaveRecord>{record(1, "k", "w")}));
  const std::string attach =
      "ATTACH '" + other + "' AS o; DELETE FROM record; INSERT INTO record SELECT * FROM o.record";
  run_sql(mine, attach.c_str());
  CHECK_EQ(OpenStore(mine)->load(1).error().code, Errc::auth);
}

TEST_CASE("a second process is kept out") {
  const ScratchFolder folder;
  OpenStore first(folder.file("store.db"));
  REQUIRE(first->save(std::vector<SaveRecord>{record(1, "k", "v")}));
  CHECK_EQ(OpenStore(folder.file("store.db")).store.error().code, Errc::denied);
}

TEST_CASE("the write-ahead log stays small") {
  const ScratchFolder folder;
  OpenStore store(folder.file("store.db"));
  std::vector<SaveRecord> records;
  for (int i = 0; i < 50; ++i) records.push_back(record(1, std::to_string(i), std::string(2000, 'x')));
  for (int i = 0; i < 40; ++i) REQUIRE(store->save(records));  // 4 MB in all
  CHECK_LT(std::filesystem::file_size(folder.file("store.db-wal")), 2'000'000U);
}
