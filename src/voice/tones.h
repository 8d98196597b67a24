// Soft tones that tell the listener what the sound cannot: speech is missing here, they have finished, the link is
// silent and the call is held. Mixed into what is played; nothing of it is sent. Deterministic.
#pragma once

#include <cstdint>
#include <span>

#include "voice/codec.h"

namespace farline::voice {

class Tones {
 public:
  enum class Kind : uint8_t {
    missing,      // a short low knock
    end_of_turn,  // a short high one
  };
  // Instead of one that still sounds.
  void start(Kind kind);
  // The comfort tone: two low notes each 3 s, until it is set to false.
  void set_held(bool held);
  void mix(std::span<int16_t, kUnitSamples> pcm);

 private:
  struct Note {
    double hertz;
    double level;  // peak, of int16
    size_t samples;
  };
  static const Note& note(Kind kind);
  void start(const Note& note);

  const Note* note_ = nullptr;
  size_t at_ = 0;  // samples into it
  bool held_ = false;
  size_t held_at_ = 0;  // samples into the period
};

}  // namespace farline::voice
