#include "chat/compress.h"

#include <zstd.h>

#include <memory>

#include "chat/dictionary.h"

namespace farline::chat {
namespace {

constexpr uint8_t kPlain = 0;
constexpr uint8_t kDictionary1 = 1;
constexpr int kLevel = 19;  // batches are small: milliseconds, against seconds of link
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

}  // namespace farline::chat
