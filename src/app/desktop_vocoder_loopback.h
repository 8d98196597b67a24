// "What do I sound like?": what is said comes back as the far end of a thin link hears it: cleaned, encoded and decoded
// with the codec that a link of 2,400 bit/s gets. It listens until there is a pause, plays, and listens again.
#pragma once

#include <memory>
#include <vector>

#include "client/view.h"
#include "host/audio.h"
#include "voice/codec.h"
#include "voice/speech_input.h"

namespace farline::app {

class VocoderLoopback {
 public:
  static constexpr uint32_t kLinkBps = 2400;
  static constexpr Duration kListenMax = 5s;
  static constexpr Duration kPause = 800ms;  // that ends what was said

  explicit VocoderLoopback(bool is_microphone);

  void hear(host::FrameIn frame);
  void play(host::FrameOut frame);  // silence while it listens
  client::SoundTest state() const { return state_; }

 private:
  void begin_listening();
  void begin_playing();

  std::unique_ptr<voice::CodecFactory> codecs_;
  voice::SpeechInput input_;
  client::SoundTest state_ = client::SoundTest::listening;
  std::vector<int16_t> sound_;  // heard, then to be played
  size_t played_ = 0;
  Duration quiet_{};
  bool has_speech_ = false;
};

}  // namespace farline::app
