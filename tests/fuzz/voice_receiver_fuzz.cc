// A call with somebody who sends anything: payloads in any order through the jitter buffer and the real decoders.
// Input: a script of units played, counters skipped, and payloads.
#include "voice/receiver.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  static const auto codecs = voice::real_codecs(0);
  voice::Receiver receiver(*codecs);
  Reader in({data, size});
  Time now{};
  uint64_t sequence = 0;
  for (int i = 0; i < 100 && in.remaining() > 0; ++i) {
    for (unsigned units = in.u8() % 64; units > 0; --units) {
      std::array<int16_t, voice::kUnitSamples> pcm;
      receiver.take_pcm(pcm);
      now += 20ms;
    }
    sequence += 1U + in.u8() % 16U;
    const size_t length = in.u8();
    (void)receiver.handle_packet(now, sequence, in.bytes(std::min(length, in.remaining())));
  }
  const auto stats = receiver.stats(now);
  INVARIANT(stats.packets + stats.refused <= 100);
  return 0;
}
