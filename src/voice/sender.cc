#include "voice/sender.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace farline::voice {
namespace {

constexpr size_t kPreRollUnits = 10;  // 200 ms: what a detector needs to be sure, and the consonant before the vowel
constexpr size_t kReadyMax = 8;       // a pre-roll of the shortest packets, and the one behind it

// Packets of a rung have one size. When Opus needs more, the size grows in few steps, so that it still tells little.
size_t padded_size(size_t needed, size_t usual) {
  if (needed <= usual) return usual;
  const size_t step = usual / 16;
  return usual + (needed - usual + step - 1) / step * step;
}

double power(std::span<const int16_t> pcm) {
  int64_t sum = 0;
  for (const int16_t sample : pcm) sum += int32_t{sample} * sample;
  return static_cast<double>(sum) / static_cast<double>(pcm.size());
}

// RFC 3389 section 3.1; 0 dBov is a square wave at full scale (RFC 6464 section 3).
uint8_t minus_dbov(double mean_power) {
  constexpr double kFullScale = 32768.0 * 32768.0;
  const double level = mean_power > 0 ? -10 * std::log10(mean_power / kFullScale) : wire::kSilenceLevelMax;
  return static_cast<uint8_t>(std::clamp(std::round(level), 0.0, double{wire::kSilenceLevelMax}));
}

}  // namespace

Sender::Sender(CodecFactory& codecs, const Rung& rung, uint16_t media_time)
    : codecs_(codecs), rung_(rung), encoder_(codecs.encoder(rung)), copies_(codecs), unit_(media_time) {
  start_packet();
}

void Sender::set_rung(const Rung& rung) {
  next_rung_ = rung;
  if (filling_.frames.empty() && pcm_.empty()) start_packet();
}

void Sender::push_pcm(std::span<const int16_t, kUnitSamples> pcm, bool active) {
  if (!active) {
    noise_power_ += power(pcm);
    ++noise_units_;
  }
  if (silent_ && active) start_spurt();
  if (recent_.size() == kPreRollUnits) recent_.pop_front();
  std::ranges::copy(pcm, recent_.emplace_back().begin());
  if (!silent_) {
    spoken_ = spoken_ || active;
    add_unit(pcm);
    return;
  }
  ++unit_;
  if ((unit_ - silence_sent_) * wire::kVoiceUnitMs * 1ms >= kSilenceRepeat) send_silence(unit_);
}

void Sender::add_unit(std::span<const int16_t, kUnitSamples> pcm) {
  pcm_.insert(pcm_.end(), pcm.begin(), pcm.end());
  copies_.push_pcm(pcm);
  ++unit_;
  if (pcm_.size() < rung_.frame_ms * (kSampleRate / 1000)) return;
  encode_frame();
  pcm_.clear();
  if (filling_.frames.size() == rung_.frames_per_packet()) finish_packet();
}

void Sender::encode_frame() {
  const FrameEncoder::Budget budget{
      .bytes_left = rung_.frames_bytes - std::min<size_t>(rung_.frames_bytes, filling_.bytes),
      .frames_left = rung_.frames_per_packet() - filling_.frames.size()};
  std::array<uint8_t, wire::kVoiceFrameBytesMax> frame;
  const size_t size = encoder_->encode(pcm_, budget, frame);
  filling_.frames.push_back(to_vector(Bytes(frame).first(size)));
  filling_.bytes += wire::opus_frame_cost(size - 1);
  copies_.push_frame(filling_.frames.back());
}

void Sender::start_packet() {
  if (next_rung_) {
    rung_ = *std::exchange(next_rung_, std::nullopt);
    encoder_ = codecs_.encoder(rung_);
  }
  filling_ = Bundle{};
  filling_.header.spurt_start = spurt_start_;
  filling_.header.codec = rung_.codec;
  filling_.header.media_time = static_cast<uint16_t>(unit_);
  filling_.frames_bytes = rung_.frames_bytes;
  filling_.bytes = 1;  // Opus's TOC byte
  filling_.copy = copies_.start_packet(unit_, rung_, copy_offset_);
  spoken_ = false;
}

void Sender::finish_packet() {
  if (spoken_) {
    make_ready(std::move(filling_));
    spurt_start_ = false;
  } else {
    silent_ = true;
    silent_from_ = unit_ - rung_.ptime_ms / int64_t{wire::kVoiceUnitMs};
    send_silence(silent_from_);
  }
  start_packet();
}

void Sender::start_spurt() {
  silent_ = false;
  spurt_start_ = true;
  const size_t units = std::min(recent_.size(), static_cast<size_t>(unit_ - silent_from_));
  unit_ -= static_cast<int64_t>(units);
  copies_.clear();
  encoder_ = codecs_.encoder(rung_);  // the listener's decoder has not heard the silence either
  start_packet();
  const std::vector<Unit> pre_roll(recent_.end() - static_cast<std::ptrdiff_t>(units), recent_.end());
  for (const Unit& unit : pre_roll) {
    spoken_ = true;
    add_unit(unit);
  }
}

void Sender::send_silence(int64_t unit) {
  Bundle bundle;
  bundle.header.media_time = static_cast<uint16_t>(unit);
  level_ = minus_dbov(noise_power_ / std::max(1U, noise_units_));
  bundle.header.silence = level_;
  noise_power_ = 0;
  noise_units_ = 0;
  silence_sent_ = unit_;
  make_ready(std::move(bundle));
}

void Sender::make_ready(Bundle bundle) {
  if (ready_.size() == kReadyMax) ready_.pop_front();
  ready_.push_back(std::move(bundle));
}

bool Sender::report_due(Time now) const {
  // A unit early is better than a silence packet late.
  return !reported_ || now - *reported_ >= 1ms * (kReportIntervalMs - wire::kVoiceUnitMs);
}

bool Sender::poll_packet(Time now, const std::optional<wire::VoiceReport>& report, ByteVector& out) {
  if (ready_.empty()) return false;
  Bundle bundle = std::move(ready_.front());
  ready_.pop_front();
  bundle.header.report = report;
  if (report) reported_ = now;
  out.resize(wire::kVoicePayloadBytesMax);
  const std::vector<Bytes> frames(bundle.frames.begin(), bundle.frames.end());
  std::vector<Bytes> copied;
  wire::VoiceSpeech speech{
      .frames = frames, .frames_bytes_min = padded_size(bundle.bytes, bundle.frames_bytes), .copy = {}};
  if (bundle.copy) {
    copied.assign(bundle.copy->frames.begin(), bundle.copy->frames.end());
    speech.copy = {bundle.copy->codec, bundle.copy->units_back, copied};
  }
  out.resize(wire::encode_voice_payload(bundle.header, speech, out));
  return true;
}

void Sender::no_sound_payload(const std::optional<wire::VoiceReport>& report, bool pair, ByteVector& out) {
  out.resize(wire::kVoicePayloadBytesMax);
  wire::VoiceHeader header{
      .codec = rung_.codec, .pair = pair, .media_time = static_cast<uint16_t>(unit_), .report = report, .silence = {}};
  if (silent_ && !pair) {
    header.silence = level_;
    silence_sent_ = unit_;
  }
  out.resize(wire::encode_voice_payload(header, {}, out));
}

}  // namespace farline::voice
