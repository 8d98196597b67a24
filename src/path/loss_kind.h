// How packets are lost: one by one, in bursts, or to a policer. Reports tell only how many of a few packets arrived, so
// bursts show in how unevenly losses fall on windows of kWindow packets: losses one by one have a binomial variance,
// and bursts of geometric length with mean L that come at random have 2 L - 1 times that (compound Poisson). Windows
// are forgotten exponentially. O(1) a report; nothing is allocated.
#pragma once

#include <cstdint>
#include <string_view>

namespace farline::path {

enum class LossKind : uint8_t { none, random, bursts, policer };
std::string_view word(LossKind kind);

class LossPattern {
 public:
  // The next packets in the order they were sent, and how many of them did not arrive.
  void add(uint64_t packets, uint64_t lost);
  // Packets lost in a row, in the mean; 1 while that cannot be told.
  double mean_burst() const;
  // none, random or bursts.
  LossKind kind() const;

 private:
  static constexpr uint64_t kWindow = 16;

  uint64_t packets_ = 0;  // of the window that is being filled
  uint64_t lost_ = 0;
  double windows_ = 0;  // weighted sums
  double all_ = 0;
  double losses_ = 0;
  double squares_ = 0;  // of losses in a window
};

}  // namespace farline::path
