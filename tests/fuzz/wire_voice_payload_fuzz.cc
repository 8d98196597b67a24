// Whatever decodes as a voice payload has frames within its limits, and encodes to the same bytes again.
#include <vector>

#include "wire/voice_payload.h"

namespace {

template <typename Frames>
std::vector<farline::ByteVector> all_frames(const Frames& from) {
  std::vector<farline::ByteVector> frames;
  std::array<uint8_t, farline::wire::kVoiceFrameBytesMax> buffer{};
  for (size_t i = 0; i < from.frame_count; ++i) frames.push_back(farline::to_vector(from.frame(i, buffer)));
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto payload = wire::decode_voice_payload(Bytes(data, size));
  if (!payload) return 0;
  INVARIANT(payload->frame_count > 0 || payload->header.silence || payload->header.report || payload->header.pair);
  INVARIANT(static_cast<unsigned>(payload->units()) <= wire::kVoiceBundleUnitsMax);
  const auto frames = all_frames(*payload);
  const std::vector<Bytes> views(frames.begin(), frames.end());
  wire::VoiceSpeech speech{.frames = views, .frames_bytes_min = payload->frames.size(), .copy = {}};
  const auto copied = payload->copy ? all_frames(*payload->copy) : std::vector<ByteVector>{};
  const std::vector<Bytes> copied_views(copied.begin(), copied.end());
  if (payload->copy) speech.copy = {payload->copy->codec, payload->copy->units_back, copied_views};
  ByteVector again(wire::kVoicePayloadBytesMax);
  again.resize(wire::encode_voice_payload(payload->header, speech, again));
  INVARIANT(equal(again, Bytes(data, size)));
  return 0;
}
