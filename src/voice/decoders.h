// The decoders of one direction: one for the packets, a second one for copies in another codec. Changes between them
// are cross-faded; a copy's decoder is warmed up with the frame before, and reads ahead by as much as it is slower than
// the packets' decoder, so that both say a thing at the same moment.
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
  using Ahead = std::array<int16_t, kCopyFrameMs * kSampleRate / 1000>;
  size_t read_ahead() const;
  void start_copy(const JitterBuffer::CopiedFrame& frame);

  CodecFactory& codecs_;
  Decoder packets_;
  Decoder copies_;
  Ahead ahead_{};  // what copies_ decoded behind copies_.next_unit already; the first read_ahead() samples are used up
  bool copy_was_last_ = false;
  bool copy_ran_out_ = false;  // what is ahead is a guess
};

}  // namespace farline::voice
