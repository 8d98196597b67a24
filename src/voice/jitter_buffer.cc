#include "voice/jitter_buffer.h"

#include <algorithm>

namespace farline::voice {
bool JitterBuffer::insert(int64_t unit, Bytes payload) {
  if (packets_.contains(unit)) return false;
  if (packets_.size() == kPacketsMax) packets_.erase(packets_.begin());
  Packet packet{to_vector(payload), {}};
  packet.payload = *wire::decode_voice_payload(packet.bytes);
  const int64_t end = unit + packet.payload.units();
  end_ = packets_.empty() ? end : std::max(end_, end);
  packets_.emplace(unit, std::move(packet));
  return true;
}

std::optional<JitterBuffer::Frame> JitterBuffer::next(int64_t from) const {
  for (const auto& [unit, packet] : packets_) {
    const int64_t passed = std::max<int64_t>(0, from - unit);
    const int64_t index = (passed + packet.payload.frame_units - 1) / packet.payload.frame_units;
    if (index < packet.payload.frame_count)
      return Frame{&packet.payload, static_cast<size_t>(index), unit + index * packet.payload.frame_units};
  }
  return std::nullopt;
}

void JitterBuffer::drop_before(int64_t unit) {
  std::erase_if(packets_, [unit](const auto& held) { return held.first + held.second.payload.units() <= unit; });
}

}  // namespace farline::voice
