#include <doctest/doctest.h>

#include "voice/codec.h"
#include "voice/ladder.h"

namespace farline::voice {
namespace {

constexpr uint32_t kIpv6UdpBytes = 48;

TEST_CASE("the wire rate of a rung is its bytes: headers, encryption, payload, a report each 2.4 s") {
  // 28 + 14 + 3 + 60 B each 400 ms, and 4 B each 2.4 s; rounded up.
  CHECK(wire_bps(*find_rung("codec2-1200"), kIpv4UdpBytes) == 2100 + 14);
  CHECK(wire_bps(*find_rung("codec2-700c"), kIpv4UdpBytes) == 1450 + 14);
  CHECK(wire_bps(*find_rung("codec2-1200"), kIpv6UdpBytes) == 2500 + 14);
  CHECK(wire_bps(*find_rung("codec2-2400"), kIpv4UdpBytes) == 3150 + 14);
  CHECK(wire_bps(*find_rung("codec2-3200"), kIpv4UdpBytes) == 4700 + 14);
  CHECK(wire_bps(*find_rung("opus-48k"), kIpv4UdpBytes) == 47900 + 14);
}

TEST_CASE("the rung chosen is the best that fits") {
  CHECK(choose_rung(1600, kIpv4UdpBytes).name == "codec2-700c");
  CHECK(choose_rung(2400 * 9 / 10, kIpv4UdpBytes).name == "codec2-1200");  // Iridium dial-up, a tenth in reserve
  CHECK(choose_rung(2113, kIpv4UdpBytes).name == "codec2-700c");
  CHECK(choose_rung(2400, kIpv6UdpBytes).name == "codec2-700c");
  CHECK(choose_rung(2600, kIpv6UdpBytes).name == "codec2-1200");
  CHECK(choose_rung(3200, kIpv4UdpBytes).name == "codec2-2400");
  CHECK(choose_rung(4800, kIpv4UdpBytes).name == "codec2-3200");
  CHECK(choose_rung(10'000'000, kIpv4UdpBytes).name == "opus-48k");
  CHECK(choose_rung(0, kIpv4UdpBytes).name == "codec2-700c");  // nothing fits: the lowest
  for (const uint32_t bps : {6400U, 8000U, 10000U, 12000U, 16000U, 20000U, 24000U, 32000U, 48000U})
    CHECK(choose_rung(bps, kIpv4UdpBytes).name == "opus-" + std::to_string(bps / 1000) + "k");
}

TEST_CASE("with loss, copies are worth their bytes") {
  CHECK_FALSE(choose_rung(20000, kIpv4UdpBytes, 0).copy);
  for (const uint32_t bps : {4200U, 6400U, 8000U, 10000U, 12000U, 16000U, 20000U, 24000U, 32000U, 48000U}) {
    CAPTURE(bps);
    const Rung& rung = choose_rung(bps, kIpv4UdpBytes, 0.15);
    CHECK(rung.copy);
    CHECK(quality_permille(rung, 0.15) >= quality_permille(choose_rung(bps, kIpv4UdpBytes), 0.15));
    CHECK(wire_bps(rung, kIpv4UdpBytes) <= bps);
  }
}

TEST_CASE("quality lies on straight lines between the losses measured") {
  const Rung& rung = *find_rung("opus-16k");
  const auto& measured = rung.quality_permille;
  CHECK(quality_permille(rung, 0) == measured[0]);
  CHECK(quality_permille(rung, -1) == measured[0]);
  CHECK(quality_permille(rung, 0.025) == doctest::Approx((measured[0] + measured[1]) / 2.0));
  CHECK(quality_permille(rung, 0.05) == measured[1]);
  CHECK(quality_permille(rung, 0.10) == doctest::Approx((measured[1] + measured[2]) / 2.0));
  CHECK(quality_permille(rung, 0.15) == measured[2]);
  CHECK(quality_permille(rung, 1) == measured[2]);
}

TEST_CASE("rungs are in order, of whole frames, and fit a payload") {
  uint32_t below = 0;
  for (const Rung& rung : ladder()) {
    CAPTURE(rung.name);
    CHECK(find_rung(rung.name) == &rung);
    CHECK(wire_bps(rung, kIpv4UdpBytes) >= below);
    below = wire_bps(rung, kIpv4UdpBytes);
    CHECK(rung.ptime_ms % rung.frame_ms == 0);
    CHECK(rung.ptime_ms <= 500);
    CHECK(rung.frame_ms % wire::kVoiceUnitMs == 0);
    CHECK(rung.frame_ms * kUnitSamples / wire::kVoiceUnitMs <= kFrameSamplesMax);
    CHECK(size_t{rung.frames_bytes} * 3 / 2 + rung.copy_bytes() + wire::kVoiceHeaderBytes + wire::kVoiceReportBytes <=
          wire::kVoicePayloadBytesMax);
    if (rung.copy) {
      CHECK(wire::may_be_copy(*rung.copy));
      CHECK(rung.ptime_ms % kCopyFrameMs == 0);  // copies begin where packets do
    }
    if (!wire::is_opus(rung.codec)) CHECK(wire::codec2_frame(rung.codec).units * wire::kVoiceUnitMs == rung.frame_ms);
  }
  CHECK(find_rung("codec2-450") == nullptr);
}

}  // namespace
}  // namespace farline::voice
