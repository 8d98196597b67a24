#include "host/control_frames.h"

namespace farline::host {
namespace {

constexpr size_t kLengthBytes = 4;

}  // namespace

ByteVector control_frame(Bytes request) {
  INVARIANT(request.size() <= kControlFrameBytesMax);
  ByteVector frame(kLengthBytes + request.size());
  Writer writer(frame);
  writer.u32(static_cast<uint32_t>(request.size()));
  writer.bytes(request);
  return frame;
}

void FrameGatherer::add(Bytes piece) {
  input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(std::exchange(taken_, 0)));
  input_.insert(input_.end(), piece.begin(), piece.end());
}

Result<std::optional<ByteVector>> FrameGatherer::take() {
  Reader reader(Bytes(input_).subspan(taken_));
  const uint32_t length = reader.u32();
  if (length > kControlFrameBytesMax) return Error{Errc::limit, "request is too long"};
  const Bytes request = reader.bytes(length);
  if (!reader.ok()) return std::optional<ByteVector>();
  taken_ += kLengthBytes + length;
  return std::optional<ByteVector>(to_vector(request));
}

void LineGatherer::add(std::string_view piece) {
  input_.erase(0, std::exchange(taken_, 0));
  input_ += piece;
}

Result<std::optional<std::string>> LineGatherer::take() {
  const std::string_view rest = std::string_view(input_).substr(taken_);
  const size_t end = rest.find('\n');
  if (std::min(end, rest.size()) > kControlLineCharsMax) return Error{Errc::limit, "line is too long"};
  if (end == rest.npos) return std::optional<std::string>();
  taken_ += end + 1;
  return std::optional<std::string>(rest.substr(0, end));
}

}  // namespace farline::host
