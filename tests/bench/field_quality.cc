// How near calls that fit themselves to the field's links come to the best that hindsight would have chosen: the same
// recorded speech, both ways at once, over the same emulated link with the same seed, in virtual time, with the real
// codecs; once as a call does it (client::CallMedia at both ends), and once for each fixed rung of the ladder.
//   field_quality [--link NAME]... [--first-seed N] [--seeds N] [--seconds S] [--adaptive] [--rung NAME]
//     [--verbose] [--complexity 0..10]
// --adaptive: no fixed rungs; --rung: that fixed rung in place of the call that fits itself, which is quick.
//
// Quality is the mean ESTOI (to 3.4 kHz) over all speech of the call, from its first word: what came too late or never
// counts as it was heard. Each stretch of up to 3 s is aligned for itself. The queue is our own: what a packet would
// wait for packets of ours, sampled all the time except in outages, which nobody's queue is to blame for. The delay is
// from mouth to ear, the median over stretches.
//
// What hindsight may choose: one rung for the whole call, with the packets that the link lets through, redundancy as
// the rung has it, and no pause ever, whatever the queue. It must be a call in which people can talk: a rung whose own
// queue adds more than kTalkable beyond its packet time, one time in twenty, is not a choice. It is chosen anew for
// each call, direction and seed, which no fixed setting could do.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "client/call_media.h"
#include "emulate/in_flight.h"
#include "emulate/link.h"
#include "support/prompts.h"
#include "voice/receiver.h"
#include "voice/sender.h"
#include "wire/packet.h"

namespace farline {
namespace {

using testing::Pcm;
using testing::Prompt;

constexpr Duration kTalkable = 1s;
constexpr Duration kQueueMax = 250ms;  // beyond the packet time: docs/ARCHITECTURE.md, budgets
constexpr size_t kSides = 2;           // 0 is in the field
constexpr Duration kUnit = 20ms;

constexpr const char* kLinks[] = {"certus-100", "certus-200",    "certus-700", "thuraya-gmprs",  "thuraya-ip",
                                  "bgan-bg",    "bgan-stream32", "isatphone",  "iridium-dialup", "iridium-rudics",
                                  "vsat-day",   "vsat-evening",  "gprs",       "edge",           "cap-64k",
                                  "cap-32k",    "cap-16k",       "lte-m",      "nb-iot",         "starlink"};

struct Options {
  std::vector<std::string> links;
  uint64_t first_seed = 1;
  uint64_t seeds = 1;
  size_t seconds = 150;
  bool only_adaptive = false;
  bool verbose = false;
  int complexity = 10;
  const voice::Rung* rung = nullptr;
};

struct Speech {
  std::vector<Prompt> stretches;
  Pcm pcm;
  size_t units() const { return pcm.size() / voice::kUnitSamples; }
  std::span<const int16_t, voice::kUnitSamples> unit(size_t index) const {
    return std::span(pcm).subspan(index * voice::kUnitSamples).first<voice::kUnitSamples>();
  }
};

Speech read_speech(size_t seconds) {
  Speech speech;
  const auto prompts = testing::read_prompts(seconds);
  if (prompts.empty()) return speech;
  speech.pcm = testing::joined(prompts);
  for (const Prompt& prompt : prompts) {
    const size_t parts = prompt.pcm.size() / (3 * testing::kPromptRate) + 1;
    const size_t size = prompt.pcm.size() / parts;
    for (size_t part = 0; part < parts; ++part) {
      const auto begin = prompt.pcm.begin() + static_cast<std::ptrdiff_t>(part * size);
      speech.stretches.push_back({Pcm(begin, begin + static_cast<std::ptrdiff_t>(size)), prompt.at + part * size});
    }
  }
  return speech;
}

Duration percentile(unsigned percent, std::vector<Duration> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  return values[values.size() * percent / 100];
}

// One direction of one call.
struct Heard {
  Pcm pcm;
  std::vector<Duration> queue;   // as sampled
  std::vector<Duration> beyond;  // the packet time then
  uint64_t wire_bytes = 0;
  void sample(const emulate::LinkDirection& link, Time now, Duration packet_time) {
    if (link.in_outage(now)) return;
    queue.push_back(link.queue_wait(now));
    beyond.push_back(link.queue_wait(now) - packet_time);
  }
};

struct Figures {
  double estoi = 0;
  Duration delay{};
  Duration queue{};
  Duration beyond{};
  double wire_bps = 0;
  std::string name{};  // of the rung
};

class Field {
 public:
  Field(const Options& options, const Speech& speech)
      : options_(options), speech_(speech), codecs_(voice::real_codecs(options.complexity)) {}

  bool measure(const std::string& name);

