// A real farline-node under load on loopback, beside coturn on the same packets: node_load FOLDER_OF_PROGRAMS
// [--clients N] [--seconds N]. Clients are real: they attach with Noise handshakes over sockets of their own. JSON on
// the last line. Processor time is the process's own (schedstat), memory its VmRSS.
//   relaying  pairs that send 107 bytes each 20 ms through the node, and through coturn (ChannelData, no-auth)
//   flood     one call while 100,000 datagrams a second come that are garbage, forged, or first packets of strangers
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "app/json_line.h"
#include "bench/bench.h"
#include "bench/node_load/load_clients.h"
#include "bench/node_load/processes.h"

namespace farline::bench {
namespace {

constexpr size_t kPairs = 100;
constexpr Duration kPacketEvery = 20ms;
constexpr uint32_t kFloodPerSecond = 100'000;

struct Relayed {
  std::vector<double> delays_ms;  // sorted
  size_t sent = 0;
  double processor_seconds = 0;

  double at(double share) const {
    if (delays_ms.empty()) return 0;
    return delays_ms[std::min(delays_ms.size() - 1,
                              static_cast<size_t>(share * static_cast<double>(delays_ms.size())))];
  }
  double per_core() const { return static_cast<double>(delays_ms.size()) / processor_seconds; }
  double lost_percent() const {
    return 100.0 * (1 - static_cast<double>(delays_ms.size()) / static_cast<double>(sent));
  }
};

// Every path sends a packet each kPacketEvery, at moments of its own.
Relayed relay(std::vector<Path>& paths, int process, double seconds) {
  Relayed out;
  const double before = processor_seconds(process);
  const Time start = host::read_clock();
  const Duration step = kPacketEvery / static_cast<int64_t>(paths.size());
  const auto steps = static_cast<int64_t>(seconds * 1e9) / step.count();
  for (int64_t i = 0; i < steps; ++i) {
    Path& path = paths[static_cast<size_t>(i) % paths.size()];
    path.send_stamped();
    ++out.sent;
    do {
      for (Path& each : paths) each.receive_stamped(out.delays_ms);
      std::this_thread::sleep_for(std::min(Duration{100us}, step / 2));
    } while (host::read_clock() < start + (i + 1) * step);
  }
  std::this_thread::sleep_for(200ms);
  for (Path& each : paths) each.receive_stamped(out.delays_ms);
  out.processor_seconds = processor_seconds(process) - before;
  std::ranges::sort(out.delays_ms);
  return out;
}

void print_relayed(app::JsonLine& json, const std::string& who, const Relayed& relayed) {
  print((who + ": packets relayed in a second of one core").c_str(), relayed.per_core(), "packets");
  print((who + ": delay through it, half of the packets").c_str(), relayed.at(0.5), "ms");
  print((who + ": delay through it, 99 % of the packets").c_str(), relayed.at(0.99), "ms");
  print((who + ": lost").c_str(), relayed.lost_percent(), "%");
  json.decimal(who + "_packets_per_core_second", relayed.per_core(), 0)
      .decimal(who + "_delay_p50_ms", relayed.at(0.5), 3)
      .decimal(who + "_delay_p99_ms", relayed.at(0.99), 3)
      .decimal(who + "_lost_percent", relayed.lost_percent(), 3);
}

void measure_flood(app::JsonLine& json, LoadNode& node, std::vector<Path>& call, double seconds) {
  std::atomic<bool> is_over = false;
  uint64_t sent = 0;
  std::thread flood([&] { sent = send_flood(node, kFloodPerSecond, is_over); });
  const Relayed under = relay(call, node.process, seconds);
  is_over = true;
  flood.join();
  const double rate = static_cast<double>(sent) / seconds;
  section("Flood (garbage, forged and strangers' first packets; one relayed call meanwhile)");
  print("datagrams of the flood", rate, "a second");
  print("the call: delay, half of its packets", under.at(0.5), "ms");
  print("the call: delay, 99 % of its packets", under.at(0.99), "ms");
  print("the call: jitter (99 % less the least)", under.at(0.99) - under.at(0), "ms");
  print("the call: lost", under.lost_percent(), "%");
  print("the node: processor", under.processor_seconds / seconds * 100, "% of a core");
  json.decimal("flood_per_second", rate, 0)
      .decimal("flood_call_delay_p50_ms", under.at(0.5), 3)
      .decimal("flood_call_delay_p99_ms", under.at(0.99), 3)
      .decimal("flood_call_jitter_ms", under.at(0.99) - under.at(0), 3)
      .decimal("flood_call_lost_percent", under.lost_percent(), 3)
      .decimal("flood_node_processor_percent", under.processor_seconds / seconds * 100, 1);
}

int run(const std::string& programs, size_t clients, double seconds) {
  app::JsonLine json;
  LoadNode node(programs);
  section("Attached clients (a process of farline-node, real handshakes over loopback)");
  const double empty = resident_bytes(node.process);
  const Time start = host::read_clock();
  const double before = processor_seconds(node.process);
  std::vector<LoadClient> attached = node.attach(std::max(clients, 2 * kPairs));
  const auto count = static_cast<double>(attached.size());
  print("attached", count, "clients");
  print("in", to_seconds(host::read_clock() - start), "s");
  print("node: processor for one attach", (processor_seconds(node.process) - before) / count * 1000, "ms");
  print("node: memory for one client", (resident_bytes(node.process) - empty) / count, "B");
  print("node: memory", resident_bytes(node.process) / 1e6, "MB");
  json.decimal("attached", count, 0)
      .decimal("memory_per_client_bytes", (resident_bytes(node.process) - empty) / count, 0)
      .decimal("attach_processor_ms", (processor_seconds(node.process) - before) / count * 1000, 3);

  section("Relaying (100 calls of 50 packets a second, 107 bytes)");
  std::vector<Path> calls = node.connect_pairs(attached, kPairs);
  print_relayed(json, "farline", relay(calls, node.process, seconds));
  std::vector<Path> one;
  one.push_back(std::move(calls.front()));
  measure_flood(json, node, one, seconds);
  if (auto turn = LoadTurn::start()) {
    section("Relaying by coturn, the same");
    std::vector<Path> allocated = turn->allocate(kPairs);
    print_relayed(json, "coturn", relay(allocated, turn->process, seconds));
  } else {
    std::printf("no coturn here (Debian package coturn)\n");
  }
  std::printf("\n%s\n", json.finish().c_str());
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace farline::bench

int main(int argc, char** argv) {
  size_t clients = 200;
  double seconds = 10;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--clients") clients = std::strtoul(argv[i + 1], nullptr, 10);
    if (option == "--seconds") seconds = std::strtod(argv[i + 1], nullptr);
  }
  INVARIANT(argc >= 2 && farline::crypto::init());
  return farline::bench::run(argv[1], clients, seconds);
}
