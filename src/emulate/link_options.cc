#include "emulate/link_options.h"

#include <algorithm>
#include <optional>
#include <span>

namespace farline::emulate {
namespace {

constexpr size_t kNumbersMax = 3;
using Numbers = std::array<int64_t, kNumbersMax>;

struct Unit {
  int decimals = 0;  // text "1.5" becomes 1.5 * 10^decimals
  int64_t max = 0;
};
constexpr Unit kRate{0, 1'000'000'000};
constexpr Unit kShare{6, kPpmOne};
constexpr Unit kTimes{6, 10 * kPpmOne};
constexpr Unit kMillis{6, 600'000'000'000};
constexpr Unit kSeconds{9, 1'000'000'000'000'000};
constexpr Unit kBytes{0, 100'000'000};
constexpr Unit kPacket{0, 65'535};
constexpr Unit kFlag{0, 1};

constexpr int64_t kRateMin = 50;

std::optional<int64_t> parse_number(std::string_view text, const Unit& unit) {
  int64_t value = 0;
  int decimals = -1;  // how many were read; -1 before the point
  bool any = false;
  for (const char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9' || decimals == unit.decimals || value > unit.max) return std::nullopt;
    value = value * 10 + (c - '0');
    if (decimals >= 0) ++decimals;
    any = true;
  }
  for (int i = std::max(decimals, 0); i < unit.decimals && value <= unit.max; ++i) value *= 10;
  if (!any || value > unit.max) return std::nullopt;
  return value;
}

std::optional<int64_t> parse_rate(std::string_view text) {
  int64_t factor = 1;
  if (text.ends_with('k')) factor = 1'000;
  if (text.ends_with('M')) factor = 1'000'000;
  if (factor > 1) text.remove_suffix(1);
  const auto value = parse_number(text, kRate);
  if (!value || *value * factor > kRate.max || (*value > 0 && *value * factor < kRateMin)) return std::nullopt;
  return *value * factor;
}

DurationRange range(int64_t min, int64_t max) {
  return {Duration{min}, Duration{max}};
}
Ppm ppm(int64_t value) {
  return static_cast<Ppm>(value);
}
// Episodes at least a second apart, or none: every loop over them ends.
bool is_pause(const Numbers& n) {
  return n[1] == 0 || n[0] >= 1'000'000'000;
}

struct Key {
  std::string_view name;
  std::string_view expects;
  size_t count;
  std::array<Unit, kNumbersMax> units;
  bool last_two_ordered;
  bool (*set)(LinkOptions&, const Numbers&);
};

using O = LinkOptions;
using N = Numbers;
constexpr Key kKeys[] = {
    {"rate_swing",
     "rate_swing=MIN:MAX, shares of the rate, 0 to 10",
     2,
     {kTimes, kTimes},
     true,
     [](O& o, const N& n) { return o.rate_swing_min = ppm(n[0]), o.rate_swing_max = ppm(n[1]), true; }},
    {"delay_ms",
     "delay_ms=MS, 0 to 600000",
     1,
     {kMillis},
     false,
     [](O& o, const N& n) { return o.delay = Duration{n[0]}, true; }},
    {"jitter_ms",
     "jitter_ms=MS, 0 to 600000",
     1,
     {kMillis},
     false,
     [](O& o, const N& n) { return o.jitter = Duration{n[0]}, true; }},
    {"step_every_s",
     "step_every_s=S, at least 1, or 0 for none",
     1,
     {kSeconds},
     false,
     [](O& o, const N& n) { return o.step_every = Duration{n[0]}, n[0] == 0 || n[0] >= 1'000'000'000; }},
    {"loss", "loss=SHARE, 0 to 1", 1, {kShare}, false, [](O& o, const N& n) { return o.loss = ppm(n[0]), true; }},
    {"ge",
     "ge=GOOD_TO_BAD:BAD_TO_GOOD:LOSS_IN_BAD, 0 to 1 each",
     3,
     {kShare, kShare, kShare},
     false,
     [](O& o, const N& n) {
       return o.ge = {ppm(n[0]), ppm(n[1]), ppm(n[2])}, true;
     }},
    {"outage_every_s",
     "outage_every_s=MIN:MAX, at least 1, or 0:0 for none",
     2,
     {kSeconds, kSeconds},
     true,
     [](O& o, const N& n) { return o.outage.every = range(n[0], n[1]), is_pause(n); }},
    {"outage_len_s",
     "outage_len_s=MIN:MAX",
     2,
     {kSeconds, kSeconds},
     true,
     [](O& o, const N& n) { return o.outage.length = range(n[0], n[1]), true; }},
    {"outage_long",
     "outage_long=SHARE:MIN_S:MAX_S",
     3,
     {kShare, kSeconds, kSeconds},
     true,
     [](O& o, const N& n) { return o.outage.long_share = ppm(n[0]), o.outage.long_length = range(n[1], n[2]), true; }},
    {"outage_drop",
     "outage_drop=0 or 1",
     1,
     {kFlag},
     false,
     [](O& o, const N& n) { return o.outage_drop = n[0] == 1, true; }},
    {"spike_every_s",
     "spike_every_s=MIN:MAX, at least 1, or 0:0 for none",
     2,
     {kSeconds, kSeconds},
     true,
     [](O& o, const N& n) { return o.delay_spike.every = range(n[0], n[1]), is_pause(n); }},
    {"spike_len_s",
     "spike_len_s=MIN:MAX",
     2,
     {kSeconds, kSeconds},
     true,
     [](O& o, const N& n) { return o.delay_spike.length = range(n[0], n[1]), true; }},
    {"policer",
     "policer=BURST_BYTES:DROP_MIN:DROP_MAX, shares 0 to 1",
     3,
     {kBytes, kShare, kShare},
     true,
     [](O& o, const N& n) {
       return o.policer = {static_cast<uint32_t>(n[0]), ppm(n[1]), ppm(n[2])}, true;
     }},
    {"queue_bytes",
     "queue_bytes=BYTES, 0 for none",
     1,
     {kBytes},
     false,
     [](O& o, const N& n) { return o.queue_bytes = static_cast<uint32_t>(n[0]), true; }},
    {"queue_ms",
     "queue_ms=MS, 0 for none",
     1,
     {kMillis},
     false,
     [](O& o, const N& n) { return o.queue_time = Duration{n[0]}, true; }},
    {"idle_wake",
     "idle_wake=IDLE_S:EXTRA_MIN_MS:EXTRA_MAX_MS",
     3,
     {kSeconds, kMillis, kMillis},
     true,
     [](O& o, const N& n) {
       return o.idle_wake = {Duration{n[0]}, range(n[1], n[2])}, true;
     }},
    {"duplicate",
     "duplicate=SHARE, 0 to 1",
     1,
     {kShare},
     false,
     [](O& o, const N& n) { return o.duplicate = ppm(n[0]), true; }},
    {"reorder",
     "reorder=SHARE, 0 to 1",
     1,
     {kShare},
     false,
     [](O& o, const N& n) { return o.reorder = ppm(n[0]), true; }},
    {"corrupt",
     "corrupt=SHARE, 0 to 1",
     1,
     {kShare},
     false,
     [](O& o, const N& n) { return o.corrupt = ppm(n[0]), true; }},
    {"cross",
     "cross=SHARE of the rate, 0 to 1",
     1,
     {kShare},
     false,
     [](O& o, const N& n) { return o.cross = ppm(n[0]), true; }},
    {"cross_bytes",
     "cross_bytes=BYTES, 20 to 65535",
     1,
     {kPacket},
     false,
     [](O& o, const N& n) { return o.cross_bytes = static_cast<uint32_t>(n[0]), n[0] >= 20; }},
};

Result<void> set_key(LinkOptions& options, const Key& key, std::string_view value) {
  const Error refused{Errc::malformed, key.expects};
  Numbers numbers{};
  for (size_t i = 0; i < key.count; ++i) {
    const size_t colon = i + 1 < key.count ? value.find(':') : value.size();
    if (colon == std::string_view::npos) return refused;
    const auto number = parse_number(value.substr(0, colon), key.units[i]);
    if (!number) return refused;
    numbers[i] = *number;
    value.remove_prefix(std::min(colon + 1, value.size()));
  }
  if (key.last_two_ordered && numbers[key.count - 2] > numbers[key.count - 1]) return refused;
  LinkOptions changed = options;
  if (!key.set(changed, numbers)) return refused;
  options = changed;
  return {};
}

// "30+10:90+5": seconds after the link's start, and how long. An empty value removes them.
Result<void> set_outages(LinkOptions& options, std::string_view value) {
  const Error refused{Errc::malformed, "outages=START+LENGTH[:START+LENGTH...] in seconds, in order, 8 at most"};
  std::array<ScheduledOutage, kScheduledOutagesMax> outages{};
  Duration end{};
  for (size_t i = 0; !value.empty(); ++i) {
    const size_t colon = std::min(value.find(':'), value.size());
    const std::string_view one = value.substr(0, colon);
    const size_t plus = one.find('+');
    if (i == outages.size() || plus == std::string_view::npos) return refused;
    const auto start = parse_number(one.substr(0, plus), kSeconds);
    const auto length = parse_number(one.substr(plus + 1), kSeconds);
    if (!start || !length || *length == 0 || Duration{*start} < end) return refused;
    outages[i] = {Duration{*start}, Duration{*length}};
    end = Duration{*start + *length};
    value.remove_prefix(std::min(colon + 1, value.size()));
  }
  options.outages = outages;
  return {};
}

}  // namespace

Result<void> set_option(LinkOptions& options, std::string_view key, std::string_view value) {
  if (key == "rate") {
    const auto rate = parse_rate(value);
    if (!rate) return Error{Errc::malformed, "rate=BIT_PER_S, 0 (no limit) or 50 to 1000000000, k and M allowed"};
    options.rate_bps = static_cast<uint64_t>(*rate);
    return {};
  }
  if (key == "outages") return set_outages(options, value);
  const auto* row = std::ranges::find(kKeys, key, &Key::name);
  if (row == std::end(kKeys)) return Error{Errc::not_found, "unknown link option"};
  return set_key(options, *row, value);
}

}  // namespace farline::emulate