 private:
  struct Sent {
    size_t unit;  // after which it leaves
    ByteVector payload;
  };
  using Call = std::array<Heard, kSides>;

  const std::vector<Sent>& encoded(const voice::Rung& rung);
  Call fixed_call(const emulate::LinkSpec& spec, uint64_t seed, const voice::Rung& rung);
  Call adaptive_call(const emulate::LinkSpec& spec, uint64_t seed);
  Figures figures(const Heard& heard, const emulate::LinkOptions& link) const;
  std::array<Figures, kSides> best_fixed(const emulate::LinkSpec& spec, uint64_t seed);

  const Options& options_;
  const Speech& speech_;
  std::unique_ptr<voice::CodecFactory> codecs_;
  std::map<std::string_view, std::vector<Sent>> encoded_;
};

emulate::Way way(size_t side) {
  return side == 0 ? emulate::Way::up : emulate::Way::down;
}

// Packets over a link.
class Carried {
 public:
  // Stalls are minutes apart and begin a while after their link: a call begins some time into that.
  Carried(const emulate::LinkSpec& spec, uint64_t seed)
      : link(spec, seed, Time{-300s - 211s * static_cast<int64_t>(seed) % 900s}) {}

  struct Packet {
    size_t from = 0;
    uint64_t counter = 0;
    size_t wire_bytes = 0;
  };
  void offer(Time now, const Packet& packet, Bytes bytes) {
    const auto fate = link[way(packet.from)].offer(now, packet.wire_bytes);
    for (size_t i = 0; i < static_cast<size_t>(fate.copies); ++i) flight_.push(fate.deliver[i], packet, bytes);
  }
  // `deliver(at, packet, bytes)`
  template <typename Deliver>
  void run_until(Time end, Deliver deliver) {
    while (const auto packet = flight_.pop(end)) deliver(packet->due, packet->to, Bytes(packet->bytes));
  }

  emulate::Link link;

