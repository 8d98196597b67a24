// The two directions of a control pipe (control_pipe.h) as bytes: requests are frames (u32 length, bytes), answers are
// lines that end in '\n'. Both gather what a stream delivers in any pieces and give out what is whole; what is longer
// than its bound is refused before there is room for it. Sticky: after an error nothing comes any more.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace farline::host {

inline constexpr size_t kControlFrameBytesMax = 64 * 1024;
inline constexpr size_t kControlLineCharsMax = 64 * 1024;

// REQUIRES a request of at most kControlFrameBytesMax.
ByteVector control_frame(Bytes request);

class FrameGatherer {
 public:
  void add(Bytes piece);
  // The next request; nothing while it is not whole. Errc::limit: it says that it is too long.
  Result<std::optional<ByteVector>> take();

 private:
  ByteVector input_;
  size_t taken_ = 0;  // of it
};

class LineGatherer {
 public:
  void add(std::string_view piece);
  // The next line, without its end. Errc::limit as above.
  Result<std::optional<std::string>> take();

 private:
  std::string input_;
  size_t taken_ = 0;
};

}  // namespace farline::host
