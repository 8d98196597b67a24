#include "voice/sender.h"

#include <algorithm>
#include <utility>

namespace farline::voice {

Sender::Sender(CodecFactory& codecs, const Rung& rung, uint16_t media_time)
    : codecs_(codecs), rung_(rung), encoder_(codecs.encoder(rung)), media_time_(media_time) {
  start_packet();
  filling_.header.spurt_start = true;
}

void Sender::set_rung(const Rung& rung) {
  next_rung_ = rung;
}

void Sender::push_pcm(std::span<const int16_t, kUnitSamples> pcm) {
  pcm_.insert(pcm_.end(), pcm.begin(), pcm.end());
  ++media_time_;
  if (pcm_.size() < rung_.frame_ms * (kSampleRate / 1000)) return;
  encode_frame();
  pcm_.clear();
  if (filling_.frames.size() < rung_.frames_per_packet()) return;
  ready_ = std::move(filling_);
  if (next_rung_) {
    rung_ = *std::exchange(next_rung_, std::nullopt);
    encoder_ = codecs_.encoder(rung_);
  }
  start_packet();
}

void Sender::start_packet() {
  filling_ = Bundle{};
  filling_.header.codec = rung_.codec;
  filling_.header.media_time = media_time_;
  filling_.frames_bytes_min = rung_.frames_bytes;
  filling_.bytes = 1;  // Opus's TOC byte
}

void Sender::encode_frame() {
  const FrameEncoder::Budget budget{
      .bytes_left = rung_.frames_bytes - std::min<size_t>(rung_.frames_bytes, filling_.bytes),
      .frames_left = rung_.frames_per_packet() - filling_.frames.size()};
  std::array<uint8_t, wire::kVoiceFrameBytesMax> frame;
  const size_t size = encoder_->encode(pcm_, budget, frame);
  filling_.frames.push_back(to_vector(Bytes(frame).first(size)));
  filling_.bytes += wire::opus_frame_cost(size - 1);
}

bool Sender::report_due(Time now) const {
  return !reported_ || now - *reported_ >= std::chrono::milliseconds(kReportIntervalMs);
}

bool Sender::poll_packet(Time now, const std::optional<wire::VoiceReport>& report, ByteVector& out) {
  if (!ready_) return false;
  Bundle bundle = *std::exchange(ready_, std::nullopt);
  bundle.header.report = report;
  if (report) reported_ = now;
  out.resize(wire::kVoicePayloadBytesMax);
  const std::vector<Bytes> frames(bundle.frames.begin(), bundle.frames.end());
  out.resize(wire::encode_voice_payload(bundle.header, frames, bundle.frames_bytes_min, out));
  return true;
}

}  // namespace farline::voice