 private:
  emulate::InFlight<Packet> flight_;
};

const std::vector<Field::Sent>& Field::encoded(const voice::Rung& rung) {
  auto& packets = encoded_[rung.name];
  if (!packets.empty()) return packets;
  voice::Sender sender(*codecs_, rung);
  ByteVector payload;
  for (size_t i = 0; i < speech_.units(); ++i) {
    sender.push_pcm(speech_.unit(i));
    const Time now{kUnit * static_cast<int64_t>(i)};
    const auto report = sender.report_due(now) ? std::optional(wire::VoiceReport{}) : std::nullopt;
    while (sender.poll_packet(now, report, payload)) packets.push_back({i, payload});
  }
  return packets;
}

Field::Call Field::fixed_call(const emulate::LinkSpec& spec, uint64_t seed, const voice::Rung& rung) {
  const auto& packets = encoded(rung);
  Carried carried(spec, seed);
  Call call;
  std::array<voice::Receiver, kSides> receivers{voice::Receiver(*codecs_), voice::Receiver(*codecs_)};
  size_t next = 0;
  for (size_t i = 0; i < speech_.units(); ++i) {
    const Time now{kUnit * static_cast<int64_t>(i)};
    carried.run_until(now, [&](Time at, const Carried::Packet& packet, Bytes payload) {
      (void)receivers[1 - packet.from].handle_packet(at, packet.counter, payload);
    });
    for (; next < packets.size() && packets[next].unit == i; ++next) {
      const Bytes payload = packets[next].payload;
      const size_t wire_bytes = payload.size() + voice::kPacketOverheadBytes + voice::kIpv4UdpBytes;
      for (size_t side = 0; side < kSides; ++side) {
        carried.offer(now, {.from = side, .counter = next, .wire_bytes = wire_bytes}, payload);
        call[side].wire_bytes += wire_bytes;
      }
    }
    for (size_t side = 0; side < kSides; ++side) {
      call[side].sample(carried.link[way(side)], now, 1ms * rung.ptime_ms);
      std::array<int16_t, voice::kUnitSamples> pcm;
      receivers[side].take_pcm(pcm);
      Pcm& heard = call[1 - side].pcm;
      heard.insert(heard.end(), pcm.begin(), pcm.end());
    }
  }
  return call;
}

// A line a second: what the call thinks, and what is.
void trace(Time now, size_t side, const std::array<client::CallStats, kSides>& both,
           const emulate::LinkDirection& link) {
  const client::CallStats& stats = both[side];
  const client::CallStats& far = both[1 - side];
  std::printf("%4.0f s %-4s", to_seconds(now.time_since_epoch()), side == 0 ? "up" : "down");
  std::printf(" codec %2d %5u bit/s %3u ms %s", static_cast<int>(stats.codec), stats.mode_bps, stats.ptime_ms,
              stats.redundancy);
  std::printf(" wire %6u capacity %7u loss %.2f rtt %4.2f", stats.wire_tx_bps, stats.capacity_tx_bps, stats.peer_loss,
              stats.rtt_ms / 1000.0);
  std::printf(" queue %.2f heard %.2f s late, %4.1f s concealed%s\n", to_seconds(link.queue_wait(now)),
              far.playout_delay_ms / 1000.0, static_cast<double>(far.concealed_ms) / 1000,
              link.in_outage(now) ? ", outage" : "");
}

struct End {
  client::CallMedia media;
  client::Counters counters{};
};

Field::Call Field::adaptive_call(const emulate::LinkSpec& spec, uint64_t seed) {
  Carried carried(spec, seed);
  const Duration round_trip = spec.up.delay + spec.down.delay;
  const auto setup = [&](session::CallSide side) {
    return client::CallMedia::Setup{.channel = 1,
                                    .seal = session::MediaSeal(side, session::SealUse::media, crypto::Secret<32>{}),
                                    .codecs = *codecs_,
                                    .start_bps = path::kFirstBps,
                                    .round_trip = round_trip,
                                    .speech_input = {.pauses = false},  // ESTOI is to judge the link's work
                                    .turn_taking = client::TurnTaking::off};
  };
  std::array<End, kSides> ends{End{client::CallMedia(setup(session::CallSide::caller), Time{})},
                               End{client::CallMedia(setup(session::CallSide::callee), Time{})}};
  Call call;
  for (size_t i = 0; i < speech_.units(); ++i) {
    const Time now{kUnit * static_cast<int64_t>(i)};
    carried.run_until(now, [&](Time at, const Carried::Packet& packet, Bytes sframe) {
      End& to = ends[1 - packet.from];
      (void)to.media.handle_packet(at, sframe, packet.wire_bytes, to.counters);
    });
    for (size_t side = 0; side < kSides; ++side) {
      client::CallMedia& media = ends[side].media;
      media.push_pcm(now, speech_.unit(i));
      while (const auto datagram = media.poll_packet(now)) {
        const size_t wire_bytes = datagram->size + voice::kIpv4UdpBytes;
        const Bytes sframe = datagram->bytes().subspan(wire::kMediaHeader);
        carried.offer(now, {.from = side, .counter = 0, .wire_bytes = wire_bytes}, sframe);
        call[side].wire_bytes += wire_bytes;
      }
    }
    std::array<client::CallStats, kSides> stats;
    for (size_t side = 0; side < kSides; ++side) ends[side].media.fill_stats(now, stats[side]);
    for (size_t side = 0; side < kSides; ++side) {
      call[side].sample(carried.link[way(side)], now, 1ms * stats[side].ptime_ms);
      if (options_.verbose && i % 50 == 0) trace(now, side, stats, carried.link[way(side)]);
    }
    for (size_t side = 0; side < kSides; ++side) {
      std::array<int16_t, voice::kUnitSamples> pcm;
      ends[side].media.take_pcm(pcm);
      Pcm& heard = call[1 - side].pcm;
      heard.insert(heard.end(), pcm.begin(), pcm.end());
    }
  }
  return call;
}

Figures Field::figures(const Heard& heard, const emulate::LinkOptions& link) const {
  const Duration delay = link.delay + link.jitter + 4s;
  Figures out{.queue = percentile(95, heard.queue),
              .beyond = percentile(95, heard.beyond),
              .wire_bps = static_cast<double>(heard.wire_bytes * 8) /
                          to_seconds(kUnit * static_cast<int64_t>(speech_.units()))};
  std::vector<Duration> delays;
  for (const Prompt& stretch : speech_.stretches) {
    const auto max_ms = static_cast<size_t>(to_milliseconds(delay));
    const int delay_ms = testing::delay_of(stretch, heard.pcm, max_ms);
    const double estoi = testing::estoi_of(stretch, heard.pcm, max_ms, delay_ms);
    out.estoi += estoi / static_cast<double>(speech_.stretches.size());
    delays.push_back(1ms * delay_ms);
    if (options_.verbose) std::printf("  %3zu s %.3f %4d ms\n", stretch.at / testing::kPromptRate, estoi, delay_ms);
  }
  out.delay = percentile(50, delays);
  return out;
}

// Tries the rungs that the link carries at its best, but for those far below its mean.
std::array<Figures, kSides> Field::best_fixed(const emulate::LinkSpec& spec, uint64_t seed) {
  std::array<Figures, kSides> best;
  for (const voice::Rung& rung : voice::ladder()) {
    const uint32_t cost = voice::wire_bps(rung, voice::kIpv4UdpBytes);
    const auto may_be_best = [&](const emulate::LinkOptions& link) {
      const uint64_t rate = link.rate_bps == 0 ? UINT32_MAX : link.rate_bps;
      const bool swings = link.rate_swing_max != 0;
      const uint64_t most = swings ? rate * static_cast<uint64_t>(link.rate_swing_max) / 1'000'000 : rate;
      const uint64_t least = swings ? rate * static_cast<uint64_t>(link.rate_swing_min) / 1'000'000 : rate;
      return cost <= most && cost >= std::min<uint64_t>((least + most) / 8, 12'000);
    };
    if (!may_be_best(spec.up) && !may_be_best(spec.down)) continue;
    const Call call = fixed_call(spec, seed, rung);
    for (size_t side = 0; side < kSides; ++side) {
      const emulate::LinkOptions& link = side == 0 ? spec.up : spec.down;
      if (!may_be_best(link)) continue;
      Figures figures = this->figures(call[side], link);
      figures.name = rung.name;
      if (options_.verbose)
        std::printf("  %s %-18s %.3f queue %5.2f\n", side == 0 ? "up  " : "down", figures.name.c_str(), figures.estoi,
                    to_seconds(figures.queue));
      if (figures.beyond <= kTalkable && figures.estoi > best[side].estoi) best[side] = figures;
    }
  }
  return best;
}

bool Field::measure(const std::string& name) {
  const auto spec = emulate::parse_spec(name);
  if (!spec) {
    std::fprintf(stderr, "no such link: %s\n", name.c_str());
    return false;
  }
  for (uint64_t seed = options_.first_seed; seed < options_.first_seed + options_.seeds; ++seed) {
    const Call call = options_.rung ? fixed_call(*spec, seed, *options_.rung) : adaptive_call(*spec, seed);
    const auto best = options_.only_adaptive || options_.rung ? std::array<Figures, kSides>{} : best_fixed(*spec, seed);
    for (size_t side = 0; side < kSides; ++side) {
      const Figures own = figures(call[side], side == 0 ? spec->up : spec->down);
      std::printf("%-15s %4s %4llu  %.3f  %5.2f %6.0f %6.2f %+6.2f%s", name.c_str(), side == 0 ? "up" : "down",
                  static_cast<unsigned long long>(seed), own.estoi, to_seconds(own.delay), own.wire_bps,
                  to_seconds(own.queue), to_seconds(own.beyond), own.beyond > kQueueMax ? "!" : " ");
      if (!best[side].name.empty())
        std::printf("  %-18s %.3f  %5.2f %6.2f   %.2f%s", best[side].name.c_str(), best[side].estoi,
                    to_seconds(best[side].delay), to_seconds(best[side].queue), own.estoi / best[side].estoi,
                    own.estoi < 0.9 * best[side].estoi ? "!" : "");
      std::puts("");
      std::fflush(stdout);
    }
  }
  return true;
}

bool parse(std::span<char*> args, Options& options) {
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string_view arg = args[i];
    if (arg == "--adaptive") {
      options.only_adaptive = true;
      continue;
    }
    if (arg == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (++i == args.size()) return false;
    const auto number = static_cast<unsigned>(std::atoi(args[i]));
    if (arg == "--link")
      options.links.emplace_back(args[i]);
    else if (arg == "--rung")
      options.rung = voice::find_rung(args[i]);
    else if (arg == "--seeds")
      options.seeds = number;
    else if (arg == "--first-seed")
      options.first_seed = number;
    else if (arg == "--seconds")
      options.seconds = number;
    else if (arg == "--complexity")
      options.complexity = static_cast<int>(number);
    else
      return false;
  }
  if (options.links.empty()) options.links.assign(std::begin(kLinks), std::end(kLinks));
  return true;
}

int run(const Options& options) {
  const Speech speech = read_speech(options.seconds);
  if (speech.stretches.empty()) {
    std::puts("skipped: no recorded speech (package asterisk-core-sounds-en-wav)");
    return 0;
  }
  std::printf("%-15s %4s %4s %6s %6s %6s %6s %7s   %-18s %5s %6s %6s %6s\n", "link", "way", "seed", "ESTOI", "delay",
              "bit/s", "queue", "beyond", "best fixed rung", "ESTOI", "delay", "queue", "ratio");
  Field field(options, speech);
  for (const std::string& link : options.links)
    if (!field.measure(link)) return 2;
  return 0;
}

}  // namespace
}  // namespace farline

int main(int argc, char** argv) {
  farline::Options options;
  if (!farline::parse(std::span(argv, static_cast<size_t>(argc)).subspan(1), options)) {
    std::fputs(
        "usage: field_quality [--link NAME]... [--first-seed N] [--seeds N] [--seconds S] [--adaptive]\n"
        "  [--rung NAME] [--verbose] [--complexity N]\n",
        stderr);
    return 2;
  }
  return farline::run(options);
}
