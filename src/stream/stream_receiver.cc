#include "stream/stream_receiver.h"

#include <algorithm>

namespace farline::stream {

void StreamReceiver::handle(const wire::StreamPiece& piece) {
  const wire::StreamRange range{piece.offset, piece.offset + static_cast<uint32_t>(piece.bytes.size())};
  has_news_ = true;  // one that came twice says that its acknowledgement was lost
  if (length_ && range.end > *length_) return;
  if (piece.is_last && (length_ || (!ranges_.empty() && ranges_.back().end > range.end))) {
    if (!length_ || *length_ != range.end) return;
  }
  // Those it touches become one with it.
  auto first = std::ranges::find_if(ranges_, [&](const auto& known) { return known.end >= range.begin; });
  auto last = std::find_if(first, ranges_.end(), [&](const auto& known) { return known.begin > range.end; });
  if (first == last && ranges_.size() >= kRangesMax) return;
  if (piece.is_last) length_ = range.end;
  wire::StreamRange joined = range;
  uint32_t position = range.begin;
  const auto hand_on = [&](uint32_t until) {
    if (until <= position) return;
    received_ += until - position;
    sink_(position, piece.bytes.subspan(position - range.begin, until - position));
  };
  for (auto known = first; known != last; ++known) {
    hand_on(std::min(known->begin, range.end));
    position = std::max(position, known->end);
    joined = {std::min(joined.begin, known->begin), std::max(joined.end, known->end)};
  }
  hand_on(range.end);
  ranges_.insert(ranges_.erase(first, last), joined);
}

wire::StreamAck StreamReceiver::ack() {
  has_news_ = false;
  wire::StreamAck ack;
  for (const wire::StreamRange& range : ranges_) {
    if (range.begin == 0)
      ack.until = range.end;
    else if (ack.range_count < ack.ranges.size())
      ack.ranges[ack.range_count++] = range;
  }
  return ack;
}

}  // namespace farline::stream
