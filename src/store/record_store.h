// Records of a core on disk: durable when save() returns, sealed row by row, all of one call or none. The file and what
// it promises: store/database.h; the rows: store/record_table.h.
#pragma once

#include "store/record_table.h"

namespace farline::store {

class RecordStore : public RecordSink {
 public:
  // As Database::open.
  static Result<std::unique_ptr<RecordStore>> open(const std::string& path, const crypto::Secret<32>& master, Rng& rng);

  Result<void> save(std::span<const SaveRecord> records) override;
  // In order of key. Errc::auth when a row was tampered with.
  Result<std::vector<SaveRecord>> load(uint8_t kind) { return records_.load(kind); }
  // The value of one record. Errc::not_found: there is none; auth: it was tampered with.
  Result<ByteVector> find(uint8_t kind, Bytes key) { return records_.find(kind, key); }
  // As Database::copy_to.
  Result<void> copy_to(const std::string& path) { return database_->copy_to(path); }

 private:
  explicit RecordStore(std::unique_ptr<Database> database) : database_(std::move(database)), records_(*database_) {}

  std::unique_ptr<Database> database_;
  RecordTable records_;  // after database_: its statements end before it closes
};

}  // namespace farline::store
