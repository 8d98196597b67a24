// What one media packet carries of a data stream: a piece of it, or an acknowledgement (docs/PROTOCOL.md section 5.1).
// Streams travel in a call, behind its voice; a stream is at most 4 GiB and there is one each way at a time.
//
// Refused: nothing in it, a piece that goes beyond 2^32, ranges that touch, overlap or are not in order. One payload
// has one encoding.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "wire/voice_payload.h"

namespace farline::wire {

// Bytes [begin, end) of a stream.
struct StreamRange {
  uint32_t begin = 0;
  uint32_t end = 0;

  uint32_t size() const { return end - begin; }
  friend bool operator==(const StreamRange&, const StreamRange&) = default;
};

struct StreamPiece {
  uint32_t offset = 0;
  bool is_last = false;  // the stream ends behind it
  Bytes bytes;
};

inline constexpr size_t kStreamAckRangesMax = 8;
struct StreamAck {
  uint32_t until = 0;  // all before has come
  size_t range_count = 0;
  std::array<StreamRange, kStreamAckRangesMax> ranges{};  // the first ones that have come beyond it

  std::span<const StreamRange> list() const { return std::span(ranges).first(range_count); }
};

struct StreamPayload {
  std::optional<VoiceReport> report;
  std::optional<StreamAck> ack;  // else `piece`
  StreamPiece piece;
};

// Whether a media payload belongs to a stream, not to the voice.
bool is_stream_payload(Bytes payload);
Result<StreamPayload> decode_stream_payload(Bytes payload);
// Writes the payload and returns its bytes.
size_t encode_stream_payload(const StreamPayload& payload, MutableBytes out);

inline constexpr size_t kStreamPieceOverhead = 1 + kVoiceReportBytes + 4;

}  // namespace farline::wire
