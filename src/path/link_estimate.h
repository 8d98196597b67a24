// What we know of the path towards the far end, from our own packets and the reports about them: round trip, queueing
// delay, delivered rate, loss, capacity. Their clock need not agree with ours: only changes of (arrival - departure)
// count, above the least of the last minute, which forgets clock skew. Voice has a few packets a second, so levels over
// a window are used, not gradients, and a single late packet proves nothing.
//
// O(1) a packet or report, fixed memory. Reports come from an authentic peer, and are still only believed where they
// fit what was sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/time.h"
#include "path/loss_kind.h"
#include "path/round_trip.h"
#include "path/windowed_least.h"
#include "wire/voice_payload.h"

namespace farline::path {

class LinkEstimate {
 public:
  // Every media packet, in order of its SFrame counter (from 0, without gaps).
  void sent(Time now, uint32_t wire_bytes, bool is_pair);
  // False when it says nothing new, or cannot be about what was sent.
  bool handle_report(Time now, const wire::VoiceReport& report);
  // The path is another one (address, relay): what was learnt of it is void; packets sent stay known.
  void path_changed();

  std::optional<Duration> round_trip() const { return round_trip_.smoothed(); }
  Duration round_trip_variation() const { return round_trip_.variation(); }

  // Time packets wait above the least: the smaller one of the two newest reported, and no less than reports prove.
  // Where the delay wanders, the least of the last 6 s: a queue of ours would be in that too.
  Duration queue() const;
  // How far the delay goes by itself, where it goes seconds up and comes back again and again (NB-IoT); else zero.
  Duration wander() const;
  // What the newest report says of the packet it is about: its delay above the least, in which its own time on the
  // link is included, and its size. Not the second of a pair: it waited behind the first.
  struct Reported {
    Duration delay{};
    uint32_t bytes = 0;
  };
  Reported newest() const { return newest_; }
  // Bit/s that arrived between the reports of the last 3 s or more; 0: not known.
  uint32_t delivered_bps() const;
  // Bit/s between the two newest reports, if both came since then: what a link carries while packets queue. 0: not
  // known.
  uint32_t newest_bps(Time since) const;
  // Of the packets reported on since then.
  struct Loss {
    uint64_t packets = 0;
    uint64_t lost = 0;
    double share() const { return packets == 0 ? 0 : static_cast<double>(lost) / static_cast<double>(packets); }
  };
  Loss loss(Time since) const;
  const LossPattern& loss_pattern() const { return losses_; }
  // How much the delay of packets varies beside what a queue does that only grows or only shrinks: twice the smaller
  // one of the mean rise and the mean fall from report to report.
  Duration jitter() const { return 2 * std::min(rises_, falls_); }
  // What the link carries, of the last five packet pairs together, none older than three minutes. Jitter moves the
  // second packet of each by as much, whatever its size, so readings are not equal: their times are summed, not their
  // rates. Nothing until there are three. Two in a row that read far from those before
  // count alone: the link has changed.
  struct Capacity {
    uint32_t bps = 0;
    uint32_t sure_bps = 0;   // two standard errors below
    bool is_clear = false;   // the standard error is below a quarter
    uint32_t clear_bytes{};  // pairs as large would be clear
    uint32_t pair_bytes{};   // as large they were
  };
  std::optional<Capacity> capacity(Time now) const;
  struct Pair {
    Time at{};  // when it was reported
    uint32_t bytes = 0;
    uint32_t bps = 0;
  };
  const Pair* newest_pair() const { return pair_count_ == 0 ? nullptr : &pairs_[0]; }

  uint64_t bytes_in_flight() const { return sent_bytes_ - acknowledged_bytes_; }
  // Since the oldest packet nobody has reported on was sent.
  Duration unanswered_for(Time now) const;
  std::optional<Time> last_report() const { return last_report_; }
  // What was sent until then is known.
  Time reported_until() const { return reported_until_; }
  // Usual time between reports.
  Duration report_interval() const { return report_interval_; }
  // With an empty queue; nothing before the first report.
  std::optional<Duration> least_round_trip() const { return least_round_trip_.least(); }
  // The link is not what the pairs said: measure anew.
  void forget_pairs() {
    pair_count_ = 0;
    pairs_from_ = sent_count_;
  }
  uint64_t sent_packets() const { return sent_count_; }

 private:
  static constexpr size_t kKept = 256;  // packets: what the counter's 8 bits can name
  static constexpr size_t kPoints = 64;
  struct Sent {
    Time at{};
    uint64_t bytes_until = 0;  // cumulative, this packet included
    uint32_t bytes = 0;
    bool is_pair = false;
  };
  struct Point {  // a report, the newest one of kPointSpan
    Time at{};
    uint64_t counter = 0;
    uint64_t received = 0;
    uint64_t bytes_until = 0;
    Duration arrival{};  // on our clock, but for a constant
    Duration delay{};    // so too
  };
  const Point& point(size_t age) const { return points_[(point_count_ - 1 - age) % kPoints]; }
  size_t points() const { return point_count_ < kPoints ? point_count_ : kPoints; }
  Duration unwrap_arrival(uint8_t units, Time sent, Duration round_trip) const;
  void learn_jitter(Time now);
  void learn_wander(Time now);
  void take_pair(Time now, uint64_t from, uint64_t until, uint8_t level);

  std::array<Sent, kKept> sent_{};
  uint64_t sent_count_ = 0;
  uint64_t sent_bytes_ = 0;
  uint64_t acknowledged_bytes_ = 0;
  uint64_t path_from_ = 0;  // packets before went another way

  std::array<Point, kPoints> points_{};
  size_t point_count_ = 0;
  std::optional<Time> last_report_;
  Time reported_until_{};
  Duration report_interval_ = std::chrono::seconds(1);
  Duration written_{};  // the newest report, as arrivals are

  RoundTrip round_trip_;
  WindowedLeast least_round_trip_;
  WindowedLeast least_delay_;
  Duration delay_{};  // of the newest report, relative
  Duration delay_before_{};
  Reported newest_;
  Duration rises_{};  // smoothed
  Duration falls_{};

  static constexpr size_t kReturns = 3;
  WindowedLeast near_;  // the greatest delay above the least, negative
  bool is_far_ = false;
  std::array<Time, kReturns> returns_{};  // from far up, a ring
  size_t return_count_ = 0;

  LossPattern losses_;

  struct PairSum {
    double bps = 0;
    double error = 0;  // standard, as a share
    double bytes = 0;  // mean
  };
  PairSum sum(std::span<const Pair> pairs) const;
  std::array<Pair, 5> pairs_{};  // the newest first
  size_t pair_count_ = 0;
  uint64_t pairs_from_ = 0;  // pairs sent earlier do not count
};

}  // namespace farline::path
