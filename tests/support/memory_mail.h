// A node's store of mail, in memory: what a disk would keep, and a disk that refuses.
#pragma once

#include <map>

#include "supernode/mail_store.h"

namespace farline::testing {

class MemoryMail final : public supernode::MailStore {
 public:
  Result<void> save(std::span<const SaveRecord> records) override {
    ++commits;
    if (is_full) return Error{Errc::io, "the disk is full"};
    for (const SaveRecord& record : records) {
      if (record.value.empty())
        records_.erase({record.kind, record.key});
      else
        records_[{record.kind, record.key}] = record.value;
    }
    return {};
  }
  Result<ByteVector> find(uint8_t kind, Bytes key) override {
    const auto found = records_.find({kind, to_vector(key)});
    if (found == records_.end()) return Error{Errc::not_found, "no such record"};
    return found->second;
  }
  template <typename Load>
  void read(Load load) const {
    for (const auto& [key, value] : records_) load(SaveRecord{key.first, key.second, value});
  }
  size_t size() const { return records_.size(); }

  bool is_full = false;
  uint64_t commits = 0;

 private:
  std::map<std::pair<uint8_t, ByteVector>, ByteVector> records_;
};

}  // namespace farline::testing
