// One direction of a link. The fate of a packet is decided when it is offered, from the options, the seed and the
// packets before it alone; the caller keeps the bytes until they are due (in_flight.h). No I/O, no clock, no floating
// point: the same offers give the same fates on every compiler.
// Order: policer | queue limit, half-duplex air, wake-up, serialisation (paused by outages) -> loss (a lost packet has
// used the air) -> spike, delay, jitter -> duplicate, reorder, corrupt.
// O(1) amortised a packet; memory at most kQueuePacketsMax small entries. `now` never goes backwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "emulate/episodes.h"
#include "emulate/link_options.h"

namespace farline::emulate {

constexpr size_t kQueuePacketsMax = 16'384;

enum class Verdict : uint8_t { ok, queue, policer, loss, outage };
constexpr size_t kVerdicts = 5;
std::string_view to_text(Verdict verdict);

struct Fate {
  Verdict verdict = Verdict::ok;
  int copies = 0;  // how many of `deliver` are used: 0 when dropped, else 1 or 2
  std::array<Time, 2> deliver{};
  Duration queued{};  // how long it waits behind what was offered before it
  bool corrupt = false;
  uint64_t corrupt_bit = 0;  // any number; flip bit `corrupt_bit % (8 * size)` of the payload
};

struct DirectionCounters {  // bytes as offered: with their IP and UDP headers
  std::array<uint64_t, kVerdicts> packets{};
  std::array<uint64_t, kVerdicts> bytes{};
};

// The shared medium of a half-duplex link: who has the air, and until when. Owned by Link.
struct Air {
  DurationRange turnaround{};
  const void* owner = nullptr;
  Time free_at{};
};

enum class Way : uint8_t { up, down };

class LinkDirection {
 public:
  struct Config {
    LinkOptions options;
    uint64_t seed = 1;
    Way way = Way::up;
    Time start{};
    Air* air = nullptr;  // not owned; outlives this. nullptr: full duplex
  };
  explicit LinkDirection(const Config& config);
  LinkDirection(const LinkDirection&) = delete;
  LinkDirection& operator=(const LinkDirection&) = delete;

  // `wire_bytes` is the size of the IP packet, 1..65535.
  Fate offer(Time now, size_t wire_bytes);
  // Holds for packets offered from now on.
  void set_options(Time now, const LinkOptions& options);

  const LinkOptions& options() const { return options_; }
  const DirectionCounters& counters() const { return counters_; }
  size_t queued_bytes(Time now) const;  // not yet on their way
  Duration queue_wait(Time now) const;  // of a packet offered now
  bool in_outage(Time now) const { return outages_.contains(now); }

 private:
  struct Queued {
    Time sent;
    size_t bytes;
  };
  struct Served {
    Verdict verdict;
    Time sent{};
  };
  Served serve(Time now, size_t bytes);
  Served police(Time now, size_t bytes);
  Time first_start(Time now);
  Time transmit(Time start, size_t bytes);
  bool queue_is_full(Time now, Time start, size_t bytes) const;
  bool lose();
  Time arrival(Time sent);
  void serve_cross_traffic(Time now);
  Duration cross_gap();
  uint64_t rate_at(Time now);
  void forget_sent(Time now);

  LinkOptions options_;
  Time start_;
  Air* air_;
  Way way_;
  uint64_t seed_;
  Prng fate_;
  Prng cross_prng_;
  Wander jitter_;
  Wander rate_swing_;
  Episodes outages_;
  Episodes spikes_;

  std::deque<Queued> queue_;
  size_t queue_bytes_ = 0;
  Time busy_until_;
  bool used_ = false;  // anything sent yet
  Time last_arrival_{};
  bool bad_state_ = false;
  int64_t tokens_ = 0;  // policer, in bit-nanoseconds per second: bits * 1e9
  Time tokens_at_{};
  bool dry_ = false;
  Ppm policer_drop_ = 0;
  Time next_cross_;
  DirectionCounters counters_;
};

}  // namespace farline::emulate
