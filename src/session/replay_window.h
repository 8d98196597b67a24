// The anti-replay window of RFC 6479's kind over 64-bit counters: accepts each value once, and nothing more than kSize
// below the highest accepted one. check() before the tag is verified, accept() after: a forged counter moves nothing.
#pragma once

#include <bitset>
#include <cstdint>

namespace farline::session {

class ReplayWindow {
 public:
  static constexpr size_t kSize = 128;

  bool check(uint64_t counter) const {
    if (!any_ || counter > highest_) return true;
    const uint64_t age = highest_ - counter;
    return age < kSize && !seen_[static_cast<size_t>(age)];
  }
  // REQUIRES check(counter).
  void accept(uint64_t counter) {
    if (!any_ || counter > highest_) {
      const uint64_t shift = any_ ? counter - highest_ : 0;
      seen_ = shift < kSize ? seen_ << static_cast<size_t>(shift) : std::bitset<kSize>{};
      highest_ = counter;
      any_ = true;
      seen_[0] = true;
    } else {
      seen_[static_cast<size_t>(highest_ - counter)] = true;
    }
  }
  bool any() const { return any_; }
  uint64_t highest() const { return highest_; }

 private:
  std::bitset<kSize> seen_;  // bit i: highest_ - i was accepted
  uint64_t highest_ = 0;
  bool any_ = false;
};

}  // namespace farline::session
