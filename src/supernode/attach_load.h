// How many attaches a node takes: at most kQueueMax of work waits, never more clients than it has room for, and who is
// refused is told when to come back. Asked before any Diffie-Hellman, so that refusing costs next to nothing: overload
// is an answer, never an end (the supernodes of 2010 switched themselves off, and their clients took the next ones
// down). Simulated with a million clients in tests/sim/outage.
//
// A function of its arguments; no I/O.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/rng.h"
#include "base/time.h"

namespace farline::supernode {

class AttachLoad {
 public:
  static constexpr Duration kQueueMax = 2s;
  static constexpr uint32_t kRetryAfterMin = 1;  // seconds
  static constexpr uint32_t kRetryAfterMax = 120;
  static constexpr uint32_t kSpreadMin = 5;
  static constexpr uint32_t kSpreadMax = 3600;

  struct Size {
    uint32_t attaches_per_second = 1;  // > 0: what this machine works off
    uint32_t clients_max = 0;
    uint32_t calm_per_second = 0;  // at most attaches_per_second: what spread_seconds aims at; 0: all of it
  };
  explicit AttachLoad(Size size) : size_(size), each_(Duration{1s} / size.attaches_per_second) {
    if (size_.calm_per_second == 0) size_.calm_per_second = size_.attaches_per_second;
  }

  bool is_full(uint32_t clients) const { return clients >= size_.clients_max; }

  // Nothing: come in; its work is queued. Else after how many seconds it may try again, here or elsewhere.
  std::optional<uint32_t> ask(Time now, uint32_t clients, Rng& rng) {
    done_at_ = std::max(done_at_, now);
    if (!is_full(clients) && done_at_ - now + each_ <= kQueueMax) {
      done_at_ += each_;
      return std::nullopt;
    }
    return kRetryAfterMin + static_cast<uint32_t>(rng.below(kRetryAfterMax - kRetryAfterMin + 1));
  }
  Duration waiting(Time now) const { return std::max(done_at_, now) - now; }

  // Told at every attach: over how many seconds its clients come back when they all have lost this node.
  uint16_t spread_seconds(uint32_t clients) const {
    return static_cast<uint16_t>(std::clamp(clients / size_.calm_per_second, kSpreadMin, kSpreadMax));
  }

 private:
  Size size_;
  Duration each_;
  Time done_at_{};
};

}  // namespace farline::supernode
