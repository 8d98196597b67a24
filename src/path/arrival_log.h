// What one direction of a call's media looks like where it arrives: which packets came, how late against their own
// clock, and how far apart a back-to-back pair was spread (packet-pair dispersion: Keshav, SIGCOMM 1991). The far end
// gets it in 4 bytes (docs/PROTOCOL.md section 5) and draws the conclusions (link_estimate.h); what is decided here is
// only when it should hear at once.
//
// O(1) a packet, fixed memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "path/windowed_least.h"
#include "wire/voice_payload.h"

namespace farline::path {

struct Arrival {
  uint64_t counter = 0;     // of SFrame; authentic and never the same twice
  uint32_t wire_bytes = 0;  // headers included
  bool is_pair = false;     // sent back to back behind counter - 1
  bool is_timed = true;     // sent_at and packet_time say something
  Duration sent_at{};       // on the sender's media clock, any zero: when the last sound in the packet was captured
  Duration packet_time{};   // until the next one is expected; zero: not known
};

class ArrivalLog {
 public:
  void add(Time now, const Arrival& arrival);

  // Nothing before the first packet.
  std::optional<wire::VoiceReport> report(Time now) const;
  // The far end should know now: packets come much later than they did, a packet is overdue, a pair was measured, or
  // it tries another rung and must soon learn how that goes.
  bool is_urgent(Time now) const;
  // A packet should have come, and the far end has not been told yet.
  bool is_overdue(Time now) const;
  // Something came that no report has named: worth a packet of its own when no other leaves.
  bool has_news() const { return highest_ != told_highest_; }
  // When is_urgent may next become true without a packet.
  std::optional<Time> urgent_at() const;
  void was_reported(Time now);

  // Of the direction we receive, the median of the last five pairs; 0: not known.
  uint32_t capacity_bps() const;

 private:
  std::optional<Time> overdue_at() const;

  std::optional<uint64_t> highest_;
  Time highest_at_{};
  uint64_t received_ = 0;
  std::optional<uint64_t> told_highest_;

  WindowedLeast base_;                  // least lateness of the last minute
  std::array<Duration, 3> lateness_{};  // of the newest packets
  size_t packets_ = 0;
  Duration told_{};  // lateness above base when last reported
  Duration packet_time_{};
  bool told_overdue_ = false;
  bool pair_is_news_ = false;
  unsigned watched_packets_ = 0;              // still to be reported one by one
  std::array<uint8_t, 5> capacity_levels_{};  // the newest first
  size_t pairs_ = 0;
};

}  // namespace farline::path
