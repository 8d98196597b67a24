// A codec for simulations: cheap, deterministic, with the frame sizes and durations of the real ones. It carries one
// number a frame, the first sample of its first unit; decoding fills unit i of the frame with that number plus i, and
// concealment is silence. Speech that counts its units, from counting_unit(), can so be timed at the far end.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "voice/codec.h"

namespace farline::testing {

inline constexpr int16_t kScriptedBase = 2000;  // above anything concealment makes
inline constexpr int64_t kScriptedPeriod = 30000;

inline std::array<int16_t, voice::kUnitSamples> counting_unit(int64_t unit) {
  std::array<int16_t, voice::kUnitSamples> pcm;
  pcm.fill(static_cast<int16_t>(kScriptedBase + unit % kScriptedPeriod));
  return pcm;
}

// The unit whose count fills the middle of `pcm`, or else a quarter of it (two units meet in the middle then). Nothing:
// noise, or a fade.
inline std::optional<int64_t> unit_heard(std::span<const int16_t, voice::kUnitSamples> pcm) {
  for (const size_t at : {voice::kUnitSamples / 2, voice::kUnitSamples / 4})
    if (pcm[at] >= kScriptedBase && pcm[at - 2] == pcm[at + 1]) return pcm[at] - kScriptedBase;
  return std::nullopt;
}

class ScriptedEncoder final : public voice::FrameEncoder {
 public:
  explicit ScriptedEncoder(const voice::Rung& rung) : rung_(rung) {}
  size_t encode(std::span<const int16_t> pcm, Budget budget,
                std::span<uint8_t, wire::kVoiceFrameBytesMax> out) override {
    std::ranges::fill(out, uint8_t{0});
    Writer writer(out);
    size_t size = (wire::codec2_frame(rung_.codec).bits + 7U) / 8;
    if (wire::is_opus(rung_.codec)) {
      const unsigned bandwidth = rung_.codec == wire::VoiceCodec::opus_wb ? 8 : 0;
      writer.u8(static_cast<uint8_t>((bandwidth + rung_.frame_ms / wire::kVoiceUnitMs) << 3));
      size = std::max<size_t>(3, budget.bytes_left / budget.frames_left - 2);
    }
    writer.u16(static_cast<uint16_t>(pcm[0]));
    return size;
  }

 private:
  voice::Rung rung_;
};

class ScriptedDecoder final : public voice::FrameDecoder {
 public:
  explicit ScriptedDecoder(wire::VoiceCodec codec) : codec_(codec) {}
  void decode(Bytes frame, std::span<int16_t> pcm) override {
    Reader reader(frame);
    if (wire::is_opus(codec_)) (void)reader.u8();
    const uint16_t first = reader.u16();
    for (size_t i = 0; i < pcm.size(); ++i) pcm[i] = static_cast<int16_t>(first + i / voice::kUnitSamples);
  }
  void conceal(std::span<int16_t, voice::kUnitSamples> pcm) override { std::ranges::fill(pcm, int16_t{0}); }

 private:
  wire::VoiceCodec codec_;
};

class ScriptedCodecs final : public voice::CodecFactory {
 public:
  std::unique_ptr<voice::FrameEncoder> encoder(const voice::Rung& rung) override {
    return std::make_unique<ScriptedEncoder>(rung);
  }
  std::unique_ptr<voice::FrameDecoder> decoder(wire::VoiceCodec codec) override {
    return std::make_unique<ScriptedDecoder>(codec);
  }
};

}  // namespace farline::testing
