#include "host/datagram_frames.h"

namespace farline::host {

Bytes frame_datagram(Bytes datagram, FrameRoom& room) {
  INVARIANT(!datagram.empty() && datagram.size() <= kFramedBytesMax);
  Writer writer(room);
  writer.u16(static_cast<uint16_t>(datagram.size()));
  writer.bytes(datagram);
  return writer.written();
}

void DatagramGatherer::add(Bytes piece) {
  input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(std::exchange(taken_, 0)));
  input_.insert(input_.end(), piece.begin(), piece.end());
}

Result<std::optional<Bytes>> DatagramGatherer::take() {
  Reader reader(Bytes(input_).subspan(taken_));
  const uint16_t length = reader.u16();
  if (!reader.ok()) return std::optional<Bytes>();
  if (length == 0 || length > kFramedBytesMax) return Error{Errc::malformed, "no frame of a datagram"};
  const Bytes datagram = reader.bytes(length);
  if (!reader.ok()) return std::optional<Bytes>();
  taken_ += kFrameLengthBytes + length;
  return std::optional<Bytes>(datagram);
}

}  // namespace farline::host
