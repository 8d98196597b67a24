// What comes out of a control pipe does not depend on the pieces its bytes came in, and is what was put in: written
// again it gives the same bytes, up to what is not whole or too long. Input: pieces, each either so many bytes as they
// are or one byte repeated (long pieces need no long input).
#include "host/control_frames.h"

namespace farline::host {
namespace {

constexpr size_t kStreamBytesMax = 160 * 1024;

ByteVector piece(Reader& in) {
  const uint8_t head = in.u8();
  if (head < 0x80) return to_vector(in.bytes(std::min<size_t>(head, in.remaining())));
  return ByteVector((head - 0x7fU) * size_t{1024}, in.u8());
}

// All that is whole, written again. `refused`: something too long came.
ByteVector written_again(FrameGatherer& frames, bool& refused) {
  ByteVector out;
  while (true) {
    const auto request = frames.take();
    refused = !request;
    if (!request || !*request) return out;
    const ByteVector frame = control_frame(**request);
    out.insert(out.end(), frame.begin(), frame.end());
  }
}
ByteVector written_again(LineGatherer& lines, bool& refused) {
  ByteVector out;
  while (true) {
    const auto line = lines.take();
    refused = !line;
    if (!line || !*line) return out;
    INVARIANT((*line)->size() <= kControlLineCharsMax && (*line)->find('\n') == std::string::npos);
    out.insert(out.end(), (*line)->begin(), (*line)->end());
    out.push_back('\n');
  }
}

Bytes as_piece(FrameGatherer&, Bytes piece) {
  return piece;
}
std::string_view as_piece(LineGatherer&, Bytes piece) {
  return as_text(piece);
}

template <typename Gatherer>
void check(std::span<const ByteVector> pieces) {
  Gatherer in_pieces, at_once;
  ByteVector stream, out;
  bool refused = false;
  for (const ByteVector& piece : pieces) {
    in_pieces.add(as_piece(in_pieces, piece));
    stream.insert(stream.end(), piece.begin(), piece.end());
    const ByteVector more = written_again(in_pieces, refused);
    out.insert(out.end(), more.begin(), more.end());
    if (refused) break;  // the pipe is closed
  }
  INVARIANT(out.size() <= stream.size() && equal(out, Bytes(stream).first(out.size())));
  at_once.add(as_piece(at_once, stream));
  bool refused_at_once = false;
  INVARIANT(equal(written_again(at_once, refused_at_once), out) && refused_at_once == refused);
}

}  // namespace
}  // namespace farline::host

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  Reader in({data, size});
  std::vector<ByteVector> pieces;
  for (size_t total = 0; in.remaining() > 0 && total < host::kStreamBytesMax; total += pieces.back().size())
    pieces.push_back(host::piece(in));
  host::check<host::FrameGatherer>(pieces);
  host::check<host::LineGatherer>(pieces);
  return 0;
}
