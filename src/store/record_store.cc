#include "store/record_store.h"

#include <sqlite3.h>

#include <filesystem>

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace farline::store {
namespace {

constexpr int64_t kApplicationId = 0x464c5253;  // "FLRS"
constexpr int64_t kSchemaVersion = 1;
constexpr size_t kRowKeyBytes = 16;
constexpr size_t kGenerationBytes = 16;

// Before anything of the file is believed. EXCLUSIVE keeps the WAL's index on the heap instead of in a shared file.
constexpr const char* kSettings =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-256;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=256;"
    "PRAGMA journal_size_limit=1048576;";

constexpr const char* kSchema =
    "CREATE TABLE record(kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(kind, key))"
    " WITHOUT ROWID;"
    "CREATE TABLE store(generation BLOB NOT NULL, key_check BLOB NOT NULL);"
    "PRAGMA application_id=0x464c5253; PRAGMA user_version=1;";

constexpr std::string_view kKeyCheckPurpose = "farline store key check";

Error sqlite_error(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Errc::io, "the disk is full; free some space and start again (nothing confirmed was lost)"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Errc::denied, "the store cannot be written; check who owns the profile folder and its permissions"};
    case SQLITE_CANTOPEN:
      return {Errc::io, "the store cannot be opened; check that the profile folder exists and is yours"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
      return {Errc::malformed, "the store is damaged; keep a copy of the profile folder, then restore a backup"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::denied, "another program has the store open; stop it first"};
    case SQLITE_TOOBIG:
      return {Errc::limit, "a record is too long for the store"};
    default:
      return {Errc::io, "the disk refused to read or write the store; check the disk"};
  }
}

Error tampered() {
  return {Errc::auth, "a record of the store was changed by something else; restore a backup"};
}

void bind_blob(sqlite3_stmt* statement, int index, Bytes bytes) {
  // A null pointer would bind NULL. STATIC: every caller steps before the bytes go away.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  INVARIANT(sqlite3_bind_blob(statement, index, data, static_cast<int>(bytes.size()), SQLITE_STATIC) == SQLITE_OK);
}

Bytes column_blob(sqlite3_stmt* statement, int column) {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement, column));
  return {data, data == nullptr ? 0 : static_cast<size_t>(sqlite3_column_bytes(statement, column))};
}

// Leaves a kept statement ready for its next use, and nothing bound to bytes that go away.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

Result<void> step_to_end(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return sqlite_error(code);
  return {};
}

std::array<uint8_t, 1 + kRowKeyBytes + kGenerationBytes> associated_data(uint8_t kind, Bytes row_key,
                                                                         Bytes generation) {
  std::array<uint8_t, 1 + kRowKeyBytes + kGenerationBytes> out{};
  Writer writer(out);
  writer.u8(kind);
  writer.bytes(row_key);
  writer.bytes(generation);
  return out;
}

}  // namespace

void RecordStore::CloseDatabase::operator()(sqlite3* database) const {
  sqlite3_close(database);
}
void RecordStore::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}
RecordStore::~RecordStore() = default;

Result<std::unique_ptr<RecordStore>> RecordStore::open(const std::string& path, const crypto::Secret<32>& master,
                                                       Rng& rng) {
  std::unique_ptr<RecordStore> store(new RecordStore(rng));
  if (auto opened = store->open_database(path); !opened) return opened.error();
  if (auto checked = store->check_version(); !checked) return checked.error();
  const auto version = store->number("PRAGMA user_version");
  if (!version) return version.error();
  auto ready = *version == 0 ? store->create(master) : store->unlock(master);
  if (!ready) return ready.error();
  if (auto prepared = store->prepare(); !prepared) return prepared.error();
  return store;
}

Result<void> RecordStore::open_database(const std::string& path) {
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) return sqlite_error(code);
  std::error_code ignored;  // a file system without permissions has its own protection, or none
  const std::u8string utf8(path.begin(), path.end());
  std::filesystem::permissions(utf8, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  // The file may be a stranger's work: no triggers of its own, no writing to the schema by SQL.
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, 4 * static_cast<int>(kRecordValueBytesMax));
  return execute(kSettings);
}

