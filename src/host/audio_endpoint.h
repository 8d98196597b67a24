// The two ends that an AudioEngine joins, and how each kind is opened. Private to host/.
#pragma once

#include <functional>
#include <memory>

#include "host/audio.h"

namespace farline::host {

class AudioCapture {
 public:
  enum class Got {
    frame,    // `out` is filled
    nothing,  // not yet; try again when the next frame is due
    end,      // `out` is silence, and will be from now on
  };
  virtual ~AudioCapture() = default;
  virtual Got read(FrameOut out) = 0;
  virtual bool has_own_clock() const { return false; }  // a device: read() whenever it has a frame
  virtual bool is_lost() const { return false; }        // unplugged
  // Frames that were lost behind the last one read, since the last call.
  virtual size_t take_gap() { return 0; }
};

class AudioPlayout {
 public:
  virtual ~AudioPlayout() = default;
  virtual bool write(FrameIn frame) = 0;                // false: the frame was dropped
  virtual bool has_own_clock() const { return false; }  // a device: write() whenever it wants a frame
  virtual bool wants_frame() const { return true; }
  virtual bool is_lost() const { return false; }
  // Frames of silence that were played behind the last one written, since the last call.
  virtual size_t take_gap() { return 0; }
};

Result<std::unique_ptr<AudioCapture>> open_wav_capture(const std::string& path, bool loop_forever);
Result<std::unique_ptr<AudioPlayout>> open_wav_playout(const std::string& path);
// Descriptors as parameters so that tests can use a pipe of their own; they are duplicated, not taken over.
Result<std::unique_ptr<AudioCapture>> open_raw_capture(Loop& loop, int fd);
Result<std::unique_ptr<AudioPlayout>> open_raw_playout(Loop& loop, int fd);
// `woke` is called on the sound system's thread whenever the device took or gave samples.
Result<std::unique_ptr<AudioCapture>> open_device_capture(const std::string& name, std::function<void()> woke);
Result<std::unique_ptr<AudioPlayout>> open_device_playout(const std::string& name, std::function<void()> woke);

}  // namespace farline::host
