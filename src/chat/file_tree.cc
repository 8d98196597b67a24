#include "chat/file_tree.h"

#include "crypto/aead.h"
#include "crypto/hash.h"

namespace farline::chat {
namespace {

crypto::Nonce block_nonce(uint32_t index) {
  crypto::Nonce nonce{};
  Writer(MutableBytes(nonce).last(4)).u32(index);
  return nonce;
}

crypto::Secret<32> block_key(const FileKey& key) {
  return crypto::Secret<32>::copy_of(key);
}

}  // namespace

FileShape::FileShape(uint64_t size) {
  INVARIANT(size <= kFileBytesMax);
  const uint64_t pieces = std::max<uint64_t>(1, (size + kBlockPlainBytes - 1) / kBlockPlainBytes);
  level_bytes_.push_back(size + pieces * crypto::kTagBytes);
  while (level_bytes_.back() > kBlockBytes) level_bytes_.push_back(uint64_t{32} * blocks(top()));
}

uint32_t FileShape::blocks(uint8_t level) const {
  return static_cast<uint32_t>((level_bytes_[level] + kBlockBytes - 1) / kBlockBytes);
}

size_t FileShape::block_bytes(BlockPlace place) const {
  const uint64_t before = uint64_t{place.index} * kBlockBytes;
  return static_cast<size_t>(std::min<uint64_t>(kBlockBytes, level_bytes_[place.level] - before));
}

BlockHash block_hash(BlockPlace place, Bytes block) {
  std::array<uint8_t, 5> where{};
  Writer out(where);
  out.u8(place.level);
  out.u32(place.index);
  return crypto::sha256({as_bytes("farline chat block"), where, block});
}

FileHash file_hash(uint64_t size, const BlockHash& top) {
  std::array<uint8_t, 8> length{};
  Writer(length).u64(size);
  return crypto::sha256({as_bytes("farline chat file"), length, top});
}

ByteVector seal_block(const FileKey& key, uint32_t index, Bytes plain) {
  INVARIANT(plain.size() <= kBlockPlainBytes);
  ByteVector out(plain.size() + crypto::kTagBytes);
  crypto::seal(block_key(key), {block_nonce(index), {}}, plain, out);
  return out;
}

Result<ByteVector> open_block(const FileKey& key, uint32_t index, Bytes block) {
  if (block.size() < crypto::kTagBytes) return Error{Errc::auth, "a piece of the file is damaged"};
  ByteVector out(block.size() - crypto::kTagBytes);
  const auto size = crypto::open(block_key(key), {block_nonce(index), {}}, block, out);
  if (!size) return size.error();
  return out;
}

std::vector<FileBlock> blocks_above(uint8_t level, std::span<const BlockHash> hashes) {
  std::vector<FileBlock> out;
  for (size_t first = 0; first < hashes.size(); first += kHashesPerBlock) {
    const auto some = hashes.subspan(first, std::min(kHashesPerBlock, hashes.size() - first));
    FileBlock block{{static_cast<uint8_t>(level + 1), static_cast<uint32_t>(out.size())}, {}};
    for (const BlockHash& hash : some) block.bytes.insert(block.bytes.end(), hash.begin(), hash.end());
    out.push_back(std::move(block));
  }
  return out;
}

}  // namespace farline::chat
