#include "voice/decoders.h"

#include "voice/time_scale.h"

namespace farline::voice {
namespace {

constexpr size_t kSwitchFade = 10 * kSampleRate / 1000;
using FrameBytes = std::array<uint8_t, wire::kVoiceFrameBytesMax>;

int64_t units_of(std::span<const int16_t> pcm) {
  return static_cast<int64_t>(pcm.size() / kUnitSamples);
}

}  // namespace

// Lets what `before` would have gone on with fade into the start of `pcm`.
void Decoders::cross_fade_from(FrameDecoder* before, std::span<int16_t> pcm) {
  if (!before) return;
  std::array<int16_t, kUnitSamples> tail{};
  before->conceal(tail);
  cross_fade(std::span(tail).first(kSwitchFade), pcm.first(kSwitchFade), pcm.first(kSwitchFade));
}

void Decoders::decode(const JitterBuffer::Frame& frame, std::span<int16_t> pcm) {
  const wire::VoiceCodec codec = frame.payload->header.codec;
  std::unique_ptr<FrameDecoder> replaced;
  if (!packets_.state || packets_.codec != codec) {
    replaced = std::move(packets_.state);
    packets_ = {codec, codecs_.decoder(codec), 0};
  }
  FrameBytes bytes;
  packets_.state->decode(frame.payload->frame(frame.index, bytes), pcm);
  packets_.next_unit = frame.unit + units_of(pcm);
  cross_fade_from(copy_was_last_ ? copies_.state.get() : replaced.get(), pcm);
  copy_was_last_ = false;
}

void Decoders::decode(const JitterBuffer::CopiedFrame& frame, std::span<int16_t> pcm) {
  const wire::VoiceCodec codec = frame.copy->codec;
  const bool same_codec = packets_.state && packets_.codec == codec;
  Decoder& decoder = same_codec ? packets_ : copies_;
  if (!decoder.state || decoder.codec != codec) decoder = {codec, codecs_.decoder(codec), frame.unit - 1};
  FrameBytes bytes;
  if (decoder.next_unit != frame.unit && frame.index > 0)
    decoder.state->decode(frame.copy->frame(frame.index - 1, bytes), pcm);
  decoder.state->decode(frame.copy->frame(frame.index, bytes), pcm);
  decoder.next_unit = frame.unit + units_of(pcm);
  if (same_codec) return;
  if (!copy_was_last_) cross_fade_from(packets_.state.get(), pcm);
  // The packets' decoder lives through the gap too: it knows best how to go on behind one.
  std::array<int16_t, kUnitSamples> unheard{};
  for (int64_t i = copy_was_last_ ? 0 : 1; packets_.state && i < units_of(pcm); ++i) packets_.state->conceal(unheard);
  copy_was_last_ = true;
}

void Decoders::conceal(std::span<int16_t, kUnitSamples> pcm) {
  FrameDecoder* last = copy_was_last_ ? copies_.state.get() : packets_.state.get();
  if (last) last->conceal(pcm);
}

}  // namespace farline::voice
