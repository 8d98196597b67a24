#include "app/patient_store.h"

#include <vector>

namespace farline::app {

Result<void> PatientStore::save(std::span<const SaveRecord> records) {
  if (is_keeping()) {
    keep(records);
    return {};
  }
  const auto saved = disk_.save(records);
  if (!saved && saved.error().code == Errc::io) keep(records);
  return saved;
}

void PatientStore::keep(std::span<const SaveRecord> records) {
  for (const SaveRecord& record : records) kept_[{record.kind, record.key}] = record.value;
  delayed_ += records.size();
}

Result<void> PatientStore::retry() {
  std::vector<SaveRecord> records;
  for (const auto& [name, value] : kept_) records.push_back({name.first, name.second, value});
  const auto saved = disk_.save(records);
  if (saved) kept_.clear();
  return saved;
}

}  // namespace farline::app
