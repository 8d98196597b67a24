// Smoothed round-trip time (RFC 6298 section 2: alpha 1/8, beta 1/4). Only unambiguous samples are given to it (Karn).
#pragma once

#include <optional>

#include "base/time.h"

namespace farline::path {

class RoundTrip {
 public:
  void sample(Duration rtt) {
    if (!smoothed_) {
      smoothed_ = rtt;
      variation_ = rtt / 2;
      return;
    }
    const Duration error = *smoothed_ > rtt ? *smoothed_ - rtt : rtt - *smoothed_;
    variation_ += (error - variation_) / 4;
    *smoothed_ += (rtt - *smoothed_) / 8;
  }
  std::optional<Duration> smoothed() const { return smoothed_; }
  Duration variation() const { return variation_; }

 private:
  std::optional<Duration> smoothed_;
  Duration variation_{};
};

}  // namespace farline::path
