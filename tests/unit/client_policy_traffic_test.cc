// A policy between two devices in a call, over emulated links in virtual time.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "support/fake_asymmetric.h"
#include "support/media_pair.h"
#include "support/policy_bundles.h"

namespace farline::client {
namespace {

using testing::MediaPair;
using testing::PolicyBundles;

// A device without a node, that takes what its organisation has signed.
class Device {
 public:
  Device(uint64_t seed, const PolicyBundles& organisation)
      : organisation_(organisation), rng_(seed), keys_(asymmetric_.generate_key_pair(rng_)) {}

  void hold(Time now, policy::Bundle bundle) {
    held = std::move(bundle);
    traffic.hold(now, {version_of(held), held.bytes});
  }
  void take_files(Time now) {
    while (const auto file = traffic.poll_file()) {
      ++files;
      auto opened = policy::open_bundle(*file, {organisation_.pin(), PolicyBundles::kSite}, crypto::real_asymmetric());
      if (opened && policy::version_of(*opened) > version_of(held)) held = std::move(*opened);
      traffic.hold(now, {version_of(held), held.bytes});
    }
  }

 private:
  const PolicyBundles& organisation_;
  testing::SeededRng rng_;
  testing::FakeAsymmetric asymmetric_;
  crypto::KeyPair keys_;
  Outputs out_;
  DeviceCounter counter_{out_};
  Attachment attachment_{{.node = {Address::v4(192, 0, 2, 1, 4747), keys_.public_key},
                          .static_keys = keys_,
                          .certificate = {},
                          .token = {},
                          .asymmetric = asymmetric_,
                          .rng = rng_},
                         counter_,
                         out_};

 public:
  PolicyTraffic traffic{attachment_, rng_};
  policy::Bundle held;
  size_t files = 0;
};

struct Voice {
  double p95_ms = 0;
  double worst_ms = 0;
  double lost = 0;
};
Voice voice_of(const MediaPair& pair, size_t side, Time since) {
  std::vector<double> delays;
  double lost = 0;
  for (const auto& packet : pair.passed(side, since, [](const auto& p) { return p.is_voice; })) {
    if (packet.arrived)
      delays.push_back(to_seconds(*packet.arrived - packet.sent) * 1000);
    else
      ++lost;
  }
  std::ranges::sort(delays);
  REQUIRE(!delays.empty());
  return {delays[(delays.size() - 1) * 95 / 100], delays.back(), lost / static_cast<double>(delays.size())};
}

emulate::LinkSpec link_of(const std::string& text) {
  return emulate::parse_spec(text).value();
}

constexpr Duration kBefore = 60s;
constexpr Duration kWithin = 180s;

// Until the second device has it; nothing: never.
std::optional<Duration> pass_on(MediaPair& pair, Device& from, Device& to) {
  std::optional<Duration> took;
  const wire::PolicyVersion wanted = version_of(from.held);
  for (Duration passed{}; passed < kWithin; passed += 20ms) {
    pair.run(20ms);
    from.take_files(pair.now);
    to.take_files(pair.now);
    if (!took && version_of(to.held) == wanted) took = passed;
  }
  return took;
}

TEST_CASE("a changed policy passes between devices in a call over iridium-dialup, and voice hardly notices") {
  const PolicyBundles relief;
  const auto spec = link_of("iridium-dialup,outage_every_s=0:0");
  for (const uint32_t held_before : {7U, 0U}) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      MediaPair alone(spec, seed, {.start_bps = 2'160});
      alone.run(kBefore + kWithin);

      Device ada(1, relief);
      Device bao(2, relief);
      MediaPair both(spec, seed, {.start_bps = 2'160, .policies = {&ada.traffic, &bao.traffic}});
      both.run(kBefore);
      ada.hold(both.now, relief.bundle(7));
      if (held_before != 0) bao.hold(both.now, relief.bundle(7));
      const Time since = both.now;
      ada.hold(both.now, relief.bundle(8, "17:00"));
      const auto took = pass_on(both, ada, bao);
      REQUIRE(took.has_value());
      const Duration packet_time = 1ms * both.stats(0).ptime_ms;
      for (size_t side = 0; side < 2; ++side) {
        const Voice before = voice_of(alone, side, since);
        const Voice after = voice_of(both, side, since);
        MESSAGE("side " << side << ": voice p95 " << before.p95_ms << " -> " << after.p95_ms << " ms, worst "
                        << before.worst_ms << " -> " << after.worst_ms << ", lost " << before.lost << " -> "
                        << after.lost << "; taken after " << to_seconds(*took) << " s; rung " << both.stats(side).rung
                        << " of " << to_seconds(packet_time) << " s");
        CHECK(after.p95_ms <= before.p95_ms + static_cast<double>(to_milliseconds(packet_time)));
        CHECK(after.lost <= before.lost + 0.01);
      }
      CHECK(both.stats(0).mode_bps >= alone.stats(0).mode_bps);
      CHECK(bao.files == 1);
    }
  }
}

}  // namespace
}  // namespace farline::client
