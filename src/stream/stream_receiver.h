// The receiving half of a data stream: hands on each byte once, in whatever order the pieces come, and says what to
// acknowledge. Memory is bounded: beyond kRangesMax gaps a piece is dropped, and sent again later.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/time.h"
#include "wire/stream_payload.h"

namespace farline::stream {

class StreamReceiver {
 public:
  static constexpr size_t kRangesMax = 64;
  using Sink = std::function<void(uint32_t offset, Bytes bytes)>;

  explicit StreamReceiver(Sink sink) : sink_(std::move(sink)) {}

  void handle(const wire::StreamPiece& piece);
  // Something has come since the last one.
  bool has_news() const { return has_news_; }
  wire::StreamAck ack();

  uint32_t received() const { return received_; }  // bytes, each once
  bool is_complete() const { return length_ && received_ == *length_; }

 private:
  Sink sink_;
  std::vector<wire::StreamRange> ranges_;  // in order, not touching
  std::optional<uint32_t> length_;
  uint32_t received_ = 0;
  bool has_news_ = false;
};

}  // namespace farline::stream
