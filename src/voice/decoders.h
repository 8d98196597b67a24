// The decoders of one direction: one for the packets, a second one for copies in another codec. Changes between them
// are cross-faded, and a copy's decoder is warmed up with the frame before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "voice/codec.h"
#include "voice/jitter_buffer.h"

namespace farline::voice {

class Decoders {
 public:
  // `codecs` outlives this.
  explicit Decoders(CodecFactory& codecs) : codecs_(codecs) {}

  // `pcm` is as long as the frame.
  void decode(const JitterBuffer::Frame& frame, std::span<int16_t> pcm);
  void decode(const JitterBuffer::CopiedFrame& frame, std::span<int16_t> pcm);
  // A guess at one unit behind what was decoded last; silence when there is nothing to go by.
  void conceal(std::span<int16_t, kUnitSamples> pcm);

 private:
  struct Decoder {
    wire::VoiceCodec codec{};
    std::unique_ptr<FrameDecoder> state;
    int64_t next_unit = 0;  // media time behind the last frame
  };
  void cross_fade_from(FrameDecoder* before, std::span<int16_t> pcm);

  CodecFactory& codecs_;
  Decoder packets_;
  Decoder copies_;
  bool copy_was_last_ = false;
};

}  // namespace farline::voice
