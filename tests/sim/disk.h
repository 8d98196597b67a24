// A machine's disk: the records a core saved, in the order of their keys. What was saved survives everything; what was
// not saved when the power went is gone.
#pragma once

#include <map>
#include <utility>

#include "base/core.h"

namespace farline::sim {

class Disk {
 public:
  void save(const SaveRecord& record) {
    const auto key = std::make_pair(record.kind, record.key);
    if (record.value.empty())
      records_.erase(key);
    else
      records_[key] = record.value;
  }
  // `load` is called with every record.
  template <typename Load>
  void read(Load load) const {
    for (const auto& [key, value] : records_) load(SaveRecord{key.first, key.second, value});
  }
  size_t size() const { return records_.size(); }
  size_t bytes() const {
    size_t total = 0;
    for (const auto& [key, value] : records_) total += key.second.size() + value.size();
    return total;
  }

 private:
  std::map<std::pair<uint8_t, ByteVector>, ByteVector> records_;
};

}  // namespace farline::sim
