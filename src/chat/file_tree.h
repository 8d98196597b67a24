// A file as content-addressed blocks (docs/CHAT.md, Files). The content is cut every 8,176 bytes; each piece is sealed
// with ChaCha20-Poly1305 under the file's own key, its number the nonce, to a block of up to 8,192 bytes. The hashes of
// the blocks of one level, 32 bytes each, are the content of the next, cut every 8,192 bytes, until one block is left;
// the file's hash covers that one and the size. So every block is proven by itself, from the top downwards, by whoever
// knows the hash, and only who has the key can read it.
#pragma once

#include "chat/file_store.h"

namespace farline::chat {

inline constexpr size_t kBlockBytes = 8192;
inline constexpr size_t kBlockPlainBytes = kBlockBytes - 16;
inline constexpr size_t kHashesPerBlock = kBlockBytes / 32;

// Sizes of everything, of a file of `size` bytes, at most kFileBytesMax.
class FileShape {
 public:
  explicit FileShape(uint64_t size);
  uint8_t top() const { return static_cast<uint8_t>(level_bytes_.size() - 1); }
  // Of a level up to top().
  uint32_t blocks(uint8_t level) const;
  bool has(BlockPlace place) const { return place.level <= top() && place.index < blocks(place.level); }
  // Of a place that it has.
  size_t block_bytes(BlockPlace place) const;

 private:
  std::vector<uint64_t> level_bytes_;
};

using BlockHash = std::array<uint8_t, 32>;
BlockHash block_hash(BlockPlace place, Bytes block);
FileHash file_hash(uint64_t size, const BlockHash& top);

// `plain` is at most kBlockPlainBytes; a key is used for one file only.
ByteVector seal_block(const FileKey& key, uint32_t index, Bytes plain);
// Errc::auth
Result<ByteVector> open_block(const FileKey& key, uint32_t index, Bytes block);

// The hashes of `blocks`, in order, of one level as blocks of the next.
std::vector<FileBlock> blocks_above(uint8_t level, std::span<const BlockHash> hashes);

}  // namespace farline::chat
