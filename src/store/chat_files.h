// Blocks of chat's files (chat/file_store.h), in a SQLite file of their own beside the sealed database, so that a large
// file does not grow that one. Blocks are ciphertext whose key stands in a sealed entry of the other; they are bound to
// their place by the hash of the file. The file, and what it promises: store/database.h.
//
// Without the master key a reader of the disk sees how many files there are, how long, and which parts of them are
// here.
#pragma once

#include "chat/file_store.h"
#include "store/database.h"

namespace farline::store {

class ChatFiles final : public chat::FileStore {
 public:
  // As Database::open.
  static Result<std::unique_ptr<ChatFiles>> open(const std::string& path, const crypto::Secret<32>& master, Rng& rng);

  [[nodiscard]] Result<void> put(const chat::FileHash& file, std::span<const chat::FileBlock> blocks) override;
  Result<ByteVector> block(const chat::FileHash& file, chat::BlockPlace place) override;
  Result<std::vector<uint32_t>> held(const chat::FileHash& file, uint8_t level) override;
  Result<size_t> held_count(const chat::FileHash& file, uint8_t level) override;
  [[nodiscard]] Result<void> erase(const chat::FileHash& file) override;

 private:
  explicit ChatFiles(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  std::unique_ptr<Database> database_;
  Statement put_, block_, held_, count_, erase_;
};

}  // namespace farline::store
