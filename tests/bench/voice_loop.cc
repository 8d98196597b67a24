// Speech through the voice layer and back without a network, to hear and to measure it:
//   voice_loop IN.wav OUT.wav --rung NAME [--loss P] [--jitter MS] [--seed N] [--complexity N]
// IN.wav is mono, 16 bits, 8 or 16 kHz. OUT.wav is 16 kHz and starts when the first packet leaves. Prints the wire rate
// and what the receiver counted. Without --rung it lists the ladder.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "support/seeded_rng.h"
#include "support/wav.h"
#include "voice/receiver.h"
#include "voice/sender.h"

namespace farline {
namespace {

struct Options {
  const char* in = nullptr;
  const char* out = nullptr;
  const voice::Rung* rung = nullptr;
  double loss = 0;
  double jitter_ms = 0;
  uint64_t seed = 1;
  int complexity = 10;
};

void list_ladder() {
  for (const voice::Rung& rung : voice::ladder())
    std::printf("%-16s %6u bit/s on IPv4, %6u on IPv6, packets of %3u ms, ESTOI .%03u .%03u .%03u\n", rung.name.data(),
                voice::wire_bps(rung, 28), voice::wire_bps(rung, 48), rung.ptime_ms, rung.quality_permille[0],
                rung.quality_permille[1], rung.quality_permille[2]);
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (!arg.starts_with("--")) {
      (options.in == nullptr ? options.in : options.out) = argv[i];
      continue;
    }
    ++i;
    if (arg == "--rung")
      options.rung = voice::find_rung(value);
    else if (arg == "--loss")
      options.loss = std::atof(value);
    else if (arg == "--jitter")
      options.jitter_ms = std::atof(value);
    else if (arg == "--seed")
      options.seed = static_cast<uint64_t>(std::atoll(value));
    else if (arg == "--complexity")
      options.complexity = std::atoi(value);
    else
      return false;
  }
  return options.out != nullptr && options.rung != nullptr;
}

int run(const Options& options) {
  const testing::Pcm speech = testing::read_wav(options.in);
  if (speech.empty()) return 1;
  const auto codecs = voice::real_codecs(options.complexity);
  voice::Sender sender(*codecs, *options.rung);
  voice::Receiver receiver(*codecs);
  testing::SeededRng rng(options.seed);
  testing::Pcm heard;
  std::multimap<Time, std::pair<uint64_t, ByteVector>> flying;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  std::map<size_t, unsigned> sizes;
  const size_t units = speech.size() / voice::kUnitSamples;
  ByteVector packet;
  bool started = false;
  for (size_t i = 0; i < units + 100; ++i) {
    const Time now{20ms * static_cast<int64_t>(i)};
    std::array<int16_t, voice::kUnitSamples> unit{};
    if (i < units)
      std::copy_n(speech.begin() + static_cast<std::ptrdiff_t>(i * unit.size()), unit.size(), unit.begin());
    sender.push_pcm(unit);
    const auto report = sender.report_due(now) ? std::optional(wire::VoiceReport{}) : std::nullopt;
    if (sender.poll_packet(now, report, packet)) {
      started = true;
      bytes += packet.size() + voice::kPacketOverheadBytes + voice::kIpv4UdpBytes;
      ++sizes[packet.size()];
      const Duration delay{static_cast<int64_t>(rng.unit() * options.jitter_ms * 1e6)};
      if (rng.unit() >= options.loss) flying.emplace(now + delay, std::pair{packets, packet});
      ++packets;
    }
    while (!flying.empty() && flying.begin()->first <= now) {
      (void)receiver.handle_packet(now, flying.begin()->second.first, flying.begin()->second.second);
      flying.erase(flying.begin());
    }
    if (!started) continue;
    receiver.take_pcm(unit);
    heard.insert(heard.end(), unit.begin(), unit.end());
  }
  const double seconds = static_cast<double>(packets) * options.rung->ptime_ms / 1000;
  const auto stats = receiver.stats(Time{20ms * static_cast<int64_t>(units + 100)});
  std::printf(
      "%s: %.0f bit/s on the wire (table: %u), %llu packets, %llu lost, %llu late, concealed %llu ms, delay %u ms\n",
      options.rung->name.data(), static_cast<double>(bytes) * 8 / seconds, voice::wire_bps(*options.rung, 28),
      static_cast<unsigned long long>(packets), static_cast<unsigned long long>(stats.lost),
      static_cast<unsigned long long>(stats.late), static_cast<unsigned long long>(stats.concealed_ms),
      stats.playout_delay_ms);
  if (std::getenv("SIZES"))
    for (const auto& [size, count] : sizes) std::printf("  %zu B: %u\n", size, count);
  return testing::write_wav(options.out, heard) ? 0 : 1;
}

}  // namespace
}  // namespace farline

int main(int argc, char** argv) {
  farline::Options options;
  if (argc == 1) {
    farline::list_ladder();
    return 0;
  }
  if (!farline::parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: voice_loop IN.wav OUT.wav --rung NAME [--loss P] [--jitter MS] [--seed N]\n");
    return 2;
  }
  return farline::run(options);
}
