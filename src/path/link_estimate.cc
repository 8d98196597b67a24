#include "path/link_estimate.h"

#include <algorithm>
#include <cmath>

namespace farline::path {
namespace {

constexpr Duration kUnit = 40ms;  // of a report's times
constexpr int64_t kHeldOrMore = 63;
constexpr int64_t kArrivalModulus = 128;
constexpr Duration kReportIntervalMax = 2400ms;
constexpr Duration kArrivalSlack = 400ms;  // clock skew in a minute, a report's units, reordering
constexpr Duration kRateSpan = 3s;
constexpr double kClear = 0.25;
constexpr Duration kJitterSpan = 2s;
constexpr double kPairNoise = 0.01;       // seconds, of hosts and radio frames
constexpr double kPairJitter = 0.5;       // of two packets sent together, as a share of jitter()
constexpr double kJitterMemory = 8;       // seconds
constexpr Duration kPointSpan = 200ms;    // 64 of them are enough for the longest question
constexpr Duration kJitterFirst = 100ms;  // a change beyond this and four times the usual is a stall, not jitter
constexpr Duration kPairAge = 180s;
constexpr Duration kFar = 1500ms;        // no link but a wandering one comes back from there,
constexpr int64_t kNearPart = 2;         // to half of the greatest delay,
constexpr Duration kWanderMemory = 60s;  // three times in that
constexpr Duration kWanderSpan = 6s;

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
    const Duration sample = now - *last_report_;  // longer than they can be: a stall
    if (sample < 2 * kReportIntervalMax)
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
  learn_wander(now);
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
  if (last) losses_.add(counter - last->counter, counter - last->counter - (received - last->received));
  take_pair(now, last ? last->counter + 1 : 0, counter, report.capacity_level);
  if (point_count_ >= 2 && now - point(1).at < kPointSpan) {
    --point_count_;
  } else {
    learn_jitter(now);
  }
  points_[point_count_++ % kPoints] = {now, counter, received, about.bytes_until, arrival, delay_};
  written_ = arrival + held;
  acknowledged_bytes_ = about.bytes_until;
  reported_until_ = about.at;
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

// By the newest point that is kJitterSpan old.
void LinkEstimate::learn_jitter(Time now) {
  for (size_t age = 0; age < points(); ++age) {
    const Point& before = point(age);
    if (now - before.at < kJitterSpan) continue;
    const double part = std::min(0.25, to_seconds(now - point(0).at) / kJitterMemory);
    const Duration change_max = kJitterFirst + 4 * jitter();
    const Duration change = std::clamp(delay_ - before.delay, -change_max, change_max);
    const auto learn = [part](Duration& mean, Duration value) {
      mean += Duration{static_cast<int64_t>(part * static_cast<double>((value - mean).count()))};
    };
    learn(rises_, std::max(change, Duration::zero()));
    learn(falls_, std::max(-change, Duration::zero()));
    return;
  }
}

void LinkEstimate::learn_wander(Time now) {
  const Duration above = delay_ - *least_delay_.least();
  near_.add(now, -above);
  if (above > kFar) is_far_ = true;
  if (!is_far_ || above > -*near_.least() / kNearPart) return;
  is_far_ = false;
  returns_[return_count_++ % kReturns] = now;
}

Duration LinkEstimate::wander() const {
  if (return_count_ < kReturns || *last_report_ - returns_[return_count_ % kReturns] > kWanderMemory) return {};
  return -*near_.least();
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
  std::shift_right(pairs_.begin(), pairs_.end(), 1);
  pairs_[0] = {now, static_cast<uint32_t>(bytes), bps};
  pair_count_ = std::min(pair_count_ + 1, pairs_.size());
  if (pair_count_ < 4) return;
  const PairSum before = sum(std::span(pairs_).first(pair_count_).subspan(2));
  if (before.error > kClear) return;
  const auto is_far = [&](const Pair& pair) { return pair.bps > 2 * before.bps || pair.bps < before.bps / 2; };
  if (is_far(pairs_[0]) && is_far(pairs_[1])) pair_count_ = 2;
}

LinkEstimate::PairSum LinkEstimate::sum(std::span<const Pair> pairs) const {
  double bits = 0;
  double seconds = 0;
  const auto spread = [](const Pair& pair) { return 8.0 * pair.bytes / pair.bps; };
  for (const Pair& pair : pairs) {
    bits += 8.0 * pair.bytes;
    seconds += spread(pair);
  }
  double squares = 0;
  for (const Pair& pair : pairs) squares += std::pow(spread(pair) - 8.0 * pair.bytes * seconds / bits, 2);
  // A few that happen to agree are no better than jitter lets them be.
  const double least = std::max(kPairNoise, to_seconds(jitter()) * kPairJitter);
  squares = std::max(squares, static_cast<double>(pairs.size()) * least * least);
  return {bits / seconds, std::sqrt(squares) / seconds, bits / 8 / static_cast<double>(pairs.size())};
}

void LinkEstimate::path_changed() {
  round_trip_ = {};
  least_round_trip_.clear();
  least_delay_.clear();
  near_.clear();
  return_count_ = 0;
  forget_pairs();
  point_count_ = 0;
  last_report_.reset();
  delay_ = delay_before_ = Duration::zero();
  rises_ = falls_ = Duration::zero();
  acknowledged_bytes_ = sent_bytes_;
  path_from_ = sent_count_;
}

Duration LinkEstimate::queue() const {
  if (points() == 0) return Duration::zero();
  Duration least = std::min(delay_, delay_before_);
  if (wander() > Duration::zero()) {
    for (size_t age = 0; age < points() && point(0).at - point(age).at < kWanderSpan; ++age)
      least = std::min(least, point(age).delay);
    return least - *least_delay_.least();
  }
  Duration queue = least - *least_delay_.least();
  // Two packets that the newest report could have named and did not: they wait, where none are lost.
  const uint64_t second = point(0).counter + 2;
  if (second < sent_count_ && sent_count_ - second < kKept && loss(point(0).at - kRateSpan).lost == 0)
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

uint32_t LinkEstimate::newest_bps(Time since) const {
  if (points() < 2 || point(1).at < since) return 0;
  const Duration span = std::max<Duration>(point(0).arrival - point(1).arrival, kUnit);
  const uint64_t bits = (point(0).bytes_until - point(1).bytes_until) * 8;
  return static_cast<uint32_t>(bits * 1000 / static_cast<uint64_t>(to_milliseconds(span)));
}

LinkEstimate::Loss LinkEstimate::loss(Time since) const {
  size_t age = 0;
  while (age + 1 < points() && point(age).at >= since) ++age;
  if (age == 0) return {};
  const uint64_t packets = point(0).counter - point(age).counter;
  return {packets, packets - std::min(packets, point(0).received - point(age).received)};
}

std::optional<LinkEstimate::Capacity> LinkEstimate::capacity(Time now) const {
  size_t fresh = 0;
  while (fresh < pair_count_ && now - pairs_[fresh].at < kPairAge) ++fresh;
  if (fresh < 3) return std::nullopt;
  const auto [bps, error, bytes] = sum(std::span(pairs_).first(fresh));
  return Capacity{.bps = static_cast<uint32_t>(bps),
                  .sure_bps = static_cast<uint32_t>(bps / (1 + 2 * error)),
                  .is_clear = error < kClear,
                  .clear_bytes = static_cast<uint32_t>(bytes * error / kClear),
                  .pair_bytes = static_cast<uint32_t>(bytes)};
}

Duration LinkEstimate::unanswered_for(Time now) const {
  const uint64_t oldest = point_count_ > 0 ? point(0).counter + 1 : path_from_;
  if (oldest >= sent_count_) return Duration::zero();
  const uint64_t known = std::max(oldest, sent_count_ > kKept ? sent_count_ - kKept : 0);
  return now - sent_[known % kKept].at;
}

}  // namespace farline::path
