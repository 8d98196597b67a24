#include "sim/speech.h"

#include <algorithm>

#include "emulate/prng.h"

namespace farline::sim {
namespace {

constexpr size_t kRecentFrames = 32;
constexpr size_t kNeedleBytesMax = 12;
constexpr size_t kNeedleBytesMin = 6;

// The first 28 bits of a frame are its number, scrambled so that it looks like speech: multiplication by an odd number
// is a permutation of the numbers below 2^28.
constexpr uint32_t kNumberMask = (1U << 28) - 1;
constexpr uint32_t kScramble = 0x6c8e9d5;
constexpr uint32_t inverse_of(uint32_t odd) {
  uint32_t inverse = odd;
  for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;  // Newton; doubles the right bits each time
  return inverse;
}
static_assert(((kScramble * inverse_of(kScramble)) & kNumberMask) == 1);

// All bits of frame `number`, zero-padded to a byte.
void write_frame(uint32_t number, size_t bits, MutableBytes out) {
  emulate::Prng rest(number, 0x5beec4);
  const uint32_t head = number * kScramble & kNumberMask;
  for (size_t i = 0; i < (bits + 7) / 8; ++i) {
    const auto noise = static_cast<uint8_t>(rest.next());
    if (i < 3) out[i] = static_cast<uint8_t>(head >> (20 - 8 * i));
    if (i == 3) out[i] = static_cast<uint8_t>((head & 15) << 4 | (noise & 15));
    if (i > 3) out[i] = noise;
  }
  if (bits % 8 != 0) out[bits / 8] &= static_cast<uint8_t>(0xff << (8 - bits % 8));
}

bool contains(Bytes bytes, Bytes needle) {
  return std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end()) != bytes.end();
}

uint32_t read_number(Bytes frame) {
  Reader in(frame);
  return (in.u32() >> 4) * inverse_of(kScramble) & kNumberMask;
}

}  // namespace

void SpeechRegister::set_talk(Time now, HostId host, Talk talk) {
  now_ = now;
  talks_[host] = std::move(talk);
}

void SpeechRegister::speak(HostId host, size_t bits, MutableBytes out) {
  const Talk& talk = talks_[host];
  const auto number = static_cast<uint32_t>(frames_.size());
  write_frame(number, bits, out);
  if (talk.peer.empty()) findings_.fail(now_, "privacy: speech is encoded although there is no call");
  frames_.push_back({talk.self, talk.peer});
  auto& recent = recent_[host];
  if (bits % 8 == 0)
    recent.push_back(to_vector(Bytes(out).first(std::min(bits / 8, kNeedleBytesMax))));
  else
    remember_half(host, Bytes(out).first(4));
  if (recent.size() > kRecentFrames) recent.pop_front();
}

// Frames of 28 bits stand at byte edges in a packet two by two.
void SpeechRegister::remember_half(HostId host, Bytes frame) {
  const auto first = halves_.find(host);
  if (first == halves_.end()) {
    halves_[host] = to_vector(frame);
    return;
  }
  ByteVector pair = std::move(first->second);
  halves_.erase(first);
  pair[3] |= static_cast<uint8_t>(frame[0] >> 4);
  for (size_t i = 0; i + 1 < frame.size(); ++i) pair.push_back(static_cast<uint8_t>(frame[i] << 4 | frame[i + 1] >> 4));
  recent_[host].push_back(std::move(pair));
}

void SpeechRegister::hear(HostId host, Bytes frame, size_t bits) {
  const uint32_t number = read_number(frame);
  ByteVector expected((bits + 7) / 8);
  write_frame(number, bits, expected);
  if (number >= frames_.size() || !equal(expected, frame)) {
    findings_.fail(now_, "authenticity: a frame is played that nobody spoke");
    return;
  }
  Frame& f = frames_[number];
  const Talk& talk = talks_[host];
  if (f.heard) findings_.fail(now_, "once: a frame is played twice");
  if (f.from != talk.peer || f.to != talk.self) findings_.fail(now_, "privacy: a frame is heard by another person");
  f.heard = true;
  ++heard_[host];
}

bool SpeechRegister::holds_speech(HostId host, Bytes datagram) const {
  const auto recent = recent_.find(host);
  if (recent == recent_.end()) return false;
  return std::ranges::any_of(recent->second, [&](const ByteVector& needle) {
    return needle.size() >= kNeedleBytesMin && contains(datagram, needle);
  });
}

uint64_t SpeechRegister::heard_by(HostId host) const {
  const auto heard = heard_.find(host);
  return heard == heard_.end() ? 0 : heard->second;
}

namespace {

class ScriptedEncoder final : public voice::FrameEncoder {
 public:
  ScriptedEncoder(SpeechRegister& speech, HostId host, const voice::Rung& rung)
      : speech_(speech), host_(host), rung_(rung) {}
  size_t encode(std::span<const int16_t>, Budget budget, std::span<uint8_t, wire::kVoiceFrameBytesMax> out) override {
    if (!wire::is_opus(rung_.codec)) {
      const size_t bits = wire::codec2_frame(rung_.codec).bits;
      speech_.speak(host_, bits, out);
      return (bits + 7) / 8;
    }
    // Opus: a TOC byte of SILK (RFC 6716 table 2), then what the packet has left, evenly.
    const unsigned bandwidth = rung_.codec == wire::VoiceCodec::opus_wb ? 8 : 0;
    out[0] = static_cast<uint8_t>((bandwidth + rung_.frame_ms / wire::kVoiceUnitMs) << 3);
    const size_t even = budget.bytes_left / budget.frames_left;
    const size_t bytes = std::clamp<size_t>(even - std::min<size_t>(even, 2), 8, 200);
    speech_.speak(host_, 8 * bytes, MutableBytes(out).subspan(1));
    return 1 + bytes;
  }

 private:
  SpeechRegister& speech_;
  HostId host_;
  voice::Rung rung_;
};

class ScriptedDecoder final : public voice::FrameDecoder {
 public:
  ScriptedDecoder(SpeechRegister& speech, HostId host, wire::VoiceCodec codec)
      : speech_(speech), host_(host), codec_(codec) {}
  void decode(Bytes frame, std::span<int16_t> pcm) override {
    if (wire::is_opus(codec_))
      speech_.hear(host_, frame.subspan(1), 8 * (frame.size() - 1));
    else
      speech_.hear(host_, frame, wire::codec2_frame(codec_).bits);
    std::ranges::fill(pcm, int16_t{1000});
  }
  void conceal(std::span<int16_t, voice::kUnitSamples> pcm) override { std::ranges::fill(pcm, int16_t{0}); }

 private:
  SpeechRegister& speech_;
  HostId host_;
  wire::VoiceCodec codec_;
};

}  // namespace

std::unique_ptr<voice::FrameEncoder> ScriptedCodecs::encoder(const voice::Rung& rung) {
  return std::make_unique<ScriptedEncoder>(speech_, host_, rung);
}
std::unique_ptr<voice::FrameDecoder> ScriptedCodecs::decoder(wire::VoiceCodec codec) {
  return std::make_unique<ScriptedDecoder>(speech_, host_, codec);
}

}  // namespace farline::sim