// An empty file is a new store; anything else must be ours and not newer than we are.
Result<void> RecordStore::check_version() {
  const auto pages = number("PRAGMA page_count");
  if (!pages) return pages.error();
  const auto application = number("PRAGMA application_id");
  if (!application) return application.error();
  const auto version = number("PRAGMA user_version");
  if (!version) return version.error();
  if (*pages == 0) return {};
  if (*application == 0 && *version == 0) {
    // Killed between creating the file and committing its schema: SQLite has written a header and nothing else.
    const auto tables = number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables == 0) return {};
  }
  if (*application != kApplicationId) return Error{Errc::malformed, "that file is not a Farline store"};
  if (*version > kSchemaVersion)
    return Error{Errc::unsupported, "a newer Farline wrote this store; install that version or a newer one"};
  if (*version < kSchemaVersion) return Error{Errc::malformed, "the store has no valid version; restore a backup"};
  return {};
}

void RecordStore::derive_keys(const crypto::Secret<32>& master) {
  const auto root = crypto::hkdf_extract(generation_, master.bytes());
  crypto::hkdf_expand(root.bytes(), as_bytes("farline store seal 1"), seal_key_.mutable_bytes());
  crypto::hkdf_expand(root.bytes(), as_bytes("farline store index 1"), index_key_.mutable_bytes());
}

Result<void> RecordStore::create(const crypto::Secret<32>& master) {
  generation_ = rng_.array<kGenerationBytes>();
  derive_keys(master);
  const auto key_check = crypto::hmac_sha256(index_key_.bytes(), {as_bytes(kKeyCheckPurpose)});
  for (const char* sql : {"PRAGMA journal_mode=WAL", "BEGIN IMMEDIATE", kSchema}) {
    if (auto done = execute(sql); !done) return done;
  }
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), "INSERT INTO store VALUES(?1, ?2)", -1, &raw, nullptr);
  const Statement insert(raw);
  if (code != SQLITE_OK) return sqlite_error(code);
  bind_blob(insert.get(), 1, generation_);
  bind_blob(insert.get(), 2, key_check);
  if (auto done = step_to_end(insert.get()); !done) return done;
  return execute("COMMIT");
}

Result<void> RecordStore::unlock(const crypto::Secret<32>& master) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(database_.get(), "SELECT generation, key_check FROM store", -1, &raw, nullptr);
  const Statement select(raw);
  if (code != SQLITE_OK) return sqlite_error(code == SQLITE_ERROR ? SQLITE_CORRUPT : code);
  code = sqlite3_step(select.get());
  if (code != SQLITE_ROW) return sqlite_error(code == SQLITE_DONE ? SQLITE_CORRUPT : code);
  const Bytes generation = column_blob(select.get(), 0);
  if (generation.size() != kGenerationBytes) return sqlite_error(SQLITE_CORRUPT);
  std::ranges::copy(generation, generation_.begin());
  derive_keys(master);
  const auto expected = crypto::hmac_sha256(index_key_.bytes(), {as_bytes(kKeyCheckPurpose)});
  if (!crypto::equal_constant_time(column_blob(select.get(), 1), expected))
    return Error{Errc::auth, "the key does not fit this store; they are of different profiles, or one was changed"};
  return execute("PRAGMA journal_mode=WAL");
}

Result<void> RecordStore::prepare() {
  const auto make = [&](const char* sql, Statement& out) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    out.reset(raw);
    return code;
  };
  // A missing table or column is SQLITE_ERROR here: the file was changed by something else.
  if (make("INSERT OR REPLACE INTO record VALUES(?1, ?2, ?3)", replace_) != SQLITE_OK ||
      make("DELETE FROM record WHERE kind=?1 AND key=?2", erase_) != SQLITE_OK ||
      make("SELECT key, value FROM record WHERE kind=?1", select_) != SQLITE_OK)
    return sqlite_error(SQLITE_CORRUPT);
  return {};
}

Result<void> RecordStore::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(code);
  return {};
}

