#include "app/desktop_vocoder_loopback.h"

#include <algorithm>

#include "host/frame_pacer.h"

namespace farline::app {
namespace {

constexpr size_t samples_in(Duration time) {
  return static_cast<size_t>(time / host::kAudioFrame) * host::kAudioFrameSamples;
}
constexpr size_t kBeforeSpeech = samples_in(400ms);

}  // namespace

VocoderLoopback::VocoderLoopback(bool is_microphone)
    : codecs_(voice::real_codecs()), input_({.noise_suppression = is_microphone, .gain_control = is_microphone}) {}

void VocoderLoopback::begin_listening() {
  state_ = client::SoundTest::listening;
  sound_.clear();
  quiet_ = {};
  has_speech_ = false;
}

void VocoderLoopback::hear(host::FrameIn frame) {
  if (state_ != client::SoundTest::listening) return;
  std::array<int16_t, host::kAudioFrameSamples> pcm;
  std::ranges::copy(frame, pcm.begin());
  const bool speaks = input_.capture(pcm);
  sound_.insert(sound_.end(), pcm.begin(), pcm.end());
  has_speech_ = has_speech_ || speaks;
  quiet_ = speaks ? Duration{} : quiet_ + host::kAudioFrame;
  if (!has_speech_ && sound_.size() > kBeforeSpeech)
    sound_.erase(sound_.begin(), sound_.end() - static_cast<ptrdiff_t>(kBeforeSpeech));
  if (has_speech_ && (quiet_ >= kPause || sound_.size() >= samples_in(kListenMax))) begin_playing();
}

void VocoderLoopback::begin_playing() {
  const voice::Rung& rung = voice::choose_rung(kLinkBps, voice::kIpv4UdpBytes);
  const auto encoder = codecs_->encoder(rung);
  const auto decoder = codecs_->decoder(rung.codec);
  const size_t frame_samples = size_t{rung.frame_ms} * voice::kSampleRate / 1000;
  std::vector<int16_t> out;
  out.reserve(sound_.size());
  for (size_t at = 0; at + frame_samples <= sound_.size(); at += frame_samples) {
    std::array<uint8_t, wire::kVoiceFrameBytesMax> bytes;
    const size_t size = encoder->encode(std::span(sound_).subspan(at, frame_samples),
                                        {.bytes_left = bytes.size(), .frames_left = 1}, bytes);
    out.resize(at + frame_samples);
    decoder->decode(Bytes(bytes).first(size), std::span(out).subspan(at, frame_samples));
  }
  sound_ = std::move(out);
  played_ = 0;
  state_ = client::SoundTest::playing;
}

void VocoderLoopback::play(host::FrameOut frame) {
  std::ranges::fill(frame, int16_t{0});
  if (state_ != client::SoundTest::playing) return;
  const size_t count = std::min(frame.size(), sound_.size() - played_);
  std::copy_n(sound_.begin() + static_cast<ptrdiff_t>(played_), count, frame.begin());
  played_ += count;
  if (played_ == sound_.size()) begin_listening();
}

}  // namespace farline::app
