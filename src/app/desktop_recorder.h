// Records a call, both sides mixed, into a WAV file. Both ends' frames come at their own pace; ours waits for theirs, a
// little.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "host/wav_writer.h"

namespace farline::app {

class DesktopRecorder {
 public:
  static Result<std::unique_ptr<DesktopRecorder>> open(const std::string& path);

  void hear(host::FrameIn ours);
  bool play(host::FrameIn theirs);  // false: the disk takes no more
  const std::string& path() const { return path_; }

 private:
  DesktopRecorder(std::string path, std::unique_ptr<host::WavWriter> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  static constexpr size_t kWaitingMax = 10;  // frames

  std::string path_;
  std::unique_ptr<host::WavWriter> file_;
  std::deque<std::array<int16_t, host::kAudioFrameSamples>> ours_;
};

}  // namespace farline::app
