#include "voice/jitter_buffer.h"

#include <algorithm>

namespace farline::voice {
namespace {

constexpr int64_t kCopyFrameUnits = wire::codec2_frame(wire::VoiceCodec::codec2_700c).units;
static_assert(kCopyFrameUnits == wire::codec2_frame(wire::VoiceCodec::codec2_1200).units);

struct Span {
  int64_t start;
  int64_t end;
};
Span span_of(const wire::VoiceCopy& copy, int64_t unit) {
  const int64_t start = unit - copy.units_back;
  return {start, start + copy.frame_count * kCopyFrameUnits};
}

}  // namespace

bool JitterBuffer::insert(int64_t unit, Bytes payload) {
  Packet packet{to_vector(payload), {}};
  packet.payload = *wire::decode_voice_payload(packet.bytes);
  const auto held = packets_.find(unit);
  if (held != packets_.end()) {
    if (!held->second.payload.header.silence || packet.payload.header.silence) return false;
    packets_.erase(held);  // speech began where silence did
  }
  if (packets_.size() == kPacketsMax) packets_.erase(packets_.begin());
  const int64_t end = unit + packet.payload.units();
  end_ = packets_.empty() ? end : std::max(end_, end);
  packets_.emplace(unit, std::move(packet));
  return true;
}

std::optional<JitterBuffer::Frame> JitterBuffer::next(int64_t from) const {
  for (const auto& [unit, packet] : packets_) {
    if (packet.payload.header.silence) continue;
    const int64_t passed = std::max<int64_t>(0, from - unit);
    const int64_t index = (passed + packet.payload.frame_units - 1) / packet.payload.frame_units;
    if (index < packet.payload.frame_count)
      return Frame{&packet.payload, static_cast<size_t>(index), unit + index * packet.payload.frame_units};
  }
  return std::nullopt;
}

std::optional<JitterBuffer::CopiedFrame> JitterBuffer::copied(int64_t at) const {
  for (const auto& [unit, packet] : packets_) {
    if (!packet.payload.copy) continue;
    const Span span = span_of(*packet.payload.copy, unit);
    if (at < span.start || at >= span.end) continue;
    const auto index = static_cast<size_t>((at - span.start) / kCopyFrameUnits);
    const int64_t start = span.start + static_cast<int64_t>(index) * kCopyFrameUnits;
    const auto received = next(at);
    return CopiedFrame{.copy = &*packet.payload.copy,
                       .index = index,
                       .unit = start,
                       .is_last = index + 1 == packet.payload.copy->frame_count ||
                                  (received && received->unit <= start + kCopyFrameUnits)};
  }
  return std::nullopt;
}

std::optional<uint8_t> JitterBuffer::silence(int64_t unit) const {
  const auto after = packets_.upper_bound(unit);
  if (after == packets_.begin()) return std::nullopt;
  return std::prev(after)->second.payload.header.silence;
}

std::optional<int64_t> JitterBuffer::known_from(int64_t from) const {
  if (silence(from)) return from;
  std::optional<int64_t> first;
  const auto consider = [&](int64_t unit) { first = first ? std::min(*first, unit) : unit; };
  if (const auto frame = next(from)) consider(frame->unit);
  for (const auto& [unit, packet] : packets_) {
    if (packet.payload.header.silence && unit >= from) consider(unit);
    if (!packet.payload.copy) continue;
    const Span span = span_of(*packet.payload.copy, unit);
    if (span.end > from) consider(std::max(from, span.start));
  }
  return first;
}

void JitterBuffer::drop_before(int64_t unit) {
  for (auto at = packets_.begin(); at != packets_.end() && at->first <= unit;) {
    const auto next = std::next(at);
    const wire::VoicePayload& payload = at->second.payload;
    const bool over =
        payload.header.silence ? next != packets_.end() && next->first <= unit : at->first + payload.units() <= unit;
    at = over ? packets_.erase(at) : next;
  }
}

}  // namespace farline::voice
