// Saved records as a script of a fuzzer leaves them: genuine ones as they were, changed, cut, under another key or
// kind, twice; and made up.
#pragma once

#include <span>
#include <vector>

#include "base/core.h"

namespace farline::testing {

inline std::vector<SaveRecord> damaged_records(Reader& in, std::span<const SaveRecord> genuine) {
  constexpr size_t kRecordsMax = 100;
  const auto rest = [&](size_t length) { return to_vector(in.bytes(std::min(length, in.remaining()))); };
  const auto change = [&](ByteVector& bytes) {
    const size_t at = in.u16();
    const uint8_t mask = in.u8();
    if (!bytes.empty()) bytes[at % bytes.size()] ^= mask;
  };
  std::vector<SaveRecord> out;
  while (in.remaining() > 0 && out.size() < kRecordsMax) {
    const uint8_t what = in.u8() % 6;
    SaveRecord record = what < 5 ? genuine[in.u8() % genuine.size()] : SaveRecord{};
    switch (what) {
      case 1:
        change(record.key);
        break;
      case 2:
        change(record.value);
        break;
      case 3:
        record.value.resize(in.u16() % 1024);
        break;
      case 4:
        record.kind = in.u8();
        break;
      case 5: {
        record.kind = in.u8();
        record.key = rest(in.u8());
        record.value = rest(in.u16() % 1024);
        break;
      }
    }
    out.push_back(std::move(record));
  }
  return out;
}

}  // namespace farline::testing
