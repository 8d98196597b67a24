#include "voice/decoders.h"

#include <utility>

#include "voice/time_scale.h"

namespace farline::voice {
namespace {

constexpr size_t kSwitchFade = 10 * kSampleRate / 1000;
static_assert(kCodecDelayMax + kSwitchFade <= kCopyFrameMs * kSampleRate / 1000 + 112);  // Opus's delay is 112
using FrameBytes = std::array<uint8_t, wire::kVoiceFrameBytesMax>;

int64_t units_of(std::span<const int16_t> pcm) {
  return static_cast<int64_t>(pcm.size() / kUnitSamples);
}

void fade_from(std::span<const int16_t> before, std::span<int16_t> pcm) {
  cross_fade(before.first(kSwitchFade), pcm.first(kSwitchFade), pcm.first(kSwitchFade));
}

// Lets what `before` would have gone on with fade into the start of `pcm`.
void fade_from(FrameDecoder& before, std::span<int16_t> pcm) {
  std::array<int16_t, kUnitSamples> tail{};
  before.conceal(tail);
  fade_from(tail, pcm);
}

}  // namespace

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
  if (copy_was_last_)
    fade_from(std::span(ahead_).subspan(read_ahead()), pcm);
  else if (replaced)
    fade_from(*replaced, pcm);
  copy_was_last_ = false;
}

void Decoders::decode(const JitterBuffer::CopiedFrame& frame, std::span<int16_t> pcm) {
  const wire::VoiceCodec codec = frame.copy->codec;
  FrameBytes bytes;
  if (packets_.state && packets_.codec == codec) {
    if (packets_.next_unit != frame.unit && frame.index > 0)
      packets_.state->decode(frame.copy->frame(frame.index - 1, bytes), pcm);
    packets_.state->decode(frame.copy->frame(frame.index, bytes), pcm);
    packets_.next_unit = frame.unit + units_of(pcm);
    return;
  }
  if (!copies_.state || copies_.codec != codec) copies_ = {codec, codecs_.decoder(codec), 0};
  if (!copy_was_last_ || copies_.next_unit != frame.unit) {
    start_copy(frame);
  } else if (copy_ran_out_) {  // and the copy of the packet after it goes on
    copies_.state->decode(frame.copy->frame(frame.index, bytes), ahead_);
  }
  const size_t used = read_ahead();
  std::ranges::copy(std::span(ahead_).subspan(used), pcm.begin());
  copy_ran_out_ = frame.is_last;
  if (copy_ran_out_) {
    for (size_t i = 0; i < ahead_.size(); i += kUnitSamples)
      copies_.state->conceal(std::span(ahead_).subspan(i).first<kUnitSamples>());
  } else {
    copies_.state->decode(frame.copy->frame(frame.index + 1, bytes), ahead_);
  }
  std::ranges::copy(std::span(ahead_).first(used), pcm.end() - static_cast<std::ptrdiff_t>(used));
  copies_.next_unit = frame.unit + units_of(pcm);
  const bool goes_on = std::exchange(copy_was_last_, true);
  if (!packets_.state) return;
  if (!goes_on) fade_from(*packets_.state, pcm);
  // The packets' decoder lives through the gap too: it knows best how to go on behind one.
  std::array<int16_t, kUnitSamples> unheard{};
  for (int64_t i = goes_on ? 0 : 1; i < units_of(pcm); ++i) packets_.state->conceal(unheard);
}

size_t Decoders::read_ahead() const {
  const size_t here = packets_.state ? packets_.state->delay() : 0;
  const size_t there = copies_.state->delay();
  return packets_.state && there > here ? there - here : 0;
}

void Decoders::start_copy(const JitterBuffer::CopiedFrame& frame) {
  FrameBytes bytes;
  if (frame.index > 0) copies_.state->decode(frame.copy->frame(frame.index - 1, bytes), ahead_);
  copies_.state->decode(frame.copy->frame(frame.index, bytes), ahead_);
}

void Decoders::conceal(std::span<int16_t, kUnitSamples> pcm) {
  FrameDecoder* last = copy_was_last_ ? copies_.state.get() : packets_.state.get();
  if (last) last->conceal(pcm);
}

}  // namespace farline::voice
