#include "policy/delta.h"

#include <zlib.h>

namespace farline::policy {
namespace {

constexpr int kRaw = -15;  // no header, no checksum: signatures do that; the window of 32 KiB
constexpr int kMemory = 9;

void give(z_stream& stream, Bytes in) {
  stream.next_in = const_cast<Bytef*>(in.data());  // zlib does not write there
  stream.avail_in = static_cast<uInt>(in.size());
}
void take(z_stream& stream, MutableBytes out) {
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
}

}  // namespace

ByteVector make_delta(Bytes base, Bytes target) {
  INVARIANT(base.size() <= kBundleBytesMax && target.size() <= kBundleBytesMax);
  z_stream stream{};
  INVARIANT(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) == Z_OK);
  if (!base.empty()) INVARIANT(deflateSetDictionary(&stream, base.data(), static_cast<uInt>(base.size())) == Z_OK);
  ByteVector out(deflateBound(&stream, static_cast<uLong>(target.size())));
  give(stream, target);
  take(stream, out);
  INVARIANT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<ByteVector> apply_delta(Bytes base, Bytes delta) {
  INVARIANT(base.size() <= kBundleBytesMax);
  z_stream stream{};
  INVARIANT(inflateInit2(&stream, kRaw) == Z_OK);
  if (!base.empty()) INVARIANT(inflateSetDictionary(&stream, base.data(), static_cast<uInt>(base.size())) == Z_OK);
  ByteVector out(kBundleBytesMax);
  give(stream, delta);
  take(stream, out);
  const int end = inflate(&stream, Z_FINISH);
  const bool is_full = stream.avail_out == 0;
  const size_t left = stream.avail_in;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (end != Z_STREAM_END)
    return is_full ? Error{Errc::limit, "policy is larger than 128 KiB"} : Error{Errc::malformed, "is no difference"};
  if (left != 0) return Error{Errc::malformed, "bytes after the end of a difference"};
  return out;
}

}  // namespace farline::policy
