#include "path/arrival_log.h"

#include <algorithm>
#include <span>

namespace farline::path {
namespace {

constexpr Duration kNewsworthy = 150ms;  // a change of lateness that the far end should hear of at once
constexpr Duration kOverdueSlack = 250ms;
constexpr Duration kClockJump = 20s;  // the far end's sound stood still: its clock says nothing about the path
constexpr unsigned kWatchedPackets = 6;
constexpr Duration kHeldUnit = 40ms;
constexpr int64_t kHeldMax = 63;

}  // namespace

void ArrivalLog::add(Time now, const Arrival& arrival) {
  ++received_;
  const bool is_newest = !highest_ || arrival.counter > *highest_;
  if (arrival.is_pair && highest_ && arrival.counter == *highest_ + 1) {
    const Duration spread = std::max<Duration>(now - highest_at_, 1us);
    const auto bps =
        static_cast<uint64_t>(arrival.wire_bytes) * 8'000'000'000ULL / static_cast<uint64_t>(spread.count());
    std::shift_right(capacity_levels_.begin(), capacity_levels_.end(), 1);
    pairs_ = std::min(pairs_ + 1, capacity_levels_.size());
    capacity_levels_[0] = wire::capacity_level(static_cast<uint32_t>(std::min<uint64_t>(bps, 10'000'000)));
    pair_is_news_ = true;
  }
  if (is_newest) {
    highest_ = arrival.counter;
    highest_at_ = now;
    told_overdue_ = false;
    // A rung's packets have one size and time.
    if (!arrival.is_pair && arrival.is_timed && arrival.packet_time != packet_time_) {
      packet_time_ = arrival.packet_time;
      watched_packets_ = kWatchedPackets;
    }
  }
  if (arrival.is_pair || !arrival.is_timed) return;  // the second of a pair waited behind the other
  const Duration lateness = now.time_since_epoch() - arrival.sent_at;
  if (base_.least() && (lateness > *base_.least() + kClockJump || lateness < *base_.least() - kClockJump)) {
    base_.clear();
    packets_ = 0;
  }
  base_.add(now, lateness);
  lateness_[packets_++ % lateness_.size()] = lateness;
}

std::optional<Time> ArrivalLog::overdue_at() const {
  if (!highest_ || told_overdue_ || packet_time_ == Duration::zero()) return std::nullopt;
  return highest_at_ + packet_time_ + std::max(packet_time_ / 2, kOverdueSlack);
}

bool ArrivalLog::is_overdue(Time now) const {
  const auto due = overdue_at();
  return due && now >= *due;
}

std::optional<Time> ArrivalLog::urgent_at() const {
  return overdue_at();
}

bool ArrivalLog::is_urgent(Time now) const {
  if (pair_is_news_ || (watched_packets_ > 0 && has_news())) return true;
  if (is_overdue(now)) return true;
  if (packets_ < lateness_.size() || !base_.least()) return false;
  const Duration above = *std::ranges::min_element(lateness_) - *base_.least();
  return above > told_ + kNewsworthy || (told_ > kNewsworthy && above < told_ / 2);
}

void ArrivalLog::was_reported(Time now) {
  pair_is_news_ = false;
  told_highest_ = highest_;
  watched_packets_ -= watched_packets_ > 0 ? 1 : 0;
  if (is_overdue(now)) told_overdue_ = true;
  if (packets_ >= lateness_.size() && base_.least()) told_ = *std::ranges::min_element(lateness_) - *base_.least();
}

std::optional<wire::VoiceReport> ArrivalLog::report(Time now) const {
  if (!highest_) return std::nullopt;
  return wire::VoiceReport{
      .highest_counter = static_cast<uint8_t>(*highest_ & 0xff),
      .held_units = static_cast<uint8_t>(std::min((now - highest_at_) / kHeldUnit, kHeldMax)),
      .received_mod32 = static_cast<uint8_t>(received_ & 31),
      .arrival_units = static_cast<uint8_t>((highest_at_.time_since_epoch() / kHeldUnit) & 127),
      .capacity_level = capacity_levels_[0],
  };
}

uint32_t ArrivalLog::capacity_bps() const {
  auto levels = capacity_levels_;
  const auto known = std::span(levels).first(pairs_);
  std::ranges::sort(known);
  return pairs_ == 0 ? 0 : wire::capacity_bps(known[(pairs_ - 1) / 2]);
}

}  // namespace farline::path
