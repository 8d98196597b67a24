// The sound devices of the desktop: opened only while something needs them, and again when one comes back. Carries the
// frames of a call, rings, shows how loud it is, and lets a person hear what the vocoder makes of them. A missing or
// unplugged device is stood in for by silence: nothing here ends a call. Loop thread only.
//
// Timers: open    start: something else is needed    0 ms    effect: the devices are opened or closed
//         check   start: opened                      1 s     effect: what was unplugged is missed, what is back is used
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "app/desktop_tones.h"
#include "app/desktop_vocoder_loopback.h"
#include "client/view.h"

namespace farline::app {

class DesktopSound final : host::AudioHandler {
 public:
  // What both ends are: devices, or files for a machine without any (and for tests).
  struct Ends {
    host::AudioSourceSpec source{host::AudioSourceSpec::Kind::device, {}};
    host::AudioSinkSpec sink{host::AudioSinkSpec::Kind::device, {}};
  };
  struct Hooks {
    std::function<void(Time, host::FrameIn)> captured;  // in a call
    std::function<void(host::FrameOut)> wanted;         // in a call
    std::function<void(SoundGap)> skipped;              // in a call
    std::function<void()> changed;                      // there is something else to show
  };
  DesktopSound(host::Loop& loop, Ends ends, Hooks hooks);
  ~DesktopSound() override;

  // Device names as the person chose them; empty: the system's.
  void choose(const std::string& input, const std::string& output);
  void set_call(bool on);
  void ring(DesktopTones::Kind kind);
  void watch(bool on);
  void test(bool on);
  // A voice note: from the microphone, or to the loudspeaker instead of a call. Neither: none. Not from inside either.
  struct Note {
    std::function<void(host::FrameIn)> heard{};
    std::function<void(host::FrameOut)> wanted{};
  };
  void set_note(Note note);

  bool is_watched() const { return watched_; }
  // Both ends are devices: what is played can be heard by the microphone.
  bool may_echo() const;
  bool is_microphone() const { return ends_.source.kind == host::AudioSourceSpec::Kind::device; }
  // In use, and not there.
  bool misses_input() const { return engine_ && open_for_.in && !has_input_; }
  bool misses_output() const { return engine_ && open_for_.out && !has_output_; }
  client::SoundView view() const;

 private:
  struct Needs {
    bool in = false;
    bool out = false;
    friend bool operator==(const Needs&, const Needs&) = default;
  };
  struct Level {
    int peak = 0;  // of this window
    float dbfs = -96;
    size_t frames = 0;
    void add(host::FrameIn frame);
    bool is_full() const;
    void close();
  };

  void handle_capture(Time now, host::FrameIn frame) override;
  void take_playout(Time now, host::FrameOut frame) override;
  void handle_gap(Time now, SoundGap gap) override;
  void capture_ended(Time) override {}

  Needs needs() const;
  void follow_needs();
  void reopen();
  std::unique_ptr<host::AudioEngine> open_what_opens();
  void check();
  bool lacks_microphone() const;
  void list();

  host::Loop& loop_;
  Ends ends_;
  Hooks hooks_;
  std::string input_, output_;
  bool in_call_ = false;
  bool watched_ = false;
  Note note_;
  DesktopTones tones_;
  std::unique_ptr<VocoderLoopback> test_;

  Needs open_for_;
  bool chosen_anew_ = false;
  bool has_input_ = false;
  bool has_output_ = false;
  host::AudioDevices devices_;
  Level in_level_, out_level_;
  std::optional<Time> clipped_at_;
  bool is_clipped_ = false;
  std::unique_ptr<host::AudioEngine> engine_;
  host::Timer open_timer_;
  host::Timer check_timer_;
};

}  // namespace farline::app
