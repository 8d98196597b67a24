#include "voice/copy_history.h"

namespace farline::voice {
namespace {

constexpr int64_t kFrameUnits = kCopyFrameMs / wire::kVoiceUnitMs;

}  // namespace

void CopyHistory::clear() {
  encoder_.reset();
  pcm_.clear();
  frames_.clear();
  starts_.clear();
}

std::optional<CopyHistory::Copy> CopyHistory::start_packet(int64_t unit, const Rung& rung, size_t offset) {
  if (rung.copy != codec_ || !pcm_.empty() || (!starts_.empty() && next_unit_ != unit)) clear();
  codec_ = rung.copy;
  if (!codec_) return std::nullopt;
  if (rung.codec == *codec_)
    encoder_.reset();
  else if (!encoder_)
    encoder_ = codecs_.encoder({.name = {},
                                .codec = *codec_,
                                .codec_bps = 0,
                                .ptime_ms = kCopyFrameMs,
                                .frame_ms = kCopyFrameMs,
                                .frames_bytes = 0,
                                .copy = {},
                                .quality_permille = {}});
  next_unit_ = unit;
  if (starts_.empty() || starts_.back() != unit) starts_.push_back(unit);
  if (starts_.size() > kCopyOffsetMax + 1) starts_.pop_front();
  while (!frames_.empty() && frames_.front().unit < starts_.front() - kFrameUnits) frames_.pop_front();

  if (starts_.size() <= offset) return std::nullopt;
  const auto first = starts_.end() - 1 - static_cast<std::ptrdiff_t>(offset);
  Copy copy{.codec = *codec_, .units_back = 0, .frames = {}};
  for (const Frame& frame : frames_) {
    if (frame.unit < first[0] - kFrameUnits || frame.unit >= first[1]) continue;
    if (copy.frames.empty()) copy.units_back = static_cast<uint8_t>(unit - frame.unit);
    copy.frames.push_back(frame.bits);
  }
  return copy;
}

void CopyHistory::push_pcm(std::span<const int16_t> unit) {
  if (!encoder_) return;
  pcm_.insert(pcm_.end(), unit.begin(), unit.end());
  if (pcm_.size() < kFrameUnits * kUnitSamples) return;
  std::array<uint8_t, wire::kVoiceFrameBytesMax> frame;
  add(Bytes(frame).first(encoder_->encode(pcm_, {}, frame)));
  pcm_.clear();
}

void CopyHistory::push_frame(Bytes frame) {
  if (codec_ && !encoder_) add(frame);
}

void CopyHistory::add(Bytes frame) {
  frames_.push_back({next_unit_, to_vector(frame)});
  next_unit_ += kFrameUnits;
}

}  // namespace farline::voice
