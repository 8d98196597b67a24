// The sending half of a data stream in a call: cuts it into pieces of whatever size fits now, remembers what is under
// way, and sends again what the acknowledgements leave out. When and how fast a piece may leave is not decided here
// (path/background_rate.h).
//
// A piece is lost when one sent three pieces later has come (RFC 9002 section 6.1.1), or nothing has for `patience`.
// Memory is bounded: kUnderWayMax pieces.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/time.h"
#include "wire/stream_payload.h"

namespace farline::stream {

class StreamSender {
 public:
  static constexpr size_t kUnderWayMax = 256;
  // Fills `out` with the stream's bytes from `offset` on: the same ones each time it is asked.
  using Source = std::function<void(uint32_t offset, MutableBytes out)>;

  // `length` is at least 1.
  StreamSender(uint32_t length, Source source) : length_(length), source_(std::move(source)) {}

  // How long to wait for any acknowledgement before sending the oldest pieces again.
  void set_patience(Duration patience) { patience_ = patience; }
  bool wants_to_send(Time now);
  // The next piece, of at most `bytes_max` bytes. REQUIRES wants_to_send. Its bytes are good until the next call.
  wire::StreamPiece next(Time now, size_t bytes_max);
  void handle_ack(Time now, const wire::StreamAck& ack);

  uint32_t acknowledged() const { return acknowledged_; }
  bool is_done() const { return acknowledged_ == length_; }

 private:
  struct UnderWay {
    wire::StreamRange range;
    uint64_t order = 0;
    Time sent{};
  };
  void send_again(size_t count);

  uint32_t length_;
  Source source_;
  Duration patience_ = std::chrono::seconds(15);
  uint32_t fresh_ = 0;  // never sent from here on
  uint32_t acknowledged_ = 0;
  uint64_t order_ = 0;
  std::deque<UnderWay> under_way_;  // in the order sent
  std::deque<wire::StreamRange> again_;
  Time progress_{};  // an acknowledgement said something new
  ByteVector piece_;
};

}  // namespace farline::stream
