// Small sealed values by kind and key: a table of a Database. The row key is an HMAC of the record's key; the true key
// is inside the sealed value. What a reader of the disk still sees: how many records of each kind, how long, and which
// rows change.
#pragma once

#include <vector>

#include "base/core.h"
#include "store/database.h"

namespace farline::store {

inline constexpr size_t kRecordKeyBytesMax = 1024;
inline constexpr size_t kRecordValueBytesMax = 1024 * 1024;

class RecordTable {
 public:
  static constexpr const char* kSchema =
      "CREATE TABLE record(kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(kind, key))"
      " WITHOUT ROWID;";

  // `database` outlives it.
  explicit RecordTable(Database& database) : database_(database) {}
  Result<void> prepare();

  // Inside a transaction of the database. An empty value erases.
  Result<void> write(const SaveRecord& record);
  // In order of key. Errc::auth when a row was tampered with.
  Result<std::vector<SaveRecord>> load(uint8_t kind);
  // Errc::not_found
  Result<ByteVector> find(uint8_t kind, Bytes key);

 private:
  using RowKey = std::array<uint8_t, 16>;
  RowKey row_key(uint8_t kind, Bytes key) const;
  Result<SaveRecord> unseal(uint8_t kind, Bytes row_key, Bytes sealed) const;

  Database& database_;
  Statement replace_, erase_, select_, find_;
};

}  // namespace farline::store
