// Where the blocks of files lie that are sent or fetched (chat/file_tree.h). They are ciphertext and hashes of
// ciphertext: without the key in the entry that names the file they say nothing. store/chat_files.h keeps them beside
// the sealed database.
//
// All calls block; one thread. Errc::io when the disk refuses.
#pragma once

#include <span>
#include <vector>

#include "chat/body.h"

namespace farline::chat {

struct BlockPlace {
  uint8_t level = 0;  // 0: the content; above it hashes of the blocks of the level below
  uint32_t index = 0;
  friend auto operator<=>(const BlockPlace&, const BlockPlace&) = default;
};
struct FileBlock {
  BlockPlace place;
  ByteVector bytes;
};

class FileStore {
 public:
  virtual ~FileStore() = default;
  // All of them or none, durable when it returns. One that is there already is replaced.
  [[nodiscard]] virtual Result<void> put(const FileHash& file, std::span<const FileBlock> blocks) = 0;
  // Errc::not_found when it is not there.
  virtual Result<ByteVector> block(const FileHash& file, BlockPlace place) = 0;
  // The indices of the blocks of one level that are there, ascending.
  virtual Result<std::vector<uint32_t>> held(const FileHash& file, uint8_t level) = 0;
  virtual Result<size_t> held_count(const FileHash& file, uint8_t level) = 0;
  [[nodiscard]] virtual Result<void> erase(const FileHash& file) = 0;
};

}  // namespace farline::chat
