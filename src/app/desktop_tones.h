// What a person hears outside of the sound of a call: a call that comes in, one that rings there, one that is over.
// Mixed into what is played. Deterministic.
#pragma once

#include "host/audio.h"

namespace farline::app {

class DesktopTones {
 public:
  enum class Kind : uint8_t { none, incoming, outgoing, ended };

  void start(Kind kind);  // from its beginning; the same one that sounds goes on
  Kind kind() const { return kind_; }
  void mix(host::FrameOut frame);  // `ended` stops by itself

 private:
  Kind kind_ = Kind::none;
  size_t at_ = 0;  // samples into it
};

}  // namespace farline::app
