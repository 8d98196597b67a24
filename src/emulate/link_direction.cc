#include "emulate/link_direction.h"

#include <algorithm>

namespace farline::emulate {
namespace {

constexpr Duration kJitterTick = 100ms;
constexpr Duration kRateTick = 1s;
constexpr Duration kDuplicateDelayMax = 50ms;
constexpr Duration kCrossHistory = 10s;  // older phantom packets have left no trace in the queue

enum Stream : uint64_t {
  stream_fate,
  stream_jitter,
  stream_rate,
  stream_cross,
  stream_outage,
  stream_spike,
  stream_step
};

// Streams of one direction; outages and spikes take the stream alone, so both directions meet them together.
uint64_t of_way(Stream stream, Way way) {
  return stream * 2 + (way == Way::down ? 1 : 0) + 100;
}

Episodes make_outages(const LinkOptions& options, uint64_t seed, Time from, Time link_start) {
  if (options.outages[0].length > Duration::zero()) return Episodes(options.outages, link_start);
  return Episodes(options.outage, Prng(seed, stream_outage), from);
}

// The rate that packets are spaced by. A policer's rate is not: it only counts.
bool has_rate(const LinkOptions& options) {
  return options.rate_bps > 0 && options.policer.burst_bytes == 0;
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::queue:
      return "queue";
    case Verdict::policer:
      return "policer";
    case Verdict::loss:
      return "loss";
    case Verdict::outage:
      return "outage";
  }
  return "";
}

LinkDirection::LinkDirection(const Config& config)
    : options_(config.options),
      start_(config.start),
      air_(config.air),
      way_(config.way),
      seed_(config.seed),
      fate_(config.seed, of_way(stream_fate, config.way)),
      cross_prng_(config.seed, of_way(stream_cross, config.way)),
      jitter_(Prng(config.seed, of_way(stream_jitter, config.way)), kJitterTick, config.start),
      rate_swing_(Prng(config.seed, of_way(stream_rate, config.way)), kRateTick, config.start),
      outages_(make_outages(config.options, config.seed, config.start, config.start)),
      spikes_(config.options.delay_spike, Prng(config.seed, stream_spike), config.start),
      busy_until_(config.start),
      last_arrival_(config.start),
      tokens_at_(config.start),
      next_cross_(config.start) {
  tokens_ = static_cast<int64_t>(options_.policer.burst_bytes) * 8'000'000'000;
}

void LinkDirection::set_options(Time now, const LinkOptions& options) {
  const LinkOptions old = options_;
  options_ = options;
  if (old.outage != options.outage || old.outages != options.outages)
    outages_ = make_outages(options, seed_, now, start_);
  if (old.delay_spike != options.delay_spike) spikes_ = Episodes(options.delay_spike, Prng(seed_, stream_spike), now);
  if (old.cross == 0) next_cross_ = now;
}

Fate LinkDirection::offer(Time now, size_t wire_bytes) {
  INVARIANT(wire_bytes >= 1 && wire_bytes <= 65'535);
  serve_cross_traffic(now);
  const Duration queued = queue_wait(now);
  Served served = serve(now, wire_bytes);
  if (served.verdict == Verdict::ok && lose()) served.verdict = Verdict::loss;
  counters_.packets[static_cast<size_t>(served.verdict)] += 1;
  counters_.bytes[static_cast<size_t>(served.verdict)] += wire_bytes;
  Fate fate{.verdict = served.verdict, .queued = queued};
  if (fate.verdict != Verdict::ok) return fate;
  fate.deliver[0] = arrival(served.sent);
  fate.copies = 1;
  if (fate_.chance(options_.duplicate)) {
    fate.deliver[1] = fate.deliver[0] + fate_.up_to(kDuplicateDelayMax);
    fate.copies = 2;
  }
  fate.corrupt = fate_.chance(options_.corrupt);
  if (fate.corrupt) fate.corrupt_bit = fate_.next();
  return fate;
}

LinkDirection::Served LinkDirection::serve(Time now, size_t bytes) {
  if (options_.policer.burst_bytes > 0) return police(now, bytes);
  forget_sent(now);
  const Time start = first_start(now);
  if (queue_is_full(now, start, bytes)) return {Verdict::queue};
  const Time sent = transmit(start, bytes);
  busy_until_ = sent;
  used_ = true;
  if (air_ != nullptr) {
    air_->owner = this;
    air_->free_at = sent;
  }
  if (sent > now) {
    queue_.push_back({sent, bytes});
    queue_bytes_ += bytes;
  }
  if (options_.outage_drop) {
    const auto outage = outages_.next(start);
    if (outage && outage->begin <= sent) return {Verdict::outage};
  }
  return {Verdict::ok, sent};
}

LinkDirection::Served LinkDirection::police(Time now, size_t bytes) {
  const int64_t full = static_cast<int64_t>(options_.policer.burst_bytes) * 8'000'000'000;
  const auto rate = static_cast<int64_t>(options_.rate_bps);
  const int64_t elapsed = std::min((now - tokens_at_).count(), rate > 0 ? full / rate + 1 : 0);
  tokens_ = std::min(full, tokens_ + elapsed * rate);
  tokens_at_ = now;
  const int64_t cost = static_cast<int64_t>(bytes) * 8'000'000'000;
  if (cost <= tokens_) {
    tokens_ -= cost;
    dry_ = false;
  } else {
    if (!dry_)
      policer_drop_ = options_.policer.drop_min +
                      static_cast<Ppm>(fate_.up_to(options_.policer.drop_max - options_.policer.drop_min));
    dry_ = true;
    if (fate_.chance(policer_drop_)) return {Verdict::policer};
  }
  const auto outage = outages_.next(now);
  const bool out = outage && outage->begin <= now;
  if (out && options_.outage_drop) return {Verdict::outage};
  return {Verdict::ok, out ? outage->end : now};
}

// When the transmitter can turn to a packet offered now: the queue before it, the other end's turn on the air, the
// radio's wake-up, and an outage that has begun.
Time LinkDirection::first_start(Time now) {
  Time start = std::max(now, busy_until_);
  if (air_ != nullptr && air_->owner != nullptr) {
    const Duration turnaround = air_->owner == this ? Duration::zero() : fate_.in(air_->turnaround);
    start = std::max(start, air_->free_at + turnaround);
  }
  const IdleWakeOptions& wake = options_.idle_wake;
  if (wake.idle > Duration::zero() && (!used_ || start - busy_until_ >= wake.idle)) start += fate_.in(wake.extra);
  if (!options_.outage_drop) {
    const auto outage = outages_.next(start);
    if (outage && outage->begin <= start) start = outage->end;
  }
  return start;
}

// The time the last bit leaves. Outages pause it; they are at least a second apart, so this ends.
Time LinkDirection::transmit(Time start, size_t bytes) {
  if (!has_rate(options_)) return start;
  Duration left = serialisation_time(bytes, rate_at(start));
  if (options_.outage_drop) return start + left;
  Time at = start;
  for (;;) {
    const auto outage = outages_.next(at);
    if (!outage || outage->begin >= at + left) return at + left;
    left -= std::max(Duration::zero(), outage->begin - at);
    at = outage->end;
  }
}

uint64_t LinkDirection::rate_at(Time now) {
  if (options_.rate_swing_max == 0) return options_.rate_bps;
  const int64_t span = options_.rate_swing_max - options_.rate_swing_min;
  const auto share = static_cast<uint64_t>(options_.rate_swing_min + rate_swing_.value(now, span));
  return std::max<uint64_t>(1, options_.rate_bps * share / kPpmOne);
}

bool LinkDirection::queue_is_full(Time now, Time start, size_t bytes) const {
  if (queue_.empty()) return false;  // one packet is always taken
  if (queue_.size() >= kQueuePacketsMax) return true;
  if (options_.queue_time > Duration::zero() && start - now > options_.queue_time) return true;
  if (options_.queue_bytes == 0 && options_.queue_time > Duration::zero()) return false;
  const size_t limit = options_.queue_bytes > 0 ? options_.queue_bytes : kQueueBytesDefault;
  return queue_bytes_ + bytes > limit;
}

void LinkDirection::forget_sent(Time now) {
  while (!queue_.empty() && queue_.front().sent <= now) {
    queue_bytes_ -= queue_.front().bytes;
    queue_.pop_front();
  }
}

bool LinkDirection::lose() {
  const GilbertElliott& ge = options_.ge;
  if (ge.good_to_bad > 0) {
    const bool change = fate_.chance(bad_state_ ? ge.bad_to_good : ge.good_to_bad);
    bad_state_ = bad_state_ != change;
    if (bad_state_ && fate_.chance(ge.loss_in_bad)) return true;
  }
  return fate_.chance(options_.loss);
}

// Three quarters of the jitter wander (half of that steps, when there is a step), a quarter is each packet's own.
Time LinkDirection::arrival(Time sent) {
  Time leaves = sent;
  const auto spike = spikes_.next(sent);
  if (spike && spike->begin <= sent) leaves = spike->end;
  const int64_t quarter = options_.jitter.count() / 4;
  Duration extra = fate_.up_to(Duration{quarter});
  if (options_.step_every > Duration::zero()) {
    const auto step = static_cast<uint64_t>((sent - start_) / options_.step_every);
    extra += Duration{Prng(seed_ ^ step, of_way(stream_step, way_)).up_to(2 * quarter)};
    extra += Duration{jitter_.value(sent, quarter)};
  } else {
    extra += Duration{jitter_.value(sent, 3 * quarter)};
  }
  const Time in_order = std::max(last_arrival_, leaves + options_.delay + extra);
  if (fate_.chance(options_.reorder)) return in_order + fate_.up_to(kReorderDelayMax);
  last_arrival_ = in_order;
  return in_order;
}

// Other people's packets, evenly random in time, that arrived before `now`.
void LinkDirection::serve_cross_traffic(Time now) {
  if (options_.cross == 0 || options_.rate_bps == 0) return;
  next_cross_ = std::max(next_cross_, now - kCrossHistory);
  while (next_cross_ <= now) {
    serve(next_cross_, options_.cross_bytes);
    next_cross_ += cross_gap();
  }
}

Duration LinkDirection::cross_gap() {
  const Duration mean = serialisation_time(options_.cross_bytes, options_.rate_bps) * kPpmOne / options_.cross;
  return Duration{1} + cross_prng_.up_to(2 * mean);
}

size_t LinkDirection::queued_bytes(Time now) const {
  size_t bytes = queue_bytes_;
  for (const Queued& queued : queue_) {
    if (queued.sent > now) break;
    bytes -= queued.bytes;
  }
  return bytes;
}

Duration LinkDirection::queue_wait(Time now) const {
  return std::max(Duration::zero(), busy_until_ - now);
}

}  // namespace farline::emulate
