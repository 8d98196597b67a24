#include "path/loss_kind.h"

#include <algorithm>

namespace farline::path {
namespace {

constexpr double kMemory = 0.97;      // of a window by the next
constexpr double kLossesTold = 6;     // fewer show no pattern
constexpr double kShareTold = 0.003;  // less is not worth a name
constexpr double kBursts = 1.8;       // windows are few: losses one by one seem up to 1.5 long

}  // namespace

std::string_view word(LossKind kind) {
  switch (kind) {
    case LossKind::none:
      return "none";
    case LossKind::random:
      return "random";
    case LossKind::bursts:
      return "bursts";
    case LossKind::policer:
      return "policer";
  }
  return "none";
}

void LossPattern::add(uint64_t packets, uint64_t lost) {
  packets_ += packets;
  lost_ += lost;
  if (packets_ < kWindow) return;
  const auto x = static_cast<double>(lost_);
  windows_ = windows_ * kMemory + 1;
  all_ = all_ * kMemory + static_cast<double>(packets_);
  losses_ = losses_ * kMemory + x;
  squares_ = squares_ * kMemory + x * x;
  packets_ = lost_ = 0;
}

double LossPattern::mean_burst() const {
  if (losses_ < kLossesTold || losses_ >= all_) return 1;
  const double mean = losses_ / windows_;
  const double variance = squares_ / windows_ - mean * mean;
  const double dispersion = variance / (mean * (1 - losses_ / all_));
  return std::max(1.0, (dispersion + 1) / 2);
}

LossKind LossPattern::kind() const {
  if (losses_ < 1 || losses_ < kShareTold * all_) return LossKind::none;
  return mean_burst() >= kBursts ? LossKind::bursts : LossKind::random;
}

}  // namespace farline::path
