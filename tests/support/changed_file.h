// A store's file as something else might have changed it. Input: places in the file and what stands there instead; no
// bytes: a length to cut it to.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"

namespace farline::testing {

inline std::string changed_by(Reader& in, std::string content) {
  while (in.remaining() > 0) {
    const size_t at = in.u24();
    const Bytes bytes = in.bytes(std::min<size_t>(in.u8(), in.remaining()));
    if (bytes.empty()) content.resize(at % content.size() + 1);
    for (size_t i = 0; i < bytes.size(); ++i) content[(at + i) % content.size()] = static_cast<char>(bytes[i]);
  }
  return content;
}

// As the only file of a database.
inline void write_database(const std::string& path, const std::string& content) {
  for (const char* beside : {"-wal", "-shm", "-journal"}) std::filesystem::remove(path + beside);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace farline::testing
