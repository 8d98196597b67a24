#include "voice/sender.h"

#include <algorithm>
#include <utility>

namespace farline::voice {
namespace {

// Packets of a rung have one size. When Opus needs more, the size grows in few steps, so that it still tells little.
size_t padded_size(size_t needed, size_t usual) {
  if (needed <= usual) return usual;
  const size_t step = usual / 16;
  return usual + (needed - usual + step - 1) / step * step;
}

}  // namespace

Sender::Sender(CodecFactory& codecs, const Rung& rung, uint16_t media_time)
    : codecs_(codecs), rung_(rung), encoder_(codecs.encoder(rung)), media_time_(media_time) {
  start_packet();
}

void Sender::set_rung(const Rung& rung) {
  next_rung_ = rung;
  if (filling_.frames.empty() && pcm_.empty()) start_packet();
}

void Sender::push_pcm(std::span<const int16_t, kUnitSamples> pcm) {
  pcm_.insert(pcm_.end(), pcm.begin(), pcm.end());
  ++media_time_;
  if (pcm_.size() < rung_.frame_ms * (kSampleRate / 1000)) return;
  encode_frame();
  pcm_.clear();
  if (filling_.frames.size() < rung_.frames_per_packet()) return;
  ready_ = std::move(filling_);
  spurt_start_ = false;
  start_packet();
}

void Sender::start_packet() {
  if (next_rung_) {
    rung_ = *std::exchange(next_rung_, std::nullopt);
    encoder_ = codecs_.encoder(rung_);
  }
  filling_ = Bundle{};
  filling_.header.spurt_start = spurt_start_;
  filling_.header.codec = rung_.codec;
  filling_.header.media_time = media_time_;
  filling_.frames_bytes = rung_.frames_bytes;
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
  const wire::VoiceSpeech speech{
      .frames = frames, .frames_bytes_min = padded_size(bundle.bytes, bundle.frames_bytes), .copy = {}};
  out.resize(wire::encode_voice_payload(bundle.header, speech, out));
  return true;
}

void Sender::no_sound_payload(const std::optional<wire::VoiceReport>& report, bool pair, ByteVector& out) const {
  out.resize(wire::kVoicePayloadBytesMax);
  const wire::VoiceHeader header{
      .codec = rung_.codec, .pair = pair, .media_time = media_time_, .report = report, .silence = {}};
  out.resize(wire::encode_voice_payload(header, {}, out));
}

}  // namespace farline::voice
