// Copies of earlier speech, from the sender through a lossy network to the receiver, with the scripted codec: whatever
// is heard says when it was spoken.
#include <doctest/doctest.h>

#include <functional>
#include <map>

#include "support/scripted_codec.h"
#include "support/seeded_rng.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline::voice {
namespace {

constexpr Duration kDelay = 300ms;

struct Lossy {
  uint64_t packets_lost = 0;
  ReceiverStats stats;
  std::vector<int> times_heard;  // each unit spoken
  int backwards = 0;             // units heard after a later one
  int64_t latency_last = 0;      // units, mouth to ear
};

using Loses = std::function<bool(uint64_t sequence)>;

// The far end talks for so many units.
Lossy talk(const Rung& rung, int64_t units, const Loses& loses, size_t copy_offset = 1) {
  testing::ScriptedCodecs codecs;
  Sender sender(codecs, rung);
  sender.set_copy_offset(copy_offset);
  Receiver receiver(codecs);
  std::multimap<Time, std::pair<uint64_t, ByteVector>> flying;
  Lossy call;
  call.times_heard.resize(static_cast<size_t>(units));
  uint64_t sequence = 0;
  int64_t newest = -1;
  ByteVector payload;
  for (int64_t unit = 0; unit < units; ++unit) {
    const Time now{unit * 20ms};
    sender.push_pcm(testing::counting_unit(unit));
    while (sender.poll_packet(now, std::nullopt, payload)) {
      const bool lost = loses(sequence);
      if (lost) ++call.packets_lost;
      if (!lost) flying.emplace(now + kDelay, std::pair{sequence, payload});
      ++sequence;
    }
    for (; !flying.empty() && flying.begin()->first <= now; flying.erase(flying.begin()))
      CHECK(receiver.handle_packet(now, flying.begin()->second.first, flying.begin()->second.second));
    std::array<int16_t, kUnitSamples> pcm{};
    receiver.take_pcm(pcm);
    const auto spoken = testing::unit_heard(pcm);
    if (!spoken) continue;
    ++call.times_heard[static_cast<size_t>(*spoken)];
    if (*spoken + 1 < newest) ++call.backwards;  // (a pitch period repeated goes back by less than one)
    newest = *spoken;
    call.latency_last = unit - *spoken;
  }
  call.stats = receiver.stats(Time{units * 20ms});
  return call;
}

double recovered(const Lossy& call, const Rung& rung) {
  return static_cast<double>(call.stats.recovered_ms) / static_cast<double>(call.packets_lost * rung.ptime_ms);
}

std::vector<Rung> rungs_with_copies() {
  std::vector<Rung> rungs;
  for (const Rung& rung : ladder())
    if (rung.copy) rungs.push_back(rung);
  return rungs;
}

constexpr int64_t kUnits = 300 * 50;  // 300 s

TEST_CASE("a tenth of the packets lost at random: more than 85 % of their speech is heard from copies") {
  for (const Rung& rung : rungs_with_copies()) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(rung.name);
      CAPTURE(seed);
      testing::SeededRng rng(seed);
      const Lossy call = talk(rung, kUnits, [&](uint64_t) { return rng.unit() < 0.1; });
      CHECK(recovered(call, rung) >= 0.85);
      CHECK(call.stats.recovered_ms + call.stats.concealed_ms <= call.packets_lost * rung.ptime_ms + 3000);
      CHECK(call.backwards == 0);
      CHECK(call.latency_last * 20 <= rung.ptime_ms * 2 + 300 + 200);
    }
  }
}

TEST_CASE("a twentieth lost in bursts of three on average: more than half is heard from copies two packets back") {
  for (const Rung& rung : rungs_with_copies()) {
    uint64_t lost_ms = 0;
    uint64_t recovered_ms = 0;
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      testing::SeededRng rng(seed);
      bool bad = false;  // Gilbert's model: every packet of a burst is lost
      const Lossy call = talk(
          rung, kUnits, [&](uint64_t) { return bad = rng.unit() < (bad ? 2.0 / 3 : 0.05 / 0.95 / 3); }, 2);
      lost_ms += call.packets_lost * rung.ptime_ms;
      recovered_ms += call.stats.recovered_ms;
      CHECK(call.backwards == 0);
    }
    CAPTURE(rung.name);
    CHECK(recovered_ms * 2 >= lost_ms);
  }
}

TEST_CASE("nothing lost: copies change nothing, not even the delay") {
  for (const Rung& rung : rungs_with_copies()) {
    CAPTURE(rung.name);
    const Lossy call = talk(rung, 3000, [](uint64_t) { return false; });
    CHECK(call.stats.recovered_ms == 0);
    CHECK(call.stats.concealed_ms == 0);
    CHECK(call.latency_last * 20 <= rung.ptime_ms + 300 + 120);
  }
}

TEST_CASE("after 30 s without a loss the delay is back") {
  const Rung& rung = *find_rung("opus-16k+700c");
  const Lossy call =
      talk(rung, kUnits, [](uint64_t sequence) { return sequence > 100 && sequence < 1500 && sequence % 10 == 0; });
  CHECK(recovered(call, rung) >= 0.99);
  CHECK(call.latency_last * 20 <= rung.ptime_ms + 300 + 140);
}

TEST_CASE("a lost packet is heard from the copy, all of it") {
  for (const Rung& rung : rungs_with_copies()) {
    CAPTURE(rung.name);
    // The second loss: the first one made the buffer wait for copies.
    const Lossy call = talk(rung, 3000, [](uint64_t sequence) { return sequence == 10 || sequence == 20; });
    CHECK(call.stats.recovered_ms == 2U * rung.ptime_ms);
    CHECK(call.stats.concealed_ms <= rung.ptime_ms);
    const int64_t units = rung.ptime_ms / 20;
    const auto second =
        std::span(call.times_heard).subspan(static_cast<size_t>(20 * units), static_cast<size_t>(units));
    CHECK(std::ranges::count(second, 0) <= 1);  // (nor is a unit heard from which a pitch period is cut)
  }
}

}  // namespace
}  // namespace farline::voice
