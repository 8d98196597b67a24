// Whatever comes: the same datagrams, whatever pieces the stream is cut into, and framed again they are what came.
#include "host/datagram_frames.h"

namespace {

using namespace farline;

// All that was taken, framed again; `is_good`: no error.
ByteVector take_all(Bytes stream, size_t piece, bool& is_good) {
  host::DatagramGatherer gatherer;
  host::FrameRoom room{};
  ByteVector again;
  is_good = true;
  while (is_good && !stream.empty()) {
    const size_t count = std::min(piece, stream.size());
    gatherer.add(stream.first(count));
    stream = stream.subspan(count);
    for (;;) {
      const auto datagram = gatherer.take();
      is_good = datagram.has_value();
      if (!datagram || !*datagram) break;
      const Bytes frame = host::frame_datagram(**datagram, room);
      again.insert(again.end(), frame.begin(), frame.end());
    }
  }
  return again;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const Bytes stream(data + 1, size - 1);
  bool is_good = false;
  bool is_good_in_pieces = false;
  const ByteVector whole = take_all(stream, stream.size() + 1, is_good);
  const ByteVector pieces = take_all(stream, 1U + data[0], is_good_in_pieces);
  INVARIANT(is_good == is_good_in_pieces && whole == pieces);
  INVARIANT(whole.size() <= stream.size() && std::equal(whole.begin(), whole.end(), stream.begin()));
  return 0;
}
