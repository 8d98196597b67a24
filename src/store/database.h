// A SQLite file whose rows are sealed: how every store of ours opens it, what it believes of it, and how rows are
// sealed.
//
// Rows are sealed with ChaCha20-Poly1305 under a key derived (HKDF, RFC 5869) from the master key and the file's random
// generation; what a row is bound to stands in its associated data, the generation among it, so no row can be moved to
// another place or file. Somebody who may write to the disk can put an old file back: that is not detected here.
//
// One process at a time (the caller holds the profile's lock). WAL with synchronous=FULL; the log is kept to about
// 1 MiB, the page cache to 256 KiB; what is deleted is overwritten with zeros. All calls block.
#pragma once

#include <memory>
#include <string>

#include "base/rng.h"
#include "crypto/keys.h"

struct sqlite3;
struct sqlite3_stmt;

namespace farline::store {

using Generation = std::array<uint8_t, 16>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const;
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// One use of a statement: bound in order, read row by row; afterwards the statement is ready for its next use. Bytes
// that are bound outlive the Query.
class Query {
 public:
  explicit Query(const Statement& statement) : statement_(statement.get()) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(int64_t number);
  Query& bind(Bytes bytes);
  Query& bind_null();
  // Whether there is another row.
  Result<bool> next();
  // For statements that give no rows.
  Result<void> run();
  // Of the row; a blob lives until next().
  int64_t number(int column) const;
  Bytes blob(int column) const;
  bool is_null(int column) const;

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

class Database {
 public:
  struct Format {
    int64_t application_id;
    const char* schema;  // creates the tables
  };
  // Creates the file when it is missing. Errc::auth: another master key made it. Errc::unsupported: a newer program
  // did. Errc::malformed: damaged, or no file of this format. Nothing is ever overwritten or repaired on the way. `rng`
  // outlives it.
  static Result<std::unique_ptr<Database>> open(const std::string& path, const crypto::Secret<32>& master,
                                                const Format& format, Rng& rng);

  // Errc::malformed when the tables are not as they were made.
  Result<void> prepare(const char* sql, Statement& out);
  Result<void> execute(const char* sql);
  // All of what `write` does, durable when this returns, or nothing.
  template <typename Write>
  Result<void> transaction(Write write) {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    Result<void> done = write();
    if (done) done = execute("COMMIT");
    // After some errors SQLite has rolled back by itself; then this one has nothing to do.
    if (!done) (void)execute("ROLLBACK");
    return done;
  }
  // No copy of what was deleted or replaced stays in the file or beside it.
  Result<void> forget_deleted();

  // What it holds now, into an empty or missing file that is private already; the copy opens with the same master key.
  Result<void> copy_to(const std::string& path);

  const Generation& generation() const { return generation_; }
  const crypto::Secret<32>& seal_key() const { return seal_key_; }
  const crypto::Secret<32>& index_key() const { return index_key_; }  // for names that tell nothing
  Rng& rng() { return rng_; }

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  Database(const Format& format, Rng& rng) : format_(format), rng_(rng) {}
  Result<void> open_file(const std::string& path);
  Result<void> check_version();
  Result<void> create(const crypto::Secret<32>& master);
  Result<void> unlock(const crypto::Secret<32>& master);
  void derive_keys(const crypto::Secret<32>& master);
  Result<int64_t> number(const char* sql);

  Format format_;
  Rng& rng_;
  Generation generation_{};
  crypto::Secret<32> seal_key_;
  crypto::Secret<32> index_key_;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
};

// nonce, ciphertext, tag
ByteVector seal_row(const crypto::Secret<32>& key, Bytes associated_data, Bytes plain, Rng& rng);
// Errc::auth
Result<ByteVector> open_row(const crypto::Secret<32>& key, Bytes associated_data, Bytes row);
Error row_tampered();

}  // namespace farline::store
