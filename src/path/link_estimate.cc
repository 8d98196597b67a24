#include "path/link_estimate.h"

#include <algorithm>

namespace farline::path {
namespace {

constexpr Duration kUnit = 40ms;  // of a report's times
constexpr int64_t kHeldOrMore = 63;
constexpr int64_t kArrivalModulus = 128;
constexpr Duration kReportIntervalMax = 2400ms;
constexpr Duration kArrivalSlack = 400ms;  // clock skew in a minute, a report's units, reordering
constexpr Duration kRateSpan = 3s;
constexpr uint32_t kLargePair = 75;  // bytes: 250 ms at 2,400 bit/s
constexpr Duration kConfirmedAge = 15s;
constexpr Duration kPairAge = 180s;

Duration distance(Duration a, Duration b) {
  return a < b ? b - a : a - b;
}

}  // namespace

void LinkEstimate::sent(Time now, uint32_t wire_bytes, bool is_pair) {
  sent_bytes_ += wire_bytes;
  sent_[sent_count_ % kKept] = {now, sent_bytes_, wire_bytes, is_pair};
  ++sent_count_;
}

bool LinkEstimate::handle_report(Time now, const wire::VoiceReport& report) {
  const uint64_t behind = static_cast<uint8_t>(sent_count_ - 1 - report.highest_counter);
  if (behind >= sent_count_) return false;
  const uint64_t counter = sent_count_ - 1 - behind;
  const Point* last = point_count_ > 0 ? &point(0) : nullptr;
  if (counter < path_from_ || (last && counter < last->counter)) return false;  // overtaken by a newer one
  const Sent& about = sent_[counter % kKept];
  if (last_report_) {
    const Duration sample = std::min<Duration>(now - *last_report_, kReportIntervalMax);
    report_interval_ = std::max(sample, report_interval_ + (sample - report_interval_) / 8);
  }
  last_report_ = now;

  const Duration held = report.held_units * kUnit + kUnit / 2;
  if (report.held_units < kHeldOrMore && now - about.at > held) {
    round_trip_.sample(now - about.at - held);
    least_round_trip_.add(now, now - about.at - held);
  }
  if (last && counter == last->counter) {
    written_ = std::max(written_, last->arrival + held);
    return true;
  }

  const Duration arrival = unwrap_arrival(report.arrival_units, about.at, now - about.at - held);
  delay_before_ = last ? delay_ : arrival - about.at.time_since_epoch();
  delay_ = arrival - about.at.time_since_epoch();
  least_delay_.add(now, delay_);
  if (!about.is_pair) newest_ = {delay_ - *least_delay_.least(), about.bytes};

  uint64_t received = counter + 1;
  if (last) {
    const uint64_t most = counter - last->counter;
    const uint64_t low = (report.received_mod32 - last->received) & 31;
    received = last->received + std::min(most, low + (most - std::min(most, low)) / 32 * 32);
  } else {
    received = report.received_mod32 <= counter + 1 ? counter + 1 - ((counter + 1 - report.received_mod32) & 31)
                                                    : report.received_mod32;
  }
  take_pair(now, last ? last->counter + 1 : 0, counter, report.capacity_level);
  points_[point_count_++ % kPoints] = {now, counter, received, about.bytes_until, arrival};
  written_ = arrival + held;
  acknowledged_bytes_ = about.bytes_until;
  return true;
}

// The report names the arrival modulo 5.12 s. It is the one nearest to what the delay was, of those that fit the round
// trip and are not before the arrival reported last.
Duration LinkEstimate::unwrap_arrival(uint8_t units, Time sent, Duration round_trip) const {
  const Duration modulus = kArrivalModulus * kUnit;
  const Duration departure = sent.time_since_epoch();
  const Duration lap = (departure + delay_) / modulus * modulus;
  Duration best = lap + units * kUnit;
  for (const int turn : {-1, 1})
    if (distance(best + turn * modulus, departure + delay_) < distance(best, departure + delay_))
      best += turn * modulus;
  const auto least = least_delay_.least();
  const auto least_round_trip = least_round_trip_.least();
  if (point_count_ == 0 || !least || !least_round_trip) return best;
  const Duration earliest = departure + *least - kArrivalSlack;
  const Duration latest = departure + *least + (round_trip - *least_round_trip) + kArrivalSlack;
  while (best < std::max(earliest, point(0).arrival - kArrivalSlack)) best += modulus;
  while (best > latest && best - modulus >= earliest) best -= modulus;
  return best;
}

// A report that first names a packet behind a pair tells what the newest such pair read.
void LinkEstimate::take_pair(Time now, uint64_t from, uint64_t until, uint8_t level) {
  uint64_t bytes = 0;
  for (uint64_t counter = std::max({from, pairs_from_, until >= kKept ? until - kKept + 1 : 0}); counter <= until;
       ++counter) {
    const Sent& sent = sent_[counter % kKept];
    if (sent.is_pair) bytes = sent.bytes;
  }
  const uint32_t bps = wire::capacity_bps(level);
  if (bytes == 0 || bps == 0) return;
  pairs_[pair_count_++ % pairs_.size()] = {now, bps};
  if (bytes >= kLargePair) large_pairs_ = {Pair{now, bps}, large_pairs_[0]};
}

void LinkEstimate::path_changed() {
  round_trip_ = {};
  least_round_trip_.clear();
  least_delay_.clear();
  forget_pairs();
  point_count_ = 0;
  last_report_.reset();
  delay_ = delay_before_ = Duration::zero();
  acknowledged_bytes_ = sent_bytes_;
  path_from_ = sent_count_;
}

Duration LinkEstimate::queue() const {
  if (points() == 0) return Duration::zero();
  Duration queue = std::min(delay_, delay_before_) - *least_delay_.least();
  // Two packets that the newest report could have named and did not: they wait (one alone may be lost).
  const uint64_t second = point(0).counter + 2;
  if (second < sent_count_ && sent_count_ - second < kKept)
    queue = std::max(queue, written_ - sent_[second % kKept].at.time_since_epoch() - *least_delay_.least());
  return std::max(queue, Duration::zero());
}

uint32_t LinkEstimate::delivered_bps() const {
  for (size_t age = 1; age < points(); ++age) {
    const Duration span = std::max(written_, point(0).arrival) - point(age).arrival;
    if (span < kRateSpan) continue;
    const uint64_t packets = point(0).counter - point(age).counter;
    const uint64_t arrived = std::min(packets, point(0).received - point(age).received);
    const uint64_t bytes = point(0).bytes_until - point(age).bytes_until;
    return static_cast<uint32_t>(bytes * arrived / packets * 8'000 / static_cast<uint64_t>(to_milliseconds(span)));
  }
  return 0;
}

LinkEstimate::Loss LinkEstimate::loss(Time since) const {
  size_t age = 0;
  while (age + 1 < points() && point(age).at >= since) ++age;
  if (age == 0) return {};
  const uint64_t packets = point(0).counter - point(age).counter;
  return {packets, packets - std::min(packets, point(0).received - point(age).received)};
}

std::optional<LinkEstimate::PairReading> LinkEstimate::pairs(Time now) const {
  std::array<uint32_t, 5> known;
  known.fill(UINT32_MAX);
  size_t count = 0;
  for (size_t i = 0; i < std::min(pair_count_, pairs_.size()); ++i)
    if (now - pairs_[i].at < kPairAge) known[count++] = pairs_[i].bps;
  if (count < 3) return std::nullopt;
  std::ranges::sort(known);
  return PairReading{known[(count - 1) / 2], known[count < 5 ? 0 : 1]};
}

std::optional<uint32_t> LinkEstimate::confirmed_bps(Time now) const {
  for (const Pair& pair : large_pairs_)
    if (pair.bps == 0 || now - pair.at > kConfirmedAge) return std::nullopt;
  return std::min(large_pairs_[0].bps, large_pairs_[1].bps);
}

Duration LinkEstimate::unanswered_for(Time now) const {
  const uint64_t oldest = point_count_ > 0 ? point(0).counter + 1 : path_from_;
  if (oldest >= sent_count_) return Duration::zero();
  const uint64_t known = std::max(oldest, sent_count_ > kKept ? sent_count_ - kKept : 0);
  return now - sent_[known % kKept].at;
}

}  // namespace farline::path
