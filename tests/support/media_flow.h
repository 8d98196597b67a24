// Two devices that talk all the time over an emulated link, reduced to packets of a rung's size: what the path layer
// decides, in virtual time, without codec, seal or supernode. Ticks of 5 ms.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "emulate/in_flight.h"
#include "emulate/link.h"
#include "path/arrival_log.h"
#include "path/link_estimate.h"
#include "path/rate_controller.h"

namespace farline::test {

struct FlowRung {
  uint32_t bytes;  // of a packet on the wire
  uint32_t ptime_ms;
  uint32_t bps() const { return bytes * 8000 / ptime_ms; }
};
// The shape of the real ladder: 1.5 to 48 kbit/s.
inline constexpr std::array<FlowRung, 13> kFlowLadder{{{87, 480},
                                                       {105, 400},
                                                       {189, 480},
                                                       {141, 240},
                                                       {377, 480},
                                                       {479, 480},
                                                       {599, 480},
                                                       {239, 160},
                                                       {319, 160},
                                                       {399, 160},
                                                       {479, 160},
                                                       {319, 80},
                                                       {479, 80}}};

struct FlowPacket {
  uint64_t counter = 0;
  Duration sent_at{};
  uint32_t bytes = 0;
  uint32_t ptime_ms = 0;
  bool is_pair = false;
  std::optional<wire::VoiceReport> report;
};

class FlowEnd {
 public:
  FlowEnd(uint32_t start_bps, uint32_t cap_bps)
      : control_({.start_bps = start_bps, .floor_bps = kFlowLadder[0].bps(), .cap_bps = cap_bps}) {
    choose();
  }

  // Packets that leave now.
  std::vector<FlowPacket> tick(Time now) {
    std::vector<FlowPacket> out;
    const bool full = now - bundle_start_ >= rung().ptime_ms * 1ms;
    if (!full) return out;
    bundle_start_ = now;
    const auto gate = control_.gate(now, link, operating());
    choose();
    if (gate == path::RateController::Gate::closed) {
      skipped_ms += rung().ptime_ms;
      if (arrivals.has_news()) push(now, 45, false, out);
      return out;
    }
    const bool probe = gate == path::RateController::Gate::probe;
    (probe ? skipped_ms : voice_ms) += rung().ptime_ms;
    push(now, probe ? 45 : rung().bytes, false, out);
    if (!probe) {
      using Pair = path::PairSchedule::Pair;
      const Pair pair = control_.wants_pair(now, link, operating());
      if (pair != Pair::none) push(now, pair == Pair::small ? 45 : rung().bytes, true, out);
    }
    choose();
    return out;
  }

  void receive(Time now, const FlowPacket& packet) {
    arrivals.add(now, {.counter = packet.counter,
                       .wire_bytes = packet.bytes,
                       .is_pair = packet.is_pair,
                       .sent_at = packet.sent_at,
                       .packet_time = packet.ptime_ms * 1ms});
    if (!packet.report) return;
    link.handle_report(now, *packet.report);
    control_.handle_report(now, link, operating());
  }

  const FlowRung& rung() const { return kFlowLadder[rung_]; }
  path::RateController& control() { return control_; }
  path::LinkEstimate link;
  path::ArrivalLog arrivals;
  uint64_t sent_bytes = 0;
  uint64_t voice_ms = 0;    // sent
  uint64_t skipped_ms = 0;  // the gate was closed

 private:
  path::RateController::Operating operating() const {
    return {.bps = rung().bps(),
            .next_bps = rung_ + 1 < kFlowLadder.size() ? kFlowLadder[rung_ + 1].bps() : 0,
            .packet_bytes = rung().bytes,
            .packet_time = rung().ptime_ms * 1ms};
  }
  void choose() {
    rung_ = 0;
    while (rung_ + 1 < kFlowLadder.size() && kFlowLadder[rung_ + 1].bps() <= control_.budget_bps()) ++rung_;
  }
  void push(Time now, uint32_t bytes, bool is_pair, std::vector<FlowPacket>& out) {
    FlowPacket packet{.counter = counter_++,
                      .sent_at = now.time_since_epoch(),
                      .bytes = bytes,
                      .ptime_ms = rung().ptime_ms,
                      .is_pair = is_pair,
                      .report = {}};
    const Duration interval = path::report_interval(rung().bps());
    if (arrivals.is_urgent(now) || !reported_ || now - *reported_ >= interval) {
      packet.report = arrivals.report(now);
      if (packet.report) {
        reported_ = now;
        arrivals.was_reported(now);
        packet.bytes += 4;
      }
    }
    link.sent(now, packet.bytes, is_pair);
    sent_bytes += packet.bytes;
    out.push_back(packet);
  }

  path::RateController control_;
  size_t rung_ = 0;
  uint64_t counter_ = 0;
  Time bundle_start_{};
  std::optional<Time> reported_;
};

class Flow {
 public:
  Flow(const emulate::LinkSpec& spec, uint64_t seed, uint32_t start_bps, uint32_t cap_bps = 0)
      : link(spec, seed, Time{}), ends{FlowEnd{start_bps, cap_bps}, FlowEnd{start_bps, cap_bps}} {}

  // `watch(now)` each 100 ms.
  void run(Duration length, const std::function<void(Time)>& watch = {}) {
    for (const Time end = now + length; now < end; now += 5ms) {
      while (const auto packet = flight_.pop(now)) {
        FlowPacket known;
        INVARIANT(packet->bytes.size() == sizeof known);
        std::memcpy(&known, packet->bytes.data(), sizeof known);
        ends[packet->to].receive(now, known);
      }
      for (size_t side = 0; side < 2; ++side)
        for (const FlowPacket& packet : ends[side].tick(now)) offer(side, packet);
      if (watch && now.time_since_epoch() % 100ms == Duration::zero()) watch(now);
    }
  }
  // What a packet offered now would wait, side 0 being in the field.
  Duration queue_wait(size_t side) const { return link[way(side)].queue_wait(now); }

  Time now{};
  emulate::Link link;
  std::array<FlowEnd, 2> ends;

 private:
  static emulate::Way way(size_t side) { return side == 0 ? emulate::Way::up : emulate::Way::down; }
  void offer(size_t side, const FlowPacket& packet) {
    const auto fate = link[way(side)].offer(now, packet.bytes);
    for (int i = 0; i < std::min(fate.copies, 1); ++i) {
      const auto* raw = reinterpret_cast<const uint8_t*>(&packet);
      flight_.push(fate.deliver[static_cast<size_t>(i)], 1 - side, Bytes(raw, sizeof packet));
    }
  }
  emulate::InFlight<size_t> flight_;
};

}  // namespace farline::test
