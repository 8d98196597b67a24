// The Codec2 frames of the last packets' speech, from which later packets take their copies of it. A rung in the copy's
// own codec shares its frames; for every other one the speech is encoded a second time.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "voice/codec.h"
#include "voice/ladder.h"

namespace farline::voice {

inline constexpr size_t kCopyOffsetMax = 2;

class CopyHistory {
 public:
  explicit CopyHistory(CodecFactory& codecs) : codecs_(codecs) {}

  struct Copy {
    wire::VoiceCodec codec{};
    uint8_t units_back = 0;
    std::vector<ByteVector> frames;
  };
  // A packet of `rung` begins at media time `unit`, where the one before it ended. Returns the copy it should carry, of
  // the packet `offset` (1 to kCopyOffsetMax) before it, which is none as long as there is nothing to copy.
  std::optional<Copy> start_packet(int64_t unit, const Rung& rung, size_t offset);
  // The packet's speech: every unit of it, and every frame the rung's encoder made of it.
  void push_pcm(std::span<const int16_t> unit);
  void push_frame(Bytes frame);
  // What follows does not continue what was.
  void clear();

 private:
  void add(Bytes frame);

  struct Frame {
    int64_t unit;
    ByteVector bits;
  };
  CodecFactory& codecs_;
  std::optional<wire::VoiceCodec> codec_;
  std::unique_ptr<FrameEncoder> encoder_;  // null while the rung's own frames serve
  std::vector<int16_t> pcm_;               // of the frame being filled
  int64_t next_unit_ = 0;                  // of the next frame
  std::deque<Frame> frames_;               // back to the first of starts_ and the frame before it
  std::deque<int64_t> starts_;             // of the last packets; this one's is the last
};

}  // namespace farline::voice
