// Recorded speech through the real codecs. The recordings come from a Debian package (asterisk-core-sounds-en-wav);
// where it is missing, these tests say so and pass.
#include <doctest/doctest.h>

#include "support/estoi.h"
#include "support/seeded_rng.h"
#include "support/wav.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline::voice {
namespace {

std::vector<testing::Pcm> recordings() {
  std::vector<testing::Pcm> all;
  for (const char* name : {"demo-abouttotry", "vm-newuser", "dir-instr"}) {
    testing::Pcm pcm = testing::read_wav(std::string("/usr/share/asterisk/sounds/en_US_f_Allison/") + name + ".wav");
    if (pcm.empty()) {
      MESSAGE("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
      return {};
    }
    if (pcm.size() > 4 * kSampleRate) pcm.resize(4 * kSampleRate);
    all.push_back(std::move(pcm));
  }
  return all;
}

struct Loop {
  testing::Pcm heard;  // from the first packet on
  uint64_t packets = 0;
  uint64_t bytes = 0;  // on the wire, IPv4
  ReceiverStats stats;
};

// `change` may switch rungs; packets arrive at once unless `lose` says so.
template <typename Change, typename Lose>
Loop talk(const testing::Pcm& speech, const Rung& rung, Change change, Lose lose) {
  const auto codecs = real_codecs();
  Sender sender(*codecs, rung);
  Receiver receiver(*codecs);
  Loop loop;
  ByteVector payload;
  const size_t units = speech.size() / kUnitSamples;
  for (size_t i = 0; i < units + 50; ++i) {
    const Time now{static_cast<int64_t>(i) * 20ms};
    std::array<int16_t, kUnitSamples> pcm{};
    if (i < units) std::copy_n(&speech[i * kUnitSamples], kUnitSamples, pcm.begin());
    change(sender, i);
    sender.push_pcm(pcm);
    if (sender.poll_packet(now, sender.report_due(now) ? std::optional(wire::VoiceReport{}) : std::nullopt, payload)) {
      loop.bytes += kIpv4UdpBytes + kPacketOverheadBytes + payload.size();
      if (!lose(loop.packets)) CHECK(receiver.handle_packet(now, loop.packets, payload));
      ++loop.packets;
    }
    if (loop.packets == 0) continue;
    receiver.take_pcm(pcm);
    loop.heard.insert(loop.heard.end(), pcm.begin(), pcm.end());
  }
  loop.stats = receiver.stats(Time{60s});
  return loop;
}

constexpr auto kKeepRung = [](Sender&, size_t) {};
constexpr auto kLoseNothing = [](uint64_t) { return false; };

double level(const testing::Pcm& pcm, size_t from_ms, size_t to_ms) {
  double sum = 0;
  for (size_t i = from_ms * 16; i < to_ms * 16; ++i) sum += double{1} * pcm[i] * pcm[i];
  return std::sqrt(sum / static_cast<double>((to_ms - from_ms) * 16));
}

TEST_CASE("recorded speech through every rung: the quality and the wire rate of the table") {
  const auto speech = recordings();
  for (const Rung& rung : ladder()) {
    if (speech.empty()) break;
    CAPTURE(rung.name);
    std::vector<double> scores;
    uint64_t packets = 0;
    uint64_t bytes = 0;
    for (const testing::Pcm& utterance : speech) {
      const Loop loop = talk(utterance, rung, kKeepRung, kLoseNothing);
      CHECK(loop.stats.concealed_ms == 0);
      packets += loop.packets;
      bytes += loop.bytes;
      scores.push_back(testing::estoi_aligned(utterance, loop.heard, rung.ptime_ms < 200 ? 40 : 80, 120));
      if (wire::is_opus(rung.codec) && scores.size() == 3) break;  // three are enough there: they differ less
    }
    std::ranges::sort(scores);
    CHECK(scores[scores.size() / 2] >= rung.quality_permille[0] / 1000.0 - 0.05);
    const double bps = static_cast<double>(bytes) * 8000 / (static_cast<double>(packets) * rung.ptime_ms);
    CHECK(bps >= wire_bps(rung, kIpv4UdpBytes) * 0.97);
    CHECK(bps <= wire_bps(rung, kIpv4UdpBytes) * 1.03);
  }
}

TEST_CASE("a change of codec in mid-word neither clicks nor misses anything") {
  const auto speech = recordings();
  if (speech.empty()) return;
  const auto change = [](Sender& sender, size_t unit) {
    if (unit % 50 == 25) sender.set_rung(*find_rung(unit % 100 == 25 ? "opus-16k" : "codec2-3200"));
  };
  const Loop loop = talk(speech[0], *find_rung("codec2-3200"), change, kLoseNothing);
  CHECK(loop.stats.concealed_ms == 0);
  CHECK(testing::estoi_aligned(speech[0], loop.heard, 60, 110) > 0.75);
  int32_t steepest = 0;
  int32_t steepest_spoken = 0;
  for (size_t i = 1; i < loop.heard.size(); ++i)
    steepest = std::max(steepest, std::abs(loop.heard[i] - loop.heard[i - 1]));
  for (size_t i = 1; i < speech[0].size(); ++i)
    steepest_spoken = std::max(steepest_spoken, std::abs(speech[0][i] - speech[0][i - 1]));
  CHECK(steepest < 3 * steepest_spoken);
}

TEST_CASE("a long gap fades to a quiet noise, neither a hum nor dead silence") {
  const auto speech = recordings();
  for (const char* name : {"codec2-700c", "codec2-1200", "codec2-3200", "opus-8k", "opus-16k"}) {
    if (speech.empty()) break;
    CAPTURE(name);
    const Rung& rung = *find_rung(name);
    // Everything from 2 s on is lost, and 1 s later the gap is known by its length only.
    const Loop loop = talk(speech[0], rung, kKeepRung, [&](uint64_t packet) { return packet * rung.ptime_ms >= 2000; });
    const size_t gap = 2000 + 480 + 120;
    CHECK(level(loop.heard, 500, 1900) > 300);
    CHECK(level(loop.heard, gap + 300, gap + 900) < 150);
    CHECK(level(loop.heard, gap + 300, gap + 900) > 0);
    CHECK(loop.stats.concealed_ms > 1000);
  }
}

TEST_CASE("frames of random bits play as some sound") {
  testing::SeededRng rng(4);
  const auto codecs = real_codecs();
  for (const Rung& rung : ladder()) {
    const auto decoder = codecs->decoder(rung.codec);
    const size_t units = rung.frame_ms / wire::kVoiceUnitMs;
    std::array<int16_t, kFrameSamplesMax> pcm{};
    std::array<uint8_t, 200> bytes{};
    for (int i = 0; i < 50; ++i) {
      rng.fill(bytes);
      const size_t size =
          wire::is_opus(rung.codec) ? 2 + rng.below(198) : (wire::codec2_frame(rung.codec).bits + 7U) / 8;
      bytes[0] = wire::is_opus(rung.codec) ? static_cast<uint8_t>((8 + units) << 3) : bytes[0];
      decoder->decode(Bytes(bytes).first(size), std::span(pcm).first(units * kUnitSamples));
      decoder->conceal(std::span(pcm).first<kUnitSamples>());
    }
  }
}

}  // namespace
}  // namespace farline::voice
