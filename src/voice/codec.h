// Codecs behind two small interfaces, so that the simulator can put a scripted codec in their place.
// PCM inside Farline is 16 kHz, mono, 16 bits, in units of 20 ms; a codec frame lasts one to three units.
//
// Not thread-safe, across instances too: libcodec2's decoder draws from one generator of the whole process, so decode
// on one thread only, and do not compare decoded PCM from run to run.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "voice/ladder.h"
#include "wire/voice_payload.h"

namespace farline::voice {

inline constexpr unsigned kSampleRate = 16000;
inline constexpr size_t kUnitSamples = kSampleRate / 1000 * wire::kVoiceUnitMs;  // 320 samples, 20 ms
inline constexpr size_t kCodecDelayMax = 560;                                    // 35 ms, Codec2 700C
inline constexpr size_t kFrameSamplesMax = 3 * kUnitSamples;                     // 60 ms, the longest Opus frame

class FrameEncoder {
 public:
  virtual ~FrameEncoder() = default;
  // `pcm` is one frame of the rung's frame time. Writes one frame as wire::encode_voice_payload takes it and returns
  // its bytes. `bytes_left` and `frames_left` tell what of this packet's budget is left for this frame and those behind
  // it; only codecs of variable rate care.
  struct Budget {
    size_t bytes_left = 0;
    size_t frames_left = 1;
  };
  virtual size_t encode(std::span<const int16_t> pcm, Budget budget,
                        std::span<uint8_t, wire::kVoiceFrameBytesMax> out) = 0;
};

class FrameDecoder {
 public:
  virtual ~FrameDecoder() = default;
  // Fills `pcm`, whose size says how long the frame lasts. Bytes that make no sense sound like something, nothing
  // worse.
  virtual void decode(Bytes frame, std::span<int16_t> pcm) = 0;
  // Fills one unit with a guess at the sound that is missing, from what was decoded last.
  virtual void conceal(std::span<int16_t, kUnitSamples> pcm) = 0;
  // Samples by which what comes out is behind what went into the encoder, beyond the frame itself: at most
  // kCodecDelayMax. Copies are moved by the difference, else a word stutters where they stand in.
  virtual size_t delay() const { return 0; }
};

class CodecFactory {
 public:
  virtual ~CodecFactory() = default;
  virtual std::unique_ptr<FrameEncoder> encoder(const Rung& rung) = 0;
  virtual std::unique_ptr<FrameDecoder> decoder(wire::VoiceCodec codec) = 0;
};

// Codec2 and Opus. `opus_complexity` 0..10: 10 sounds best, 5 halves the encoder's time on a slow machine.
std::unique_ptr<CodecFactory> real_codecs(int opus_complexity = 10);

}  // namespace farline::voice
