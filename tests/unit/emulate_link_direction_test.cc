#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "emulate/link.h"

using namespace farline;
using namespace farline::emulate;

namespace {

constexpr Time kStart{std::chrono::hours(1'000)};  // a host's clock starts anywhere

LinkSpec spec_of(std::string_view text) {
  auto spec = parse_spec(text);
  REQUIRE_MESSAGE(spec.has_value(), text);
  return *spec;
}

struct Flow {  // equal packets at equal intervals
  size_t bytes = 100;
  Duration every = 20ms;
  Duration length = 60s;
};

struct Sent {
  Time at;
  Fate fate;
};

std::vector<Sent> send(LinkDirection& direction, const Flow& flow, Time from = kStart) {
  std::vector<Sent> all;
  for (Time t = from; t < from + flow.length; t += flow.every) all.push_back({t, direction.offer(t, flow.bytes)});
  return all;
}

std::vector<Sent> send_up(std::string_view text, const Flow& flow, uint64_t seed = 1) {
  Link link(spec_of(text), seed, kStart);
  return send(link[Way::up], flow);
}

size_t count(const std::vector<Sent>& all, Verdict verdict) {
  return static_cast<size_t>(std::ranges::count(all, verdict, [](const Sent& s) { return s.fate.verdict; }));
}

std::vector<Time> arrivals(const std::vector<Sent>& all) {
  std::vector<Time> times;
  for (const Sent& s : all)
    for (size_t i = 0; i < static_cast<size_t>(s.fate.copies); ++i) times.push_back(s.fate.deliver[i]);
  return times;
}

void check_between(double value, double low, double high) {
  CHECK_GE(value, low);
  CHECK_LE(value, high);
}

}  // namespace

TEST_CASE("a clean link delivers everything at once") {
  for (const Sent& s : send_up("clean", {})) {
    CHECK_EQ(s.fate.copies, 1);
    CHECK_EQ(s.fate.deliver[0], s.at);
  }
}

TEST_CASE("a saturated link carries its rate within 0.1 %") {
  for (const std::string_view rate : {"2400", "22k", "10M"}) {
    Link link(spec_of("clean,queue_bytes=4000,rate=" + std::string(rate)), 1, kStart);
    LinkDirection& up = link[Way::up];
    const double bps = static_cast<double>(up.options().rate_bps);
    const auto times = arrivals(send(up, {.bytes = 100,
                                          .every = serialisation_time(90, up.options().rate_bps),
                                          .length = serialisation_time(1'000'000, up.options().rate_bps)}));
    const double carried = static_cast<double>(times.size() - 1) * 800 / to_seconds(times.back() - times.front());
    check_between(carried / bps, 0.999, 1.001);
  }
}

TEST_CASE("delay is serialisation plus delay plus jitter, in order") {
  for (const Sent& s : send_up("clean,rate=8000,delay_ms=250", {.bytes = 100, .every = 200ms}))
    CHECK_EQ(s.fate.deliver[0] - s.at, 350ms);
  const auto all = send_up("clean,delay_ms=900,jitter_ms=600", {.every = 40ms, .length = 600s});
  Duration least = 10s, most = 0s, sum{};
  Time last{};
  for (const Sent& s : all) {
    const Duration delay = s.fate.deliver[0] - s.at;
    least = std::min(least, delay);
    most = std::max(most, delay);
    sum += delay;
    CHECK_GE(s.fate.deliver[0], last);
    last = s.fate.deliver[0];
  }
  check_between(to_seconds(least), 0.9, 1.0);
  check_between(to_seconds(most), 1.4, 1.5);
  check_between(to_seconds(sum) / static_cast<double>(all.size()), 1.1, 1.35);
}

TEST_CASE("a satellite step moves the delay at its interval") {
  const auto all = send_up("clean,jitter_ms=400,step_every_s=15", {.every = 1s, .length = 600s});
  std::vector<Duration> least;  // of each interval
  for (size_t i = 0; i < all.size(); i += 15) {
    Duration of_interval = 10s;
    for (size_t k = i; k < i + 15; ++k) of_interval = std::min(of_interval, all[k].fate.deliver[0] - all[k].at);
    least.push_back(of_interval);
  }
  const auto [low, high] = std::ranges::minmax(least);
  CHECK_LT(low, 60ms);
  CHECK_GT(high, 160ms);
  CHECK_LT(high, 400ms);
}

TEST_CASE("the queue keeps its bound, in bytes and in time") {
  Link link(spec_of("clean,rate=2400,queue_bytes=8192"), 1, kStart);
  LinkDirection& up = link[Way::up];
  for (Time t = kStart; t < kStart + 60s; t += 50ms) {
    up.offer(t, 200);
    CHECK_LE(up.queued_bytes(t), 8192);
  }
  CHECK_GT(up.queued_bytes(kStart + 60s), 7500);
  CHECK_GT(up.counters().packets[static_cast<size_t>(Verdict::queue)], 800);
  const auto all = send_up("clean,rate=2400,queue_ms=1500", {.bytes = 60, .every = 50ms});
  CHECK_GT(count(all, Verdict::queue), 0);
  for (const Sent& s : all)
    if (s.fate.copies > 0) CHECK_LE(s.fate.deliver[0] - s.at, 1700ms);  // 1.5 s and its own 0.2 s
}

TEST_CASE("random loss has its mean") {
  const auto all = send_up("clean,loss=0.02", {.every = 1ms, .length = 200s});
  check_between(static_cast<double>(count(all, Verdict::loss)) / static_cast<double>(all.size()), 0.019, 0.021);
}

TEST_CASE("Gilbert-Elliott loss has its mean and its burst length") {
  // Mean p/(p+r) * h; runs of loss in the bad state with h = 1 last 1/r packets.
  const auto all = send_up("clean,ge=0.01:0.25:1", {.every = 1ms, .length = 500s});
  size_t lost = 0, bursts = 0;
  bool in_burst = false;
  for (const Sent& s : all) {
    const bool is_lost = s.fate.verdict == Verdict::loss;
    lost += is_lost ? 1 : 0;
    bursts += is_lost && !in_burst ? 1 : 0;
    in_burst = is_lost;
  }
  check_between(static_cast<double>(lost) / static_cast<double>(all.size()), 0.0365, 0.0405);
  check_between(static_cast<double>(lost) / static_cast<double>(bursts), 3.8, 4.2);
}

TEST_CASE("an outage holds the queue, or drops what meets it") {
  const auto held = send_up("clean,rate=8000,delay_ms=100,outages=10+5:30+2", {.bytes = 100, .every = 500ms});
  for (const Sent& s : held) {
    REQUIRE_EQ(s.fate.verdict, Verdict::ok);
    const Duration sent = s.fate.deliver[0] - 100ms - kStart;
    CHECK_FALSE((sent > 10s && sent < 15s));
    CHECK_FALSE((sent > 30s && sent < 32s));
  }
  CHECK_EQ(held[20].fate.deliver[0] - kStart, 15'200ms);  // offered at 10 s: after the outage, then as fast as it goes
  CHECK_EQ(held[21].fate.deliver[0] - kStart, 15'300ms);
  CHECK_EQ(held[50].fate.deliver[0] - held[50].at, 200ms);
  const auto dropped = send_up("clean,rate=8000,outages=10+5,outage_drop=1", {.bytes = 100, .every = 500ms});
  CHECK_EQ(count(dropped, Verdict::outage), 10);
}

TEST_CASE("an outage interrupts a packet that is being sent") {
  const auto all = send_up("clean,rate=800,outages=1+5", {.bytes = 200, .every = 60s});
  CHECK_EQ(all[0].fate.deliver[0] - kStart, 7s);
}

TEST_CASE("random outages come as often and last as long as asked, in both directions at once") {
  Link link(spec_of("clean,outage_every_s=100:200,outage_len_s=10:20,outage_long=0.2:50:60"), 5, kStart);
  const Flow flow{.every = 1s, .length = 1'000'000s};
  const auto up = send(link[Way::up], flow);
  const auto down = send(link[Way::down], flow);
  size_t outages = 0, held = 0, long_ones = 0, different = 0;
  Time last_end{};
  for (size_t i = 0; i < up.size(); ++i) {
    if (up[i].fate.deliver[0] != down[i].fate.deliver[0]) ++different;
    if (up[i].fate.deliver[0] == up[i].at) continue;
    ++held;
    if (up[i].fate.deliver[0] == last_end) continue;
    last_end = up[i].fate.deliver[0];
    ++outages;
    if (last_end - up[i].at > 45s) ++long_ones;
  }
  CHECK_EQ(different, 0);
  // Pause 150 s and length 0.8 * 15 + 0.2 * 55 = 23 s on average.
  check_between(static_cast<double>(outages), 1e6 / 173 * 0.97, 1e6 / 173 * 1.03);
  check_between(static_cast<double>(held) / static_cast<double>(outages), 22, 24);
  check_between(static_cast<double>(long_ones) / static_cast<double>(outages), 0.18, 0.22);
}

TEST_CASE("a delay spike holds what left, and costs no capacity") {
  Link link(spec_of("clean,rate=15000,spike_every_s=60:60,spike_len_s=5:5"), 1, kStart);
  const auto all = send(link[Way::up], {.bytes = 100, .every = 100ms, .length = 120s});
  CHECK_LT(all[590].fate.deliver[0] - all[590].at, 100ms);
  for (size_t i = 600; i < 649; ++i) CHECK_EQ(all[i].fate.deliver[0] - kStart, 65s);
  CHECK_LT(all[650].fate.deliver[0] - all[650].at, 100ms);
}

TEST_CASE("a rate swing stays between its bounds and uses them") {
  const auto times =
      arrivals(send_up("clean,rate=8000,rate_swing=0.5:1.5", {.bytes = 100, .every = 50ms, .length = 2000s}));
  Duration least = 10s, most{};
  for (size_t i = 1; i < times.size(); ++i) {
    least = std::min(least, times[i] - times[i - 1]);
    most = std::max(most, times[i] - times[i - 1]);
  }
  check_between(to_seconds(least), 0.0666, 0.07);  // 100 bytes at 12 kbit/s: 67 ms; at 4 kbit/s: 200 ms
  check_between(to_seconds(most), 0.19, 0.2);
}

TEST_CASE("a policer passes its rate and burst, and drops 45 to 100 % of the rest") {
  Link link(spec_of("cap-32k,jitter_ms=0"), 1, kStart);
  LinkDirection& up = link[Way::up];
  CHECK_EQ(count(send(up, {.bytes = 400, .every = 1ms, .length = 10ms}), Verdict::policer), 0);  // 4,000 <= 4,096
  CHECK_GT(count(send(up, {.bytes = 400, .every = 1ms, .length = 20ms}, kStart + 10ms), Verdict::policer), 8);
  CHECK_EQ(count(send(up, {.bytes = 400, .every = 100ms, .length = 60s}, kStart + 10s), Verdict::policer), 0);
  const auto twice = send(up, {.bytes = 400, .every = 50ms, .length = 600s}, kStart + 100s);
  check_between(static_cast<double>(count(twice, Verdict::policer)) / static_cast<double>(twice.size()), 0.2, 0.51);
  for (const Sent& s : twice)
    if (s.fate.copies > 0) CHECK_EQ(s.fate.deliver[0] - s.at, 80ms);  // no queue
}

TEST_CASE("an idle radio wakes slowly, a busy one does not") {
  Link link(spec_of("clean,rate=240k,idle_wake=10:500:1500"), 1, kStart);
  LinkDirection& up = link[Way::up];
  const Fate first = up.offer(kStart, 100);
  check_between(to_seconds(first.deliver[0] - kStart), 0.5, 1.51);
  const Time busy = kStart + 5s;
  CHECK_LT(up.offer(busy, 100).deliver[0] - busy, 10ms);
  const Time idle = kStart + 16s;
  check_between(to_seconds(up.offer(idle, 100).deliver[0] - idle), 0.5, 1.51);
}

TEST_CASE("half duplex shares one air and pays for each turn") {
  Link link(spec_of("hf-good,delay_ms=0,jitter_ms=0,loss=0,outage_every_s=0:0"), 1, kStart);
  const Fate up = link[Way::up].offer(kStart, 150);
  CHECK_EQ(up.deliver[0] - kStart, 1s);
  const Fate down = link[Way::down].offer(kStart, 150);
  check_between(to_seconds(down.deliver[0] - kStart), 2.7, 2.9);
  const Fate again = link[Way::down].offer(kStart, 150);
  CHECK_EQ(again.deliver[0] - down.deliver[0], 1s);
}

TEST_CASE("duplicates, reordering and corruption come as often as asked") {
  const auto all = send_up("clean,delay_ms=100,duplicate=0.1,reorder=0.1,corrupt=0.1", {.every = 10ms, .length = 500s});
  double twice = 0, corrupt = 0, overtaken = 0;
  Time latest{};
  for (const Sent& s : all) {
    twice += s.fate.copies == 2 ? 1 : 0;
    corrupt += s.fate.corrupt ? 1 : 0;
    overtaken += s.fate.deliver[0] < latest ? 1 : 0;
    latest = std::max(latest, s.fate.deliver[0]);
    CHECK_LE(s.fate.deliver[0] - s.at, 100ms + kReorderDelayMax);
  }
  const auto total = static_cast<double>(all.size());
  check_between(twice / total, 0.095, 0.105);
  check_between(corrupt / total, 0.095, 0.105);
  CHECK_GT(overtaken, total / 2);  // one in ten is up to 50 packets late
}

TEST_CASE("cross traffic takes its share") {
  // A thin probe finds the link busy as often as other people's packets use it.
  const auto all = send_up("clean,rate=128k,cross=0.3", {.bytes = 20, .every = 97ms, .length = 3000s});
  const auto waited = std::ranges::count_if(
      all, [](const Sent& s) { return s.fate.deliver[0] - s.at > serialisation_time(20, 128'000); });
  check_between(static_cast<double>(waited) / static_cast<double>(all.size()), 0.28, 0.32);
}

TEST_CASE("changed options hold from then on") {
  Link link(spec_of("clean,rate=8000"), 1, kStart);
  CHECK_EQ(link[Way::up].offer(kStart, 100).deliver[0] - kStart, 100ms);
  link.set_spec(kStart + 1s, spec_of("clean,rate=16k,delay_ms=10"));
  CHECK_EQ(link[Way::up].offer(kStart + 1s, 100).deliver[0] - kStart, 1060ms);
}

namespace {

uint64_t trace_hash(uint64_t seed) {
  uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a over 64-bit words
  const auto mix = [&](uint64_t word) { hash = (hash ^ word) * 0x100000001b3ULL; };
  for (const LinkProfile& profile : profiles()) {
    if (!profile.is_ip()) continue;
    auto spec = make_spec(profile);
    for (const auto faults : {"duplicate=0.01", "reorder=0.01", "corrupt=0.01", "cross=0.1"})
      REQUIRE(apply_override(*spec, faults));
    Link link(*spec, seed, kStart);
    for (int i = 0; i < 4'000; ++i) {
      const Time now = kStart + i * 250ms;
      const Fate fate = link[i % 3 == 0 ? Way::down : Way::up].offer(now, static_cast<size_t>(40 + i % 200));
      mix(static_cast<uint64_t>(fate.verdict));
      for (size_t k = 0; k < static_cast<size_t>(fate.copies); ++k)
        mix(static_cast<uint64_t>((fate.deliver[k] - kStart).count()));
      mix(fate.corrupt ? fate.corrupt_bit : 0);
    }
  }
  return hash;
}

}  // namespace

TEST_CASE("one seed is one trace, on every compiler") {
  CHECK_EQ(trace_hash(7), trace_hash(7));
  CHECK_NE(trace_hash(7), trace_hash(8));
  CHECK_EQ(trace_hash(7), 0x470f70eb7afdf010ULL);
}
