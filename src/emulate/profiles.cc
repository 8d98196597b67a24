#include "emulate/profiles.h"

#include <algorithm>

namespace farline::emulate {
namespace {

consteval Ppm share(double value) {
  return static_cast<Ppm>(value * 1e6 + 0.5);
}
consteval GilbertElliott ge(double good_to_bad, double bad_to_good, double loss_in_bad) {
  return {share(good_to_bad), share(bad_to_good), share(loss_in_bad)};
}

constexpr EpisodeOptions kIridiumDialupDrops{
    .every = {600s, 1800s}, .length = {25s, 60s}, .long_share = share(0.05), .long_length = {180s, 480s}};
constexpr EpisodeOptions kCertusStalls{.every = {300s, 900s}, .length = {5s, 70s}};
constexpr EpisodeOptions kRainFade{.every = {14'400s, 86'400s}, .length = {120s, 900s}};
constexpr EpisodeOptions kFades{.every = {120s, 600s}, .length = {10s, 60s}};

constexpr LinkProfile kProfiles[] = {
    {.id = "clean"},
    {.id = "lan",
     .up_bps = 100'000'000,
     .down_bps = 100'000'000,
     .link = {.delay = 300us, .jitter = 200us, .queue_time = 50ms}},

    // Narrow-band satellite.
    {.id = "iridium-dialup",
     .up_bps = 2'400,
     .down_bps = 2'400,
     .link =
         {.delay = 900ms, .jitter = 600ms, .loss = share(0.001), .outage = kIridiumDialupDrops, .queue_bytes = 8'192},
     .serial = true,
     .setup = 20s,
     .tariff = {.type = Tariff::Type::time, .micros = 1'440'000, .block = 20s},
     .basis = "S/m"},
    {.id = "iridium-rudics",
     .up_bps = 2'400,
     .down_bps = 2'400,
     .link = {.delay = 700ms,
              .jitter = 500ms,
              .loss = share(0.001),
              .outage = {.every = {600s, 1800s}, .length = {15s, 40s}},
              .queue_bytes = 8'192},
     .serial = true,
     .setup = 10s,
     .basis = "m"},
    {.id = "iridium-sbd",
     .message = {.up_bytes_max = 1'960, .down_bytes_max = 1'890, .delay = {5s, 20s}, .session_fail = share(0.02)},
     .basis = "S/m"},
    {.id = "certus-100",
     .up_bps = 22'000,
     .down_bps = 88'000,
     .link =
         {.delay = 500ms, .jitter = 400ms, .ge = ge(0.002, 0.05, 0.6), .outage = kCertusStalls, .queue_bytes = 32'768},
     .tariff = {.type = Tariff::Type::bytes, .session_min_bytes = 5'120, .after = 300s, .min_bytes_per_s = 300},
     .basis = "S/m"},
    {.id = "certus-200",
     .up_bps = 176'000,
     .down_bps = 176'000,
     .link =
         {.delay = 400ms, .jitter = 300ms, .ge = ge(0.002, 0.05, 0.6), .outage = kCertusStalls, .queue_bytes = 65'536},
     .basis = "m"},
    {.id = "certus-700",
     .up_bps = 352'000,
     .down_bps = 352'000,
     .link = {.rate_swing_min = share(0.25),
              .rate_swing_max = share(1.0),
              .delay = 350ms,
              .jitter = 300ms,
              .ge = ge(0.003, 0.05, 0.6),
              .outage = kCertusStalls,
              .queue_bytes = 131'072},
     .basis = "S"},
    {.id = "thuraya-gmprs",
     .up_bps = 15'000,
     .down_bps = 60'000,
     .link = {.delay = 700ms,
              .jitter = 500ms,
              .loss = share(0.005),
              .outage = {.every = {120s, 900s}, .length = {2s, 10s}},
              .queue_bytes = 16'384},
     .basis = "S/m"},
    {.id = "thuraya-ip",
     .up_bps = 384'000,
     .down_bps = 444'000,
     .link = {.delay = 600ms, .jitter = 300ms, .loss = share(0.003), .queue_bytes = 131'072},
     .basis = "S/m"},
    {.id = "bgan-bg",
     .up_bps = 240'000,
     .down_bps = 384'000,
     .link = {.rate_swing_min = share(0.1),
              .rate_swing_max = share(1.0),
              .delay = 550ms,
              .jitter = 500ms,
              .loss = share(0.005),
              .queue_bytes = 262'144,
              .idle_wake = {.idle = 10s, .extra = {500ms, 1500ms}}},
     .tariff = {.type = Tariff::Type::bytes, .micros = 6'950'000},
     .basis = "S/m"},
    {.id = "bgan-stream32",
     .up_bps = 32'000,
     .down_bps = 32'000,
     .link = {.delay = 400ms, .jitter = 60ms, .loss = share(0.001), .queue_bytes = 8'192},
     .tariff = {.type = Tariff::Type::time, .micros = 2'250'000},
     .basis = "S"},
    {.id = "isatphone",
     .up_bps = 2'400,
     .down_bps = 2'400,
     .link = {.delay = 1000ms,
              .jitter = 800ms,
              .loss = share(0.002),
              .outage = {.every = {600s, 1200s}, .length = {20s, 60s}},
              .queue_bytes = 8'192},
     .serial = true,
     .tariff = {.type = Tariff::Type::time, .block = 15s, .min = 30s},
     .basis = "m"},

    // A shared VSAT dish, by day and in the crowded evening.
    {.id = "vsat-day",
     .up_bps = 64'000,
     .down_bps = 256'000,
     .link = {.delay = 320ms, .jitter = 150ms, .ge = ge(0.001, 0.1, 0.3), .outage = kRainFade, .queue_time = 1500ms},
     .basis = "m"},
    {.id = "vsat-evening",
     .up_bps = 24'000,
     .down_bps = 96'000,
     .link = {.delay = 350ms, .jitter = 400ms, .ge = ge(0.003, 0.1, 0.4), .outage = kRainFade, .queue_time = 3000ms},
     .basis = "m"},

    // Old mobile networks (RFC 3481), and mobile plans throttled by a policer.
    {.id = "gprs",
     .up_bps = 15'000,
     .down_bps = 30'000,
     .link = {.rate_swing_min = share(0.5),
              .rate_swing_max = share(1.3),
              .delay = 400ms,
              .jitter = 800ms,
              .loss = share(0.002),
              .delay_spike = {.every = {60s, 180s}, .length = {3s, 15s}},
              .queue_bytes = 16'384},
     .basis = "S/m"},
    {.id = "edge",
     .up_bps = 60'000,
     .down_bps = 120'000,
     .link = {.delay = 200ms,
              .jitter = 300ms,
              .loss = share(0.002),
              .delay_spike = {.every = {60s, 300s}, .length = {1s, 6s}},
              .queue_bytes = 65'536},
     .basis = "m"},
    {.id = "cap-64k",
     .up_bps = 64'000,
     .down_bps = 64'000,
     .link = {.delay = 80ms, .jitter = 50ms, .policer = {4'096, share(0.45), share(1.0)}},
     .basis = "S"},
    {.id = "cap-32k",
     .up_bps = 32'000,
     .down_bps = 32'000,
     .link = {.delay = 80ms, .jitter = 50ms, .policer = {4'096, share(0.45), share(1.0)}},
     .basis = "S"},
    {.id = "cap-16k",
     .up_bps = 16'000,
     .down_bps = 16'000,
     .link = {.delay = 80ms, .jitter = 50ms, .policer = {2'048, share(0.45), share(1.0)}},
     .basis = "S"},

    // HF radio, half duplex.
    {.id = "hf-good",
     .up_bps = 1'200,
     .down_bps = 1'200,
     .link = {.delay = 3000ms, .jitter = 3000ms, .loss = share(0.005), .outage = kFades},
     .half_duplex = {.on = true, .turnaround = {700ms, 900ms}, .burst = 5200ms},
     .basis = "S/m"},
    {.id = "hf-poor",
     .up_bps = 100,
     .down_bps = 100,
     .link = {.delay = 6000ms, .jitter = 10'000ms},
     .half_duplex = {.on = true, .turnaround = {700ms, 900ms}},
     .connect_fail_min = share(0.1),
     .connect_fail_max = share(0.3),
     .basis = "S/m"},

    // Machine-type mobile and a modern constellation.
    {.id = "lte-m",
     .up_bps = 300'000,
     .down_bps = 300'000,
     .link = {.delay = 80ms,
              .jitter = 200ms,
              .loss = share(0.005),
              .delay_spike = {.every = {120s, 600s}, .length = {1s, 6s}},
              .queue_bytes = 65'536},
     .basis = "S/m"},
    {.id = "nb-iot",
     .up_bps = 20'000,
     .down_bps = 60'000,
     .link = {.delay = 1000ms, .jitter = 6000ms, .loss = share(0.01), .queue_bytes = 8'192},
     .basis = "S"},
    {.id = "starlink",
     .up_bps = 10'000'000,
     .down_bps = 80'000'000,
     .link = {.delay = 25ms,
              .jitter = 40ms,
              .step_every = 15s,
              .ge = ge(0.001, 0.3, 0.5),
              .outage = {.every = {600s, 1800s}, .length = {1s, 10s}},
              .queue_time = 200ms},
     .basis = "S"},
    {.id = "torture-100bps",
     .up_bps = 100,
     .down_bps = 100,
     .link = {.delay = 4000ms, .jitter = 1600ms, .loss = share(0.05), .outage = kFades, .queue_bytes = 2'048},
     .basis = "S"},
};

}  // namespace

std::span<const LinkProfile> profiles() {
  return kProfiles;
}

const LinkProfile* find_profile(std::string_view id) {
  const auto* found = std::ranges::find(kProfiles, id, &LinkProfile::id);
  return found == std::end(kProfiles) ? nullptr : found;
}

}  // namespace farline::emulate
