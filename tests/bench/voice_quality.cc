// Measures the quality column of the ladder (src/voice/ladder.cc): recorded prompts, one behind the other in one call,
// through sender and receiver with random loss.
//   voice_quality [RUNG...]   all rungs without arguments; takes minutes
// Prints for each rung the mean over prompts of ESTOI to 3.4 kHz, in thousandths, at each loss. The recordings
// (package asterisk-core-sounds-en-wav) have no sound above 4 kHz.
#include <cstdio>
#include <filesystem>
#include <string>

#include "support/estoi.h"
#include "support/seeded_rng.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline {
namespace {

constexpr size_t kPrompts = 12;
constexpr size_t kWarmUp = 3;  // prompts until the receiver's buffer is as the losses want it
constexpr size_t kPause = voice::kSampleRate / 2;

struct Prompt {
  testing::Pcm pcm;
  size_t at = 0;  // in the call
};

std::vector<Prompt> read_prompts() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/share/asterisk/sounds/en_US_f_Allison"))
    if (entry.path().extension() == ".wav") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Prompt> prompts;
  size_t at = 0;
  for (const auto& file : files) {
    if (prompts.size() == kWarmUp + kPrompts) break;
    testing::Pcm pcm = testing::read_wav(file.string());
    if (pcm.size() < 4 * voice::kSampleRate || pcm.size() > 9 * voice::kSampleRate) continue;
    const size_t size = pcm.size();
    prompts.push_back({std::move(pcm), at});
    at += size + kPause;
  }
  return prompts;
}

testing::Pcm call(const std::vector<Prompt>& prompts, const voice::Rung& rung, double loss, uint64_t seed) {
  testing::Pcm speech(prompts.back().at + prompts.back().pcm.size() + 3 * voice::kSampleRate);
  for (const Prompt& prompt : prompts)
    std::ranges::copy(prompt.pcm, speech.begin() + static_cast<std::ptrdiff_t>(prompt.at));
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

// The delay in ms at which the loudness of `heard` follows that of the prompt best.
int delay_of(const Prompt& prompt, const testing::Pcm& heard) {
  constexpr size_t kStep = 64;  // 4 ms
  const auto loudness = [](const testing::Pcm& pcm, size_t from, size_t count) {
    std::vector<double> out(count / kStep);
    for (size_t i = 0; i < out.size(); ++i) {
      for (size_t k = 0; k < kStep && from + i * kStep + k < pcm.size(); ++k)
        out[i] += std::abs(pcm[from + i * kStep + k]);
      out[i] = std::sqrt(out[i]);
    }
    double mean = 0;
    for (const double value : out) mean += value / static_cast<double>(out.size());
    for (double& value : out) value -= mean;
    return out;
  };
  const auto clean = loudness(prompt.pcm, 0, prompt.pcm.size());
  const auto played = loudness(heard, prompt.at, prompt.pcm.size() + 2 * voice::kSampleRate);
  size_t best = 0;
  double best_match = -1e300;
  for (size_t lag = 0; lag + clean.size() <= played.size(); ++lag) {
    double match = 0;
    for (size_t i = 0; i < clean.size(); ++i) match += clean[i] * played[lag + i];
    if (match > best_match) best_match = match, best = lag;
  }
  return static_cast<int>(best * kStep * 1000 / voice::kSampleRate);
}

double mean_estoi(const std::vector<Prompt>& prompts, const testing::Pcm& heard) {
  double sum = 0;
  for (size_t i = kWarmUp; i < prompts.size(); ++i) {
    const int delay = delay_of(prompts[i], heard);
    const testing::Pcm rest(heard.begin() + static_cast<std::ptrdiff_t>(prompts[i].at), heard.end());
    sum += testing::estoi_aligned(prompts[i].pcm, rest, std::max(0, delay - 12), delay + 12);
  }
  return sum / static_cast<double>(prompts.size() - kWarmUp);
}

int run(std::span<char*> names) {
  const auto prompts = read_prompts();
  if (prompts.size() < kWarmUp + kPrompts) {
    std::puts("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
    return 0;
  }
  for (const voice::Rung& rung : voice::ladder()) {
    if (!names.empty() && std::ranges::find(names, rung.name) == names.end()) continue;
    std::printf("%-18s", rung.name.data());
    for (const double loss : voice::kQualityLosses) {
      double sum = 0;
      const uint64_t seeds = loss > 0 ? 2 : 1;
      for (uint64_t seed = 1; seed <= seeds; ++seed)
        sum += mean_estoi(prompts, call(prompts, rung, loss, seed)) / static_cast<double>(seeds);
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
