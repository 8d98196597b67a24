#include "store/record_store.h"

namespace farline::store {
namespace {

constexpr Database::Format kRecordFile{.application_id = 0x464c5253, .schema = RecordTable::kSchema};  // "FLRS"

}  // namespace

Result<std::unique_ptr<RecordStore>> RecordStore::open(const std::string& path, const crypto::Secret<32>& master,
                                                       Rng& rng) {
  auto database = Database::open(path, master, kRecordFile, rng);
  if (!database) return database.error();
  std::unique_ptr<RecordStore> store(new RecordStore(std::move(*database)));
  if (auto ready = store->records_.prepare(); !ready) return ready.error();
  return store;
}

Result<void> RecordStore::save(std::span<const SaveRecord> records) {
  if (records.empty()) return {};
  return database_->transaction([&]() -> Result<void> {
    for (const SaveRecord& record : records) {
      if (auto done = records_.write(record); !done) return done;
    }
    return {};
  });
}

}  // namespace farline::store
