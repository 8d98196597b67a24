#include "wire/stream_payload.h"

namespace farline::wire {
namespace {

constexpr unsigned kStreamId = 14;
constexpr unsigned kReportFollows = 4;
constexpr unsigned kEndsHere = 2;
constexpr unsigned kIsAck = 1;

Result<StreamAck> read_ack(Reader& reader) {
  StreamAck ack;
  ack.until = reader.u32();
  uint32_t known = ack.until;
  while (reader.ok() && reader.remaining() > 0) {
    if (ack.range_count == ack.ranges.size()) return Error{Errc::limit, "too many ranges"};
    const StreamRange range{reader.u32(), reader.u32()};
    if (!reader.ok()) break;
    if (range.begin <= known || range.end <= range.begin) return Error{Errc::malformed, "ranges not in order"};
    known = range.end;
    ack.ranges[ack.range_count++] = range;
  }
  if (!reader.ok()) return Error{Errc::truncated, "acknowledgement ends too early"};
  return ack;
}

Result<StreamPiece> read_piece(Reader& reader) {
  StreamPiece piece;
  piece.offset = reader.u32();
  piece.bytes = reader.rest();
  if (!reader.ok() || piece.bytes.empty()) return Error{Errc::truncated, "nothing of the stream"};
  if (piece.bytes.size() > UINT32_MAX - piece.offset) return Error{Errc::limit, "stream too long"};
  return piece;
}

}  // namespace

bool is_stream_payload(Bytes payload) {
  return !payload.empty() && payload[0] >> 4 == kStreamId;
}

Result<StreamPayload> decode_stream_payload(Bytes bytes) {
  if (!is_stream_payload(bytes)) return Error{Errc::unsupported, "not a stream"};
  if (bytes.size() > kVoicePayloadBytesMax) return Error{Errc::limit, "stream payload too long"};
  Reader reader(bytes);
  StreamPayload payload;
  const uint8_t flags = reader.u8() & 15;
  if ((flags & ~(kReportFollows | kEndsHere | kIsAck)) != 0 || (flags & (kEndsHere | kIsAck)) == 3)
    return Error{Errc::malformed, "flags that do not go together"};
  if ((flags & kReportFollows) != 0) payload.report = read_report(reader);
  if (!reader.ok()) return Error{Errc::truncated, "stream payload ends in its report"};
  if ((flags & kIsAck) != 0) {
    const auto ack = read_ack(reader);
    if (!ack) return ack.error();
    payload.ack = *ack;
    return payload;
  }
  const auto piece = read_piece(reader);
  if (!piece) return piece.error();
  payload.piece = *piece;
  payload.piece.is_last = (flags & kEndsHere) != 0;
  return payload;
}

size_t encode_stream_payload(const StreamPayload& payload, MutableBytes out) {
  Writer writer(out);
  const bool is_last = !payload.ack && payload.piece.is_last;
  const unsigned flags =
      (payload.report ? kReportFollows : 0U) | (is_last ? kEndsHere : 0U) | (payload.ack ? kIsAck : 0U);
  writer.u8(static_cast<uint8_t>(kStreamId << 4 | flags));
  if (payload.report) write_report(*payload.report, writer);
  if (payload.ack) {
    writer.u32(payload.ack->until);
    for (const StreamRange& range : payload.ack->list()) {
      writer.u32(range.begin);
      writer.u32(range.end);
    }
    return writer.size();
  }
  INVARIANT(!payload.piece.bytes.empty());
  writer.u32(payload.piece.offset);
  writer.bytes(payload.piece.bytes);
  return writer.size();
}

}  // namespace farline::wire
