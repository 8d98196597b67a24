// Frames of sound (20 ms) that went by without us because this machine was late: of silence, which the speaker played
// behind the last frame it was given, and of the microphone, which are lost before the next. From host/audio to whoever
// compares what was played with what is heard (voice/echo_canceller.h).
#pragma once

#include <cstddef>

namespace farline {

struct SoundGap {
  size_t played = 0;
  size_t captured = 0;
};

}  // namespace farline
