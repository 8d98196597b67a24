// Whatever decodes as a stream payload encodes to the same bytes again.
#include "wire/stream_payload.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto payload = wire::decode_stream_payload(Bytes(data, size));
  if (!payload) return 0;
  ByteVector again(wire::kVoicePayloadBytesMax);
  again.resize(wire::encode_stream_payload(*payload, again));
  INVARIANT(equal(again, Bytes(data, size)));
  return 0;
}
