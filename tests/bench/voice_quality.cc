// Measures the quality column of the ladder (src/voice/ladder.cc): recorded prompts, one behind the other in one call,
// through sender and receiver with random loss.
//   voice_quality [RUNG...]   all rungs without arguments; takes minutes
// Prints for each rung the mean over prompts of ESTOI to 3.4 kHz, in thousandths, at each loss. The recordings
// (package asterisk-core-sounds-en-wav) have no sound above 4 kHz.
#include <cstdio>

#include "support/prompts.h"
#include "support/seeded_rng.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline {
namespace {

constexpr size_t kPrompts = 12;
constexpr size_t kWarmUp = 3;     // prompts until the receiver's buffer is as the losses want it
constexpr size_t kSeconds = 150;  // enough for as many

testing::Pcm call(const testing::Pcm& speech, const voice::Rung& rung, double loss, uint64_t seed) {
  const auto codecs = voice::real_codecs();
  voice::Sender sender(*codecs, rung);
  voice::Receiver receiver(*codecs);
  testing::SeededRng rng(seed);
  testing::Pcm heard;
  ByteVector packet;
  uint64_t sequence = 0;
  for (size_t i = 0; i < speech.size() / voice::kUnitSamples; ++i) {
    const Time now{20ms * static_cast<int64_t>(i)};
    sender.push_pcm(std::span(speech).subspan(i * voice::kUnitSamples).first<voice::kUnitSamples>());
    while (sender.poll_packet(now, std::nullopt, packet)) {
      if (rng.unit() >= loss || sequence == 0) (void)receiver.handle_packet(now, sequence, packet);
      ++sequence;
    }
    std::array<int16_t, voice::kUnitSamples> pcm{};
    receiver.take_pcm(pcm);
    heard.insert(heard.end(), pcm.begin(), pcm.end());
  }
  return heard;
}

double mean_estoi(const std::vector<testing::Prompt>& prompts, const testing::Pcm& heard) {
  double sum = 0;
  for (size_t i = kWarmUp; i < kWarmUp + kPrompts; ++i) sum += testing::estoi_of(prompts[i], heard, 2000);
  return sum / kPrompts;
}

int run(std::span<char*> names) {
  const auto prompts = testing::read_prompts(kSeconds);
  if (prompts.size() < kWarmUp + kPrompts) {
    std::puts("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
    return 0;
  }
  const testing::Pcm speech = testing::joined(prompts);
  for (const voice::Rung& rung : voice::ladder()) {
    if (!names.empty() && std::ranges::find(names, rung.name) == names.end()) continue;
    std::printf("%-18s", rung.name.data());
    for (const double loss : voice::kQualityLosses) {
      double sum = 0;
      const uint64_t seeds = loss > 0 ? 2 : 1;
      for (uint64_t seed = 1; seed <= seeds; ++seed)
        sum += mean_estoi(prompts, call(speech, rung, loss, seed)) / static_cast<double>(seeds);
      std::printf(" %4.0f", 1000 * sum);
      std::fflush(stdout);
    }
    std::puts("");
  }
  return 0;
}

}  // namespace
}  // namespace farline

int main(int argc, char** argv) {
  return farline::run(std::span(argv, static_cast<size_t>(argc)).subspan(1));
}
