// Datagrams in a stream (docs/PROTOCOL.md 1.8): each has its length in front, u16, 1 to kFramedBytesMax.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/datagram.h"
#include "base/result.h"

namespace farline::host {

inline constexpr size_t kFramedBytesMax = sizeof(Datagram::data);
inline constexpr size_t kFrameLengthBytes = 2;

// REQUIRES 1 to kFramedBytesMax bytes. The frame's bytes; they are in `room`.
using FrameRoom = std::array<uint8_t, kFrameLengthBytes + kFramedBytesMax>;
Bytes frame_datagram(Bytes datagram, FrameRoom& room);

// Gathers what a stream delivers in any pieces; holds one frame and one piece at most.
class DatagramGatherer {
 public:
  void add(Bytes piece);
  // The next one, good until the next call; nothing while it is not whole. Errc::malformed: no stream of ours; sticky.
  Result<std::optional<Bytes>> take();

 private:
  ByteVector input_;
  size_t taken_ = 0;  // of it
};

}  // namespace farline::host
