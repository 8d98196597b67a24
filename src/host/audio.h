// Sound endpoints of a call: PCM of 16 kHz, mono, int16, in frames of 20 ms. A source captures, a sink plays out, each
// at its own pace: a device's at its crystal's, everything else at that of one virtual sound card clocked by
// host/clock.h. Loop thread only; the device's own thread stays behind a ring.
//
//   SRC  file.wav | loop:file.wav | device[:NAME] | silence | -      (- is raw s16le at 16 kHz, on standard input)
//   DST  file.wav | device[:NAME] | null | -
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sound_gap.h"
#include "base/spsc_ring.h"
#include "base/time.h"
#include "host/frame_pacer.h"
#include "host/loop.h"

namespace farline::host {

inline constexpr uint32_t kAudioSampleRate = 16000;
inline constexpr size_t kAudioFrameSamples = 320;
using FrameIn = std::span<const int16_t, kAudioFrameSamples>;
using FrameOut = std::span<int16_t, kAudioFrameSamples>;

struct AudioSourceSpec {
  enum class Kind { wav, wav_loop, silence, raw, device };
  Kind kind = Kind::silence;
  std::string name;  // the file, or the device; empty: the default device
};
struct AudioSinkSpec {
  enum class Kind { wav, null, raw, device };
  Kind kind = Kind::null;
  std::string name;
};
Result<AudioSourceSpec> parse_audio_source(std::string_view text);
Result<AudioSinkSpec> parse_audio_sink(std::string_view text);

// Where the frames go. These may destroy the engine.
class AudioHandler {
 public:
  virtual ~AudioHandler() = default;
  virtual void handle_gap(Time, SoundGap) {}  // before the first frame behind it
  virtual void handle_capture(Time now, FrameIn frame) = 0;
  virtual void take_playout(Time now, FrameOut frame) = 0;
  virtual void capture_ended(Time now) = 0;  // the file or pipe is at its end, once; silence follows
};

struct AudioOptions {
  AudioSourceSpec source;
  AudioSinkSpec sink;
  int32_t clock_ppm = 0;  // error of the virtual sound card's clock, within FramePacer::kPpmMax; for tests
};

struct AudioCounters {
  uint64_t captured_frames = 0;
  uint64_t played_frames = 0;
  uint64_t filled_frames = 0;   // silence, because a pipe or a device gave nothing in time
  uint64_t dropped_frames = 0;  // the sink took no more (pipe not read, disk full)
  uint64_t gap_frames = 0;      // SoundGap's, both kinds
};

class AudioCapture;
class AudioPlayout;

class AudioEngine {
 public:
  // Opens both ends and starts. Loop and handler outlive the engine.
  static Result<std::unique_ptr<AudioEngine>> open(Loop& loop, const AudioOptions& options, AudioHandler& handler);
  ~AudioEngine();  // a WAV file is complete afterwards

  const AudioCounters& counters() const { return counters_; }
  // A device that was unplugged since: silence stands in for it.
  bool has_lost_capture() const;
  bool has_lost_playout() const;

 private:
  AudioEngine(Loop& loop, AudioHandler& handler);
  void wake();
  bool capture(Time now, bool due);
  bool play(Time now, bool due);
  void report_gap(Time now, SoundGap gap);

  AudioHandler& handler_;
  AudioCounters counters_;
  FramePacer pacer_{Time{}, 0};
  Timer timer_;
  Handle<uv_async_s> device_woke_;
  std::unique_ptr<AudioCapture> capture_;
  std::unique_ptr<AudioPlayout> playout_;
  Time captured_at_{}, played_at_{};
  bool ended_ = false;
  bool* destroyed_ = nullptr;
};

// A WAV file as fast as it is read, until its end or until `take` says false.
Result<void> read_wav(const std::string& path, const std::function<bool(FrameIn)>& take);

struct AudioDevices {
  std::vector<std::string> capture;
  std::vector<std::string> playout;
};
// What device:NAME can name. Errc::not_found when this machine has no sound system.
Result<AudioDevices> list_audio_devices();

}  // namespace farline::host
