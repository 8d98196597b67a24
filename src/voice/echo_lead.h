// By how much the sound given to the speaker is ahead of what came from the microphone, counted in samples. Their
// clocks drift, and both come in bursts; but a lead that jumps and stays says that a device lost or filled in sound of
// its own: the echo is elsewhere by as much, and who waits until that is heard lets it through for seconds.
// Deterministic, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "voice/codec.h"

namespace farline::voice {

class EchoLead {
 public:
  struct Step {
    bool is_away = false;  // from where it has been for the last one or two seconds: is it a burst, or has it jumped?
    int64_t jumped = 0;    // samples, once: it has
  };
  // With each captured unit.
  Step follow(int64_t lead);
  // Somewhere in its range, of the last second or so; changes when it leaves that for good.
  int64_t steady() const { return steady_; }

 private:
  struct Range {
    int64_t least = 0;
    int64_t most = 0;
    int64_t sum = 0;
    uint32_t units = 0;
    void note(int64_t lead);
    int64_t mean() const { return sum / static_cast<int64_t>(units); }
  };
  bool is_known(int64_t lead) const;
  Step note_away(int64_t lead);

  int64_t steady_ = 0;
  Range before_;  // the last whole second
  Range now_;     // since then
  Range away_;    // of a lead that is neither
};

}  // namespace farline::voice
