// The whole of two clients' work in a connected call, in virtual time: microphone (echo cancellation, noise
// suppression, gain), codec, bundles, encryption, rate control, jitter buffer, playout; no sockets and no sound device.
//   call_loop IN.wav --seconds S --link SPEC [--complexity N]
// IN.wav is mono, 16 bits, 16 kHz; each side hears the other's speech from its speaker in its microphone, 100 ms later.
// Prints what is sent. What it costs is counted from outside (instructions.py).
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "support/media_pair.h"
#include "support/wav.h"

namespace farline {
namespace {

constexpr size_t kEchoUnits = 5;

struct Options {
  const char* in = nullptr;
  const char* link = "clean,rate=64k,delay_ms=100";
  int seconds = 20;
  int complexity = 10;
};

int run(const Options& options) {
  const testing::Pcm speech = testing::read_wav(options.in);
  const auto link = emulate::parse_spec(options.link);
  if (speech.size() < 2 * voice::kUnitSamples || !link) return 2;
  const auto codecs = voice::real_codecs(options.complexity);
  const bool thin = link->up.rate_bps != 0 && link->up.rate_bps < 4'000;
  testing::MediaPair pair(
      *link, 1,
      {.start_bps = thin ? 2'160U : 9'600U,
       .pauses = true,
       .codecs = codecs.get(),
       .speech_input = {{.echo_cancellation = true, .noise_suppression = true, .gain_control = true}}});
  const size_t units = speech.size() / voice::kUnitSamples;
  std::array<std::array<testing::MediaPair::Unit, kEchoUnits>, 2> echo{};
  pair.run(std::chrono::seconds(options.seconds), [&](size_t side, int64_t unit) {
    testing::MediaPair::Unit pcm;
    const size_t at = (static_cast<size_t>(unit) + side * units / 2) % units;
    std::copy_n(speech.begin() + static_cast<std::ptrdiff_t>(at * pcm.size()), pcm.size(), pcm.begin());
    auto& heard = echo[side][static_cast<size_t>(unit) % kEchoUnits];
    for (size_t i = 0; i < pcm.size(); ++i) pcm[i] = static_cast<int16_t>(pcm[i] / 2 + heard[i] / 8);
    heard = pair.heard(side);
    return pcm;
  });
  for (size_t side = 0; side < 2; ++side)
    std::printf("%s, %.0f bit/s\n", std::string(pair.stats(side).rung).c_str(), pair.bits_per_second(side, Time{}));
  return 0;
}

}  // namespace
}  // namespace farline

int main(int argc, char** argv) {
  farline::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (!arg.starts_with("--")) {
      options.in = argv[i];
      continue;
    }
    ++i;
    if (arg == "--link") options.link = value;
    if (arg == "--seconds") options.seconds = std::atoi(value);
    if (arg == "--complexity") options.complexity = std::atoi(value);
  }
  if (options.in == nullptr) return 2;
  return farline::run(options);
}