Result<int64_t> RecordStore::number(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr);
  const Statement statement(raw);
  if (code != SQLITE_OK) return sqlite_error(code);
  code = sqlite3_step(statement.get());
  if (code != SQLITE_ROW) return sqlite_error(code);
  return sqlite3_column_int64(statement.get(), 0);
}

Result<void> RecordStore::save(std::span<const SaveRecord> records) {
  if (records.empty()) return {};
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done;
  for (const SaveRecord& record : records) {
    done = write(record);
    if (!done) break;
  }
  if (done) done = execute("COMMIT");
  // After some errors SQLite has rolled back by itself; then this one has nothing to do.
  if (!done) (void)execute("ROLLBACK");
  return done;
}

Result<void> RecordStore::write(const SaveRecord& record) {
  INVARIANT(record.key.size() <= kRecordKeyBytesMax && record.value.size() <= kRecordValueBytesMax);
  const auto key = row_key(record.kind, record.key);
  if (record.value.empty()) {
    const Reset reset{erase_.get()};
    sqlite3_bind_int(erase_.get(), 1, record.kind);
    bind_blob(erase_.get(), 2, key);
    return step_to_end(erase_.get());
  }
  // nonce, then the sealed: key length u16, key, value
  const size_t plaintext_bytes = 2 + record.key.size() + record.value.size();
  ByteVector row(sizeof(crypto::Nonce) + plaintext_bytes + crypto::kTagBytes);
  Writer writer(row);
  const auto nonce = rng_.array<sizeof(crypto::Nonce)>();
  writer.bytes(nonce);
  const MutableBytes body = MutableBytes(row).subspan(writer.size());
  writer.u16(static_cast<uint16_t>(record.key.size()));
  writer.bytes(record.key);
  writer.bytes(record.value);
  const auto context = associated_data(record.kind, key, generation_);
  crypto::seal(seal_key_, {nonce, context}, body.first(plaintext_bytes), body);

  const Reset reset{replace_.get()};
  sqlite3_bind_int(replace_.get(), 1, record.kind);
  bind_blob(replace_.get(), 2, key);
  bind_blob(replace_.get(), 3, row);
  return step_to_end(replace_.get());
}

std::array<uint8_t, kRowKeyBytes> RecordStore::row_key(uint8_t kind, Bytes key) const {
  const auto full = crypto::hmac_sha256(index_key_.bytes(), {Bytes(&kind, 1), key});
  std::array<uint8_t, kRowKeyBytes> out{};
  std::copy_n(full.begin(), out.size(), out.begin());
  return out;
}

Result<std::vector<SaveRecord>> RecordStore::load(uint8_t kind) {
  const Reset reset{select_.get()};
  sqlite3_bind_int(select_.get(), 1, kind);
  std::vector<SaveRecord> out;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(select_.get())) == SQLITE_ROW) {
    auto record = unseal(kind, column_blob(select_.get(), 0), column_blob(select_.get(), 1));
    if (!record) return record.error();
    out.push_back(std::move(*record));
  }
  if (code != SQLITE_DONE) return sqlite_error(code);
  std::ranges::sort(out, {}, &SaveRecord::key);
  return out;
}

Result<SaveRecord> RecordStore::unseal(uint8_t kind, Bytes row_key, Bytes sealed) const {
  Reader row(sealed);
  const auto nonce = row.array<sizeof(crypto::Nonce)>();
  const Bytes body = row.rest();
  if (row_key.size() != kRowKeyBytes || body.size() < crypto::kTagBytes) return tampered();
  const auto context = associated_data(kind, row_key, generation_);
  ByteVector plaintext(body.size() - crypto::kTagBytes);
  const auto opened = crypto::open(seal_key_, {nonce, context}, body, plaintext);
  if (!opened) return tampered();
  Reader reader(plaintext);
  SaveRecord out;
  out.kind = kind;
  out.key = to_vector(reader.bytes(reader.u16()));
  out.value = to_vector(reader.rest());
  if (!reader.ok()) return tampered();
  return out;
}

}  // namespace farline::store
