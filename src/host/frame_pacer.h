// When the virtual sound card has its next frame: each 20 ms of its own clock, counted from the start so that nothing
// accumulates. Pure arithmetic on the times it is given.
#pragma once

#include "base/check.h"
#include "base/time.h"

namespace farline::host {

inline constexpr Duration kAudioFrame = 20ms;

class FramePacer {
 public:
  // Frames made up for after a late wake; beyond that (the machine slept) the card stood still, as a real one does.
  static constexpr int64_t kCatchUpMax = 25;
  static constexpr int32_t kPpmMax = 5000;

  // A positive `clock_ppm` is a card whose crystal runs fast.
  FramePacer(Time start, int32_t clock_ppm) : start_(start), ppm_(clock_ppm) {
    INVARIANT(clock_ppm >= -kPpmMax && clock_ppm <= kPpmMax);
  }

  Time next() const { return deadline(frames_ + 1); }
  // Takes one frame that is due. Call until it is false.
  bool take(Time now) {
    if (now < next()) return false;
    ++frames_;
    if (now - deadline(frames_) > kCatchUpMax * kAudioFrame) {
      start_ = now;
      frames_ = 0;
      ++stalls_;
    }
    return true;
  }
  uint64_t stalls() const { return stalls_; }

 private:
  // start + n * 20 ms * 10^6 / (10^6 + ppm), written so that 64 bits hold it for n of 20 days.
  Time deadline(int64_t n) const {
    const int64_t nominal = n * kAudioFrame.count();
    return start_ + Duration{nominal - nominal / 1000 * ppm_ / (1'000'000 + ppm_) * 1000};
  }

  Time start_;
  int64_t frames_ = 0;
  int64_t ppm_;
  uint64_t stalls_ = 0;
};

}  // namespace farline::host
