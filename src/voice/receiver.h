// From voice payloads to PCM: jitter buffer, playout clock, concealment.
//
// The device's clock drives it: each take_pcm plays one unit (20 ms), in whatever rhythm and however many ppm off. The
// media position advances with it; how much sound lies between the position and a packet at its arrival is that
// packet's slack. The least slack of the last 20 s is what the buffer steers by: it is held near kSlackWanted by
// removing or inserting single pitch periods, so sound clocks apart and changed jitter need no further machinery.
//   Buffer empty: the position stands still while sound is concealed. If the missing speech then arrives, it is played,
//   later than before (late is better than lost); if later speech arrives, the wait counts as the gap.
//   Gap before buffered speech: concealed, the position moves on.
//   More than kBacklogMax waiting (a stall that ended in a burst): the oldest is skipped, at once.
// Concealment is the codec's for a moment, then fades into noise as loud as the far end's background.
//
// Memory is bounded by kPacketsMax packets. Payloads that do not decode are refused and counted.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "voice/codec.h"

namespace farline::voice {

struct ReceiverStats {
  uint64_t packets = 0;     // accepted
  uint64_t refused = 0;     // payloads that do not decode
  uint64_t duplicates = 0;  // of speech already buffered
  uint64_t lost = 0;        // packet numbers never seen, up to the highest seen
  uint64_t late = 0;        // arrived after their moment
  uint64_t concealed_ms = 0;
  uint64_t recovered_ms = 0;              // from copies; none in this version
  uint64_t skipped_ms = 0;                // arrived, but thrown away to catch up
  uint8_t loss_255 = 0;                   // fraction of packets lost over the last 5 s
  uint32_t playout_delay_ms = 0;          // capture at the far end to playout here, without the network's own delay
  std::optional<wire::VoiceCodec> codec;  // of the packet received last
};

class Receiver {
 public:
  // `codecs` outlives the receiver.
  explicit Receiver(CodecFactory& codecs);
  ~Receiver();

  // `sequence` is the SFrame counter: authentic, unwrapped, never the same twice (the session sees to that).
  Result<void> handle_packet(Time now, uint64_t sequence, Bytes payload);
  void take_pcm(Time now, std::span<int16_t, kUnitSamples> out);

  // What the far end should know; nothing before the first packet.
  std::optional<wire::VoiceReport> report(Time now) const;
  ReceiverStats stats(Time now) const;
};

}  // namespace farline::voice
