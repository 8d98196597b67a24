// A WAV file of 16 kHz mono that grows: it plays even when the program is killed, but for the last second.
#pragma once

#include <memory>
#include <string>

#include "host/audio.h"
#include "host/file.h"

namespace farline::host {

class WavWriter {
 public:
  static Result<std::unique_ptr<WavWriter>> open(const std::string& path);  // replaces what is there
  ~WavWriter();

  bool write(FrameIn frame);  // false: the disk takes no more

 private:
  explicit WavWriter(File file) : file_(std::move(file)) {}
  Result<void> write_header();

  File file_;
  uint64_t data_bytes_ = 0;
  uint64_t frames_ = 0;
};

}  // namespace farline::host
