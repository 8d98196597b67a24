// Whatever decodes as a voice payload has frames within its limits, and encodes to the same bytes again.
#include <vector>

#include "wire/voice_payload.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto payload = wire::decode_voice_payload(Bytes(data, size));
  if (!payload) return 0;
  INVARIANT(payload->frame_count > 0);
  INVARIANT(payload->frame_count * payload->frame_units <= wire::kVoiceBundleUnitsMax);
  std::vector<ByteVector> frames;
  std::array<uint8_t, wire::kVoiceFrameBytesMax> buffer{};
  for (size_t i = 0; i < payload->frame_count; ++i) frames.push_back(to_vector(payload->frame(i, buffer)));
  const std::vector<Bytes> views(frames.begin(), frames.end());
  ByteVector again(wire::kVoicePayloadBytesMax);
  again.resize(wire::encode_voice_payload(payload->header, views, payload->frames.size(), again));
  INVARIANT(equal(again, Bytes(data, size)));
  return 0;
}
