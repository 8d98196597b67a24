// What one direction of a link does to packets, as plain integers, and the text form of it ("key=value").
// Zero everywhere is a perfect link. Sources of the models: rates, spikes, asymmetry RFC 3481; burst loss Gilbert 1960
// and Elliott 1963; policers Flach et al., SIGCOMM 2016. Values of real links: profiles.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "emulate/prng.h"

namespace farline::emulate {

// Two-state loss: the state may change before each packet; in the bad state a packet is lost with `loss_in_bad`.
struct GilbertElliott {
  Ppm good_to_bad = 0;  // 0: off
  Ppm bad_to_good = 0;
  Ppm loss_in_bad = 0;
};

// Something that comes again and again: a pause drawn from `every`, then an episode drawn from `length` (a share of
// them from `long_length`), and so on.
struct EpisodeOptions {
  DurationRange every{};  // 0..0: never
  DurationRange length{};
  Ppm long_share = 0;
  DurationRange long_length{};
  friend bool operator==(const EpisodeOptions&, const EpisodeOptions&) = default;
};

struct ScheduledOutage {
  Duration start{};  // after the link's start
  Duration length{};
  friend bool operator==(const ScheduledOutage&, const ScheduledOutage&) = default;
};
constexpr size_t kScheduledOutagesMax = 8;

struct PolicerOptions {      // token bucket of the link's rate; no queue; what does not conform is dropped with a
  uint32_t burst_bytes = 0;  // probability drawn from drop_min..drop_max each time the bucket runs dry. 0: off
  Ppm drop_min = 0;
  Ppm drop_max = 0;
};

struct IdleWakeOptions {  // a radio that sleeps: the first packet after `idle` waits `extra` more
  Duration idle{};        // 0: off
  DurationRange extra{};
};

struct LinkOptions {
  uint64_t rate_bps = 0;   // 0: unlimited
  Ppm rate_swing_min = 0;  // the rate wanders between these shares of rate_bps; 0..0: constant
  Ppm rate_swing_max = 0;
  Duration delay{};       // one way, after the last bit has left
  Duration jitter{};      // added: 0..jitter, wandering; order is kept
  Duration step_every{};  // part of the jitter jumps at this interval (a constellation that reassigns satellites)
  Ppm loss = 0;
  GilbertElliott ge{};
  EpisodeOptions outage{};  // the transmitter pauses and the queue is held; both directions at the same times
  std::array<ScheduledOutage, kScheduledOutagesMax> outages{};  // when given (length > 0), instead of random ones
  bool outage_drop = false;                                     // what meets an outage is lost instead of held
  EpisodeOptions delay_spike{};  // what leaves in a spike arrives after its end; no capacity is lost
  PolicerOptions policer{};
  uint32_t queue_bytes = 0;  // drop-tail limit, counting the packet being sent; 0: see queue_time
  Duration queue_time{};     // drop-tail limit as waiting time; 0: none. With neither, kQueueBytesDefault.
  IdleWakeOptions idle_wake{};
  Ppm duplicate = 0;  // delivered twice
  Ppm reorder = 0;    // delivered up to kReorderDelayMax late, others pass
  Ppm corrupt = 0;    // one bit flipped
  Ppm cross = 0;      // share of the rate taken by other people's packets of cross_bytes
  uint32_t cross_bytes = 600;
};

constexpr uint32_t kQueueBytesDefault = 1 << 20;
constexpr Duration kReorderDelayMax = 500ms;

// Sets one option from text. Numbers are decimal, lists use ':'. The error names the key and what it expects.
//   rate=9600|22k|1M  rate_swing=0.25:1  delay_ms=900  jitter_ms=600  step_every_s=15  loss=0.01  ge=0.002:0.05:0.6
//   outage_every_s=600:1800  outage_len_s=25:60  outage_long=0.05:180:480  outage_drop=1  outages=30+10:90+5
//   spike_every_s=60:180  spike_len_s=3:15  policer=4096:0.45:1  queue_bytes=8192  queue_ms=1500
//   idle_wake=10:500:1500  duplicate=0.01  reorder=0.01  corrupt=0.001  cross=0.3  cross_bytes=600
Result<void> set_option(LinkOptions& options, std::string_view key, std::string_view value);

}  // namespace farline::emulate
