// Records of a core on disk (SQLite): durable when save() returns, sealed row by row, all of one call or none.
//
// Each row is sealed with ChaCha20-Poly1305 under a key derived (HKDF, RFC 5869) from the master key and the store's
// random generation; the associated data is kind, row key and generation, so a row cannot be moved to another place or
// store. The row key is an HMAC of the record's key; the true key is inside the sealed value. What a reader of the disk
// still sees: how many records of each kind, how long, and which rows change. Somebody who may write to the disk can
// put an old file back: that is not detected here.
//
// One process at a time (the caller holds the profile's lock). WAL with synchronous=FULL; the log is kept to about
// 1 MiB, the page cache to 256 KiB. All calls block.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/core.h"
#include "base/rng.h"
#include "crypto/keys.h"

struct sqlite3;
struct sqlite3_stmt;

namespace farline::store {

inline constexpr size_t kRecordKeyBytesMax = 1024;
inline constexpr size_t kRecordValueBytesMax = 1024 * 1024;

class RecordStore : public RecordSink {
 public:
  // Creates the file when it is missing. Errc::auth: another master key made it. Errc::unsupported: a newer program
  // did. Errc::malformed: damaged, or not a store. Nothing is ever overwritten or repaired on the way. `rng` outlives
  // the store.
  static Result<std::unique_ptr<RecordStore>> open(const std::string& path, const crypto::Secret<32>& master, Rng& rng);
  ~RecordStore() override;

  Result<void> save(std::span<const SaveRecord> records) override;
  // In order of key. Errc::auth when a row was tampered with.
  Result<std::vector<SaveRecord>> load(uint8_t kind);

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

  explicit RecordStore(Rng& rng) : rng_(rng) {}
  Result<void> open_database(const std::string& path);
  Result<void> check_version();
  Result<void> create(const crypto::Secret<32>& master);
  Result<void> unlock(const crypto::Secret<32>& master);
  void derive_keys(const crypto::Secret<32>& master);
  Result<void> prepare();
  Result<void> execute(const char* sql);
  Result<int64_t> number(const char* sql);
  Result<void> write(const SaveRecord& record);
  std::array<uint8_t, 16> row_key(uint8_t kind, Bytes key) const;
  Result<SaveRecord> unseal(uint8_t kind, Bytes row_key, Bytes sealed) const;

  Rng& rng_;
  std::array<uint8_t, 16> generation_{};
  crypto::Secret<32> seal_key_;
  crypto::Secret<32> index_key_;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  Statement replace_, erase_, select_;  // after database_: finalised before it closes
};

}  // namespace farline::store
