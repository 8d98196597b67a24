#include "stream/stream_sender.h"

#include <algorithm>

#include "base/check.h"

namespace farline::stream {
namespace {

constexpr uint64_t kReordering = 3;

bool covers(const wire::StreamAck& ack, const wire::StreamRange& range) {
  if (range.end <= ack.until) return true;
  return std::ranges::any_of(ack.list(),
                             [&](const auto& come) { return come.begin <= range.begin && range.end <= come.end; });
}

}  // namespace

bool StreamSender::wants_to_send(Time now) {
  if (!under_way_.empty() && now - std::max(progress_, under_way_.front().sent) >= patience_) {
    send_again(under_way_.size());
    progress_ = now;
  }
  return under_way_.size() < kUnderWayMax && (!again_.empty() || fresh_ < length_);
}

void StreamSender::send_again(size_t count) {
  for (size_t i = 0; i < count; ++i) again_.push_back(under_way_[i].range);
  under_way_.erase(under_way_.begin(), under_way_.begin() + static_cast<std::ptrdiff_t>(count));
}

wire::StreamPiece StreamSender::next(Time now, size_t bytes_max) {
  INVARIANT(bytes_max > 0 && (!again_.empty() || fresh_ < length_));
  wire::StreamRange range{fresh_, length_};
  if (!again_.empty()) range = again_.front();
  if (range.size() > bytes_max) range.end = range.begin + static_cast<uint32_t>(bytes_max);
  if (again_.empty()) {
    fresh_ = range.end;
  } else {
    again_.front().begin = range.end;
    if (again_.front().size() == 0) again_.pop_front();
  }
  under_way_.push_back({range, order_++, now});
  piece_.resize(range.size());
  source_(range.begin, piece_);
  return {.offset = range.begin, .is_last = range.end == length_, .bytes = piece_};
}

void StreamSender::handle_ack(Time now, const wire::StreamAck& ack) {
  if (ack.until > fresh_) return;  // nobody can have that yet
  uint64_t newest = 0;
  const size_t before = under_way_.size();
  std::erase_if(under_way_, [&](const UnderWay& piece) {
    if (!covers(ack, piece.range)) return false;
    newest = std::max(newest, piece.order);
    return true;
  });
  std::erase_if(again_, [&](const wire::StreamRange& range) { return covers(ack, range); });
  if (under_way_.size() != before || ack.until > acknowledged_) progress_ = now;
  acknowledged_ = std::max(acknowledged_, ack.until);
  size_t lost = 0;
  while (lost < under_way_.size() && under_way_[lost].order + kReordering <= newest) ++lost;
  send_again(lost);
}

}  // namespace farline::stream
