#include "store/database.h"

#include <sqlite3.h>

#include <filesystem>

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace farline::store {
namespace {

constexpr int64_t kSchemaVersion = 1;
constexpr int kRowBytesMax = 4 * 1024 * 1024;

// Before anything of the file is believed. EXCLUSIVE keeps the WAL's index on the heap instead of in a shared file.
constexpr const char* kSettings =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-256;"
    "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=256;"
    "PRAGMA journal_size_limit=1048576; PRAGMA secure_delete=ON;";

constexpr const char* kStoreSchema = "CREATE TABLE store(generation BLOB NOT NULL, key_check BLOB NOT NULL);";

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

}  // namespace

void FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}
void Database::CloseDatabase::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

// Leaves the statement bound to nothing that goes away.
Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}
Query& Query::bind(int64_t number) {
  INVARIANT(sqlite3_bind_int64(statement_, ++bound_, number) == SQLITE_OK);
  return *this;
}
Query& Query::bind(Bytes bytes) {
  // A null pointer would bind NULL.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  INVARIANT(sqlite3_bind_blob(statement_, ++bound_, data, static_cast<int>(bytes.size()), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}
Query& Query::bind_null() {
  INVARIANT(sqlite3_bind_null(statement_, ++bound_) == SQLITE_OK);
  return *this;
}
Result<bool> Query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(code);
}
Result<void> Query::run() {
  const auto row = next();
  if (!row) return row.error();
  INVARIANT(!*row);
  return {};
}
int64_t Query::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}
Bytes Query::blob(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, data == nullptr ? 0 : static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}
bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const crypto::Secret<32>& master,
                                                 const Format& format, Rng& rng) {
  std::unique_ptr<Database> database(new Database(format, rng));
  if (auto opened = database->open_file(path); !opened) return opened.error();
  if (auto checked = database->check_version(); !checked) return checked.error();
  const auto version = database->number("PRAGMA user_version");
  if (!version) return version.error();
  auto ready = *version == 0 ? database->create(master) : database->unlock(master);
  if (!ready) return ready.error();
  return database;
}

Result<void> Database::open_file(const std::string& path) {
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
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kRowBytesMax);
  return execute(kSettings);
}

// An empty file is a new store; anything else must be ours and not newer than we are.
Result<void> Database::check_version() {
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
  if (*application != format_.application_id) return Error{Errc::malformed, "that file is not a Farline store"};
  if (*version > kSchemaVersion)
    return Error{Errc::unsupported, "a newer Farline wrote this store; install that version or a newer one"};
  if (*version < kSchemaVersion) return Error{Errc::malformed, "the store has no valid version; restore a backup"};
  return {};
}

void Database::derive_keys(const crypto::Secret<32>& master) {
  const auto root = crypto::hkdf_extract(generation_, master.bytes());
  crypto::hkdf_expand(root.bytes(), as_bytes("farline store seal 1"), seal_key_.mutable_bytes());
  crypto::hkdf_expand(root.bytes(), as_bytes("farline store index 1"), index_key_.mutable_bytes());
}

Result<void> Database::create(const crypto::Secret<32>& master) {
  generation_ = rng_.array<sizeof(Generation)>();
  derive_keys(master);
  const auto key_check = crypto::hmac_sha256(index_key_.bytes(), {as_bytes(kKeyCheckPurpose)});
  if (auto done = execute("PRAGMA journal_mode=WAL"); !done) return done;
  return transaction([&]() -> Result<void> {
    const std::string version = "PRAGMA application_id=" + std::to_string(format_.application_id) +
                                "; PRAGMA user_version=" + std::to_string(kSchemaVersion);
    for (const char* sql : {kStoreSchema, format_.schema, version.c_str()}) {
      if (auto done = execute(sql); !done) return done;
    }
    Statement insert;
    if (auto done = prepare("INSERT INTO store VALUES(?1, ?2)", insert); !done) return done;
    return Query(insert).bind(generation_).bind(key_check).run();
  });
}

Result<void> Database::unlock(const crypto::Secret<32>& master) {
  {
    Statement select;
    if (auto done = prepare("SELECT generation, key_check FROM store", select); !done) return done;
    Query row(select);
    const auto is_there = row.next();
    if (!is_there) return is_there.error();
    if (!*is_there || row.blob(0).size() != sizeof(Generation)) return sqlite_error(SQLITE_CORRUPT);
    std::ranges::copy(row.blob(0), generation_.begin());
    derive_keys(master);
    const auto expected = crypto::hmac_sha256(index_key_.bytes(), {as_bytes(kKeyCheckPurpose)});
    if (!crypto::equal_constant_time(row.blob(1), expected))
      return Error{Errc::auth, "the key does not fit this store; they are of different profiles, or one was changed"};
  }
  return execute("PRAGMA journal_mode=WAL");
}

Result<void> Database::prepare(const char* sql, Statement& out) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  out.reset(raw);
  // A missing table or column is SQLITE_ERROR here: the file was changed by something else.
  if (code != SQLITE_OK) return sqlite_error(code == SQLITE_ERROR ? SQLITE_CORRUPT : code);
  return {};
}

Result<void> Database::copy_to(const std::string& path) {
  Statement copy;
  if (auto prepared = prepare("VACUUM INTO ?1", copy); !prepared) return prepared;
  INVARIANT(sqlite3_bind_text(copy.get(), 1, path.data(), static_cast<int>(path.size()), SQLITE_STATIC) == SQLITE_OK);
  return Query(copy).run();
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(code);
  return {};
}

Result<int64_t> Database::number(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr);
  const Statement statement(raw);
  if (code != SQLITE_OK) return sqlite_error(code);
  Query row(statement);
  const auto is_there = row.next();
  if (!is_there) return is_there.error();
  if (!*is_there) return sqlite_error(SQLITE_CORRUPT);
  return row.number(0);
}

// Deleted cells are zeros (secure_delete); what the write-ahead log still holds goes with it.
Result<void> Database::forget_deleted() {
  return execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

ByteVector seal_row(const crypto::Secret<32>& key, Bytes associated_data, Bytes plain, Rng& rng) {
  ByteVector row(sizeof(crypto::Nonce) + plain.size() + crypto::kTagBytes);
  Writer writer(row);
  const auto nonce = rng.array<sizeof(crypto::Nonce)>();
  writer.bytes(nonce);
  crypto::seal(key, {nonce, associated_data}, plain, writer.space(plain.size() + crypto::kTagBytes));
  return row;
}

Result<ByteVector> open_row(const crypto::Secret<32>& key, Bytes associated_data, Bytes row) {
  Reader reader(row);
  const auto nonce = reader.array<sizeof(crypto::Nonce)>();
  const Bytes body = reader.rest();
  if (body.size() < crypto::kTagBytes) return row_tampered();
  ByteVector plain(body.size() - crypto::kTagBytes);
  if (!crypto::open(key, {nonce, associated_data}, body, plain)) return row_tampered();
  return plain;
}

Error row_tampered() {
  return {Errc::auth, "a record of the store was changed by something else; restore a backup"};
}

}  // namespace farline::store
