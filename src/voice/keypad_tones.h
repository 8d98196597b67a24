// The tones of a telephone's keypad (ITU-T Q.23), as long as Q.24 asks for and longer: what is heard of keys that were
// pressed. They are sent as keys, because no vocoder passes them. Mixed into what is played. Deterministic.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "voice/codec.h"

namespace farline::voice {

class KeypadTones {
 public:
  // Each key in its turn; what is no key is silent. More than kWaitingMax wait: the rest is not heard.
  void add(std::string_view keys);
  void mix(std::span<int16_t, kUnitSamples> pcm);

 private:
  static constexpr size_t kWaitingMax = 64;

  std::string waiting_;
  size_t at_ = 0;  // samples into the first of them
};

}  // namespace farline::voice
