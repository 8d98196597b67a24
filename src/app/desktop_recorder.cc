#include "app/desktop_recorder.h"

#include <algorithm>

namespace farline::app {

Result<std::unique_ptr<DesktopRecorder>> DesktopRecorder::open(const std::string& path) {
  auto file = host::WavWriter::open(path);
  if (!file) return file.error();
  return std::unique_ptr<DesktopRecorder>(new DesktopRecorder(path, std::move(*file)));
}

void DesktopRecorder::hear(host::FrameIn ours) {
  if (ours_.size() >= kWaitingMax) ours_.pop_front();
  std::ranges::copy(ours, ours_.emplace_back().begin());
}

bool DesktopRecorder::play(host::FrameIn theirs) {
  std::array<int16_t, host::kAudioFrameSamples> mixed;
  std::ranges::copy(theirs, mixed.begin());
  if (!ours_.empty()) {
    for (size_t i = 0; i < mixed.size(); ++i)
      mixed[i] = static_cast<int16_t>(std::clamp(int{mixed[i]} + int{ours_.front()[i]}, -32768, 32767));
    ours_.pop_front();
  }
  return file_->write(mixed);
}

}  // namespace farline::app
