// Somebody to try a link with: takes every call, says back what it hears, and when it hears nothing for a while, says
// something recorded, for those without a microphone.
#pragma once

#include <deque>
#include <memory>

#include "app/cli_phone.h"

namespace farline::app {

class EchoPartner final : private host::AudioHandler {
 public:
  static constexpr Duration kPatience = 3s;  // in silence
  struct Options {
    uint32_t max_bps = 0;       // of what it sends; 0: no limit
    std::string speech_file{};  // a WAV; empty: it stays silent
    std::function<void()> connected{};
  };
  // Errors: those of Phone::open. Loop outlives it.
  static Result<std::unique_ptr<EchoPartner>> open(host::Loop& loop, Profile profile, Options options);
  ~EchoPartner() override;

  bool is_attached() { return phone_->core().is_attached(); }

 private:
  EchoPartner(host::Loop& loop, Profile profile, Options options);
  void on_event(const client::Event& event);
  void start_sound();
  void handle_capture(Time now, host::FrameIn frame) override;
  void take_playout(Time now, host::FrameOut frame) override;
  void capture_ended(Time) override {}

  host::Loop& loop_;
  Profile profile_;
  Options options_;
  std::unique_ptr<Phone> phone_;
  std::unique_ptr<host::AudioEngine> sound_;
  host::Timer sound_timer_;  // the engine may not be made or destroyed from inside an event of the phone
  bool is_in_call_ = false;
  std::deque<std::array<int16_t, host::kAudioFrameSamples>> heard_;
  Time heard_at_{};
};

}  // namespace farline::app
