// Whatever parse_wav accepts describes whole sample frames that lie inside the file.
#include "host/wav.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto format = host::parse_wav(Bytes(data, size), size);
  if (!format) return 0;
  INVARIANT(format->channels == 1 || format->channels == 2);
  INVARIANT(format->sample_rate >= 8000 && format->sample_rate <= 48000);
  INVARIANT(format->data_offset <= size && format->data_bytes <= size - format->data_offset);
  INVARIANT(format->data_bytes % format->frame_bytes() == 0);
  return 0;
}
