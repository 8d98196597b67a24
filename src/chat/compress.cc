#include "chat/compress.h"

#include <zstd.h>

#include <memory>

#include "chat/dictionary.h"

namespace farline::chat {
namespace {

constexpr uint8_t kPlain = 0;
constexpr uint8_t kDictionary1 = 1;
constexpr int kLevel = 19;  // batches are small: milliseconds, against seconds of link
constexpr size_t kBlockHeaderBytes = 3;
constexpr uint8_t kOneSegment = 0x20;  // of a frame's descriptor: no window, no checksum, no dictionary's number
constexpr uint8_t kNoSize = 0x00;      // a descriptor: a window and nothing else
constexpr uint8_t kWindow = 0x08;      // of 2 KiB, for at most kLineBytesMax
constexpr std::array<uint8_t, 4> kMagic = {0x28, 0xb5, 0x2f, 0xfd};

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// The whole frame with its magic number, or nothing when it does not fit into `frame`.
size_t compress_frame(Bytes plain, MutableBytes frame) {
  const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  if (!context) return 0;
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_dictIDFlag, 0);
  ZSTD_CCtx_loadDictionary(context.get(), dictionary_1().data(), dictionary_1().size());
  const size_t size = ZSTD_compress2(context.get(), frame.data(), frame.size(), plain.data(), plain.size());
  return ZSTD_isError(size) != 0 ? 0 : size;
}

// Of the only block of a frame (RFC 8878 section 3.1.1.2), compressed, with so many bytes.
std::array<uint8_t, kBlockHeaderBytes> block_header(size_t bytes) {
  const auto bits = static_cast<uint32_t>(bytes << 3U | 2U << 1U | 1U);
  return {static_cast<uint8_t>(bits), static_cast<uint8_t>(bits >> 8U), static_cast<uint8_t>(bits >> 16U)};
}

Error no_frame() {
  return {Errc::malformed, "a compressed chat batch is damaged"};
}

Result<ByteVector> decompress_frame(Bytes without_magic, size_t plain_bytes_max) {
  ByteVector frame(kMagic.begin(), kMagic.end());
  frame.insert(frame.end(), without_magic.begin(), without_magic.end());
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return no_frame();
  if (size > plain_bytes_max) return Error{Errc::limit, "a chat batch is longer than allowed"};
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return no_frame();
  ByteVector plain(static_cast<size_t>(size));
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  if (!context) return Error{Errc::io, "out of memory; close other programs"};
  const size_t done = ZSTD_decompress_usingDict(context.get(), plain.data(), plain.size(), frame.data(), frame.size(),
                                                dictionary_1().data(), dictionary_1().size());
  if (ZSTD_isError(done) != 0 || done != plain.size()) return no_frame();
  return plain;
}

}  // namespace

ByteVector compress(Bytes plain) {
  INVARIANT(plain.size() <= kCompressedPlainBytesMax);
  ByteVector out(kMagic.size() + plain.size() + 1);
  const size_t size = compress_frame(plain, out);
  if (size <= kMagic.size() || size - kMagic.size() >= plain.size()) {
    out.assign(1, kPlain);
    out.insert(out.end(), plain.begin(), plain.end());
    return out;
  }
  out.resize(size);
  out.erase(out.begin(), out.begin() + kMagic.size() - 1);
  out[0] = kDictionary1;
  return out;
}

Result<ByteVector> decompress(Bytes packed, size_t plain_bytes_max) {
  INVARIANT(plain_bytes_max <= kCompressedPlainBytesMax);
  Reader reader(packed);
  const uint8_t version = reader.u8();
  if (!reader.ok()) return no_frame();
  if (version == kDictionary1) return decompress_frame(reader.rest(), plain_bytes_max);
  if (version != kPlain) return Error{Errc::unsupported, "a newer Farline compressed this chat batch"};
  if (reader.remaining() > plain_bytes_max) return Error{Errc::limit, "a chat batch is longer than allowed"};
  return to_vector(reader.rest());
}

ByteVector compress_line(Bytes plain) {
  INVARIANT(plain.size() <= kLineBytesMax);
  ByteVector packed = compress(plain);
  if (packed[0] != kDictionary1 || packed.size() < 2) return {};
  // The descriptor says how many bytes the size of the content has (RFC 8878 section 3.1.1.1).
  const size_t block = 2 + (packed[1] >> 6U == 0 ? 1U : 2U) + kBlockHeaderBytes;
  if ((packed[1] & 0x3fU) != kOneSegment || packed.size() < block) return {};
  const auto header = block_header(packed.size() - block);
  const auto end = packed.begin() + static_cast<std::ptrdiff_t>(block);
  if (!std::equal(header.begin(), header.end(), end - kBlockHeaderBytes)) return {};
  packed.erase(packed.begin(), end);
  return packed;
}

Result<ByteVector> decompress_line(Bytes block, size_t plain_bytes_max) {
  INVARIANT(plain_bytes_max <= kLineBytesMax);
  if (block.empty() || block.size() > kLineBytesMax) return no_frame();
  ByteVector frame(kMagic.begin(), kMagic.end());
  frame.insert(frame.end(), {kNoSize, kWindow});
  const auto header = block_header(block.size());
  frame.insert(frame.end(), header.begin(), header.end());
  frame.insert(frame.end(), block.begin(), block.end());
  ByteVector plain(plain_bytes_max);
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  if (!context) return Error{Errc::io, "out of memory; close other programs"};
  const size_t done = ZSTD_decompress_usingDict(context.get(), plain.data(), plain.size(), frame.data(), frame.size(),
                                                dictionary_1().data(), dictionary_1().size());
  if (ZSTD_isError(done) != 0) return no_frame();
  plain.resize(done);
  return plain;
}

}  // namespace farline::chat
