// How fast what stands behind voice may fill the link: files, messages, anything that can wait. It governs the sum of
// all we send, and background gets what voice leaves of it, so voice never asks. Searches for the link's rate as delay
// based transports do (LEDBAT, RFC 6817): up while no queue shows, and at one below what was delivered while it did.
//
//   starting   each step times 1.2, until the first queue or loss
//   steady    each step 1 % up; when a queue shows, to a little less than what is delivered, which drains it
//   yielding   the queue is long in spite of that: nothing until it is short
// Loss without a queue (a policer) counts as a queue, and what was sent then is not tried again for a minute; when it
// does not fall with the rate it is the link's own and does not count.
//
// O(1), no clock of its own; times are of the caller's monotonic clock, rates bit/s on the wire, headers included.
#pragma once

#include <cstdint>
#include <optional>

#include "path/link_estimate.h"

namespace farline::path {

class BackgroundRate {
 public:
  struct Voice {
    uint32_t bps = 0;  // of the rung in use
    Duration packet_time{};
    uint32_t cap_bps = 0;     // of all we send; 0: none
    Duration answer_every{};  // as RateController::Operating
  };

  // Background has something to send from now on; nothing before.
  void start(Time now, const LinkEstimate& link, const Voice& voice);
  void stop() { total_bps_ = 0; }
  bool is_running() const { return total_bps_ != 0; }
  void handle_report(Time now, const LinkEstimate& link, const Voice& voice);
  // What was learnt of the old path is void.
  void path_changed(Time now);

  // Every packet of ours, voice first of all: it takes from what background may send.
  void sent(Time now, uint32_t wire_bytes, bool is_background);
  // A background packet of that size may leave.
  bool may_send(Time now, const LinkEstimate& link, const Voice& voice, uint32_t wire_bytes);
  // Bytes of one, headers included, so that voice never waits longer behind it than behind a packet of its own.
  uint32_t packet_bytes(uint32_t voice_packet_bytes) const;

  // 0 also when nothing has left for a while: a queue there is now is not its own.
  uint32_t total_bps(Time now) const { return now - last_sent_ < kOwnQueue ? total_bps_ : 0; }

 private:
  static constexpr Duration kOwnQueue = std::chrono::seconds(3);
  double waited_ms(const LinkEstimate& link, uint32_t link_bps) const;
  bool drops_too_much(const LinkEstimate::Loss& loss);
  void refill(Time now);
  void set_total(Time now, uint64_t bps, const Voice& voice);

  uint32_t total_bps_ = 0;  // 0: not running
  bool starting_ = true;
  bool yielding_ = false;
  Time changed_{};
  double queue_ms_ = 0;     // smoothed, with what is usual
  double usual_ms_ = 0;     // without background: jitter
  double own_loss_ = 0;     // of the link, whatever is sent
  double loss_before_ = 0;  // when less was sent because of it; 0: it was not
  uint32_t ceiling_bps_ = 0;
  Time ceiling_until_{};
  int64_t credit_ = 0;  // bytes
  Time refilled_{};
  Time last_sent_{};  // a background packet
};

}  // namespace farline::path
