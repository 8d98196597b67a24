#include "app/link_runner.h"

#include <algorithm>
#include <cinttypes>
#include <stdexcept>

#include "host/clock.h"

namespace farline::app {
namespace {

using emulate::Verdict;
using emulate::Way;

constexpr Duration kStatsInterval = 1s;
constexpr std::string_view kRebind = "rebind";
constexpr size_t kIpv4UdpBytes = 28;

size_t index(Way way) {
  return way == Way::up ? 0 : 1;
}

template <typename... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 512> text{};
  const int size = std::snprintf(text.data(), text.size(), format, values...);
  INVARIANT(size >= 0 && static_cast<size_t>(size) < text.size());
  return text.data();
}

}  // namespace

LinkRunner::File LinkRunner::open_file(const std::string& name) {
  if (name.empty()) return nullptr;
  File file(std::fopen(name.c_str(), "w"));
  if (!file) throw std::runtime_error("cannot write " + name);
  return file;
}

LinkRunner::LinkRunner(host::Loop& loop, LinkRunnerOptions options, Hooks hooks)
    : options_(std::move(options)),
      hooks_(std::move(hooks)),
      start_(host::read_clock()),
      link_(options_.spec, options_.seed, start_),
      stats_(open_file(options_.stats_file)),
      trace_(open_file(options_.trace_file)),
      timer_(loop, [this] { due(); }),
      stats_timer_(loop, [this] { write_stats(); }) {
  std::ranges::stable_sort(options_.changes, {}, &LinkChange::at);
  emulate::LinkSpec probe = options_.spec;
  for (const LinkChange& change : options_.changes) {
    if (change.text == kRebind) continue;
    if (const auto set = apply_override(probe, change.text); !set)
      throw std::runtime_error("--at: " + change.text + ": " + std::string(set.error().what));
  }
  if (trace_) std::setvbuf(trace_.get(), nullptr, _IOLBF, BUFSIZ);  // read while it grows
  if (trace_) std::fputs("t_in,way,client,bytes,type,verdict,t_out,queue_ms\n", trace_.get());
  if (stats_) write_stats();
  arm();
}

void LinkRunner::offer(Way way, uint32_t client, Bytes payload, size_t header_bytes) {
  const Time now = host::read_clock();
  const size_t wire_bytes = payload.size() + header_bytes;
  const Target target{way, client, static_cast<uint32_t>(header_bytes)};
  const emulate::Fate fate = link_[way].offer(now, wire_bytes);
  if (trace_) trace(now, target, fate, payload);
  if (fate.copies == 0) return;
  ByteVector bytes = to_vector(payload);
  if (fate.corrupt && !bytes.empty()) {
    const uint64_t bit = fate.corrupt_bit % (8 * bytes.size());
    uint8_t& byte = bytes[static_cast<size_t>(bit / 8)];
    byte = static_cast<uint8_t>(byte ^ (1U << (bit % 8)));
  }
  for (size_t i = 0; i < static_cast<size_t>(fate.copies); ++i) (void)in_flight_.push(fate.deliver[i], target, bytes);
  arm();
}

void LinkRunner::arm() {
  std::optional<Time> next = in_flight_.next_due();
  if (next_change_ < options_.changes.size()) {
    const Time change = start_ + options_.changes[next_change_].at;
    next = next ? std::min(*next, change) : change;
  }
  if (next) timer_.start(*next - host::read_clock());
}

void LinkRunner::due() {
  const Time now = host::read_clock();
  for (; next_change_ < options_.changes.size() && start_ + options_.changes[next_change_].at <= now; ++next_change_)
    apply(options_.changes[next_change_]);
  while (const auto packet = in_flight_.pop(now)) {
    const Target& to = packet->to;
    delivered_packets_[index(to.way)] += 1;
    delivered_bytes_[index(to.way)] += packet->bytes.size() + to.header_bytes;
    hooks_.deliver(to.way, to.client, packet->bytes);
  }
  arm();
}

void LinkRunner::apply(const LinkChange& change) {
  if (change.text == kRebind) return hooks_.rebind();
  INVARIANT(apply_override(options_.spec, change.text).has_value());  // tried by the constructor
  link_.set_spec(host::read_clock(), options_.spec);
}

void LinkRunner::change(const emulate::LinkSpec& spec) {
  options_.spec = spec;
  link_.set_spec(host::read_clock(), spec);
}

void LinkRunner::write_stats() {
  std::fprintf(stats_.get(), "%s\n", counters_json().c_str());
  std::fflush(stats_.get());
  stats_timer_.start(kStatsInterval);
}

void LinkRunner::trace(Time now, const Target& target, const emulate::Fate& fate, Bytes payload) {
  // The first byte of a UDP payload is the type of our packets. A TUN device hands over what begins with an IPv4
  // header.
  const size_t type_at = target.header_bytes > 0 ? 0 : kIpv4UdpBytes;
  const unsigned type = payload.size() > type_at ? payload[type_at] : 0;
  std::fprintf(trace_.get(), "%.6f,%s,%" PRIu32 ",%zu,%02x,%s,", to_seconds(now - start_),
               target.way == Way::up ? "up" : "down", target.client, payload.size() + target.header_bytes, type,
               to_text(fate.verdict).data());
  if (fate.copies > 0) std::fprintf(trace_.get(), "%.6f", to_seconds(fate.deliver[0] - start_));
  std::fprintf(trace_.get(), ",%" PRId64 "\n", to_milliseconds(fate.queued));
}

std::string LinkRunner::counters_json() const {
  const Time now = host::read_clock();
  return print("{\"t\":%.3f,\"link\":\"", to_seconds(now - start_)) + options_.name +
         "\",\"up\":" + direction_json(Way::up, now) + ",\"down\":" + direction_json(Way::down, now) + "}";
}

std::string LinkRunner::direction_json(Way way, Time now) const {
  const emulate::LinkDirection& direction = link_[way];
  const emulate::DirectionCounters& counters = direction.counters();
  uint64_t packets = 0, bytes = 0;
  std::string dropped;
  for (size_t i = 0; i < emulate::kVerdicts; ++i) {
    packets += counters.packets[i];
    bytes += counters.bytes[i];
    const auto verdict = static_cast<Verdict>(i);
    if (verdict == Verdict::ok) continue;
    dropped += print(",\"dropped_%s\":%" PRIu64, to_text(verdict).data(), counters.packets[i]);
  }
  const emulate::LinkOptions& options = direction.options();
  const uint64_t rate_min =
      options.rate_swing_max > 0 ? options.rate_bps * options.rate_swing_min / emulate::kPpmOne : options.rate_bps;
  return print("{\"rate_bps\":%" PRIu64 ",\"rate_min_bps\":%" PRIu64, options.rate_bps, rate_min) +
         print(",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"delivered_bytes\":%" PRIu64,
               packets, bytes, delivered_packets_[index(way)], delivered_bytes_[index(way)]) +
         dropped +
         print(",\"queue_bytes\":%zu,\"queue_ms\":%" PRId64 ",\"outage\":%s}", direction.queued_bytes(now),
               to_milliseconds(direction.queue_wait(now)), direction.in_outage(now) ? "true" : "false");
}

}  // namespace farline::app
