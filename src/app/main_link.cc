// farline-link: a thin link on one machine. Without rights, between UDP sockets:
//   farline-link --listen 127.0.0.1:7000 --to 127.0.0.1:3478 --link gprs --at 30 outages=30+20
// As root, between two TUN devices named thin0 in two network namespaces, which the caller makes and gives addresses
// once `ready: ...` is printed:
//   farline-link --tun field,world --link iridium-dialup --trace packets.csv
// with a NAT of any kind of RFC 4787 before it, whose address in the world is the last word (only UDP passes):
//   farline-link --tun field,world --nat eim,apdf,10.77.0.1
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "app/udp_link.h"
#include "emulate/packet_nat.h"
#include "host/address_text.h"
#include "host/clock.h"
#include "host/command_line.h"
#include "host/tun.h"

namespace farline::app {
namespace {

using emulate::Way;

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string to;
  std::vector<std::string> tun;
  std::string device = "thin0";
  std::vector<std::string> nat;
  std::string link = "iridium-dialup";
  std::vector<std::string> overrides;
  std::vector<std::pair<double, std::string>> changes;
  uint64_t seed = 1;
  std::string stats_file;
  std::string trace_file;
  bool list = false;
  bool json = false;
};

[[noreturn]] void fail(const std::string& what, const Error& error) {
  throw std::runtime_error(what + ": " + std::string(error.what));
}

Address address(const std::string& option, const std::string& text) {
  const auto parsed = host::parse_address(text);
  if (!parsed) fail(option + " " + text, parsed.error());
  return *parsed;
}

LinkRunnerOptions runner_options(const Options& options) {
  auto spec = emulate::parse_spec(options.link);
  if (!spec) fail("--link " + options.link, spec.error());
  for (const std::string& text : options.overrides)
    if (const auto set = apply_override(*spec, text); !set) fail("--set " + text, set.error());
  LinkRunnerOptions out{.name = options.link.substr(0, options.link.find(',')),
                        .spec = *spec,
                        .seed = options.seed,
                        .changes = {},
                        .stats_file = options.stats_file,
                        .trace_file = options.trace_file};
  for (const auto& [seconds, text] : options.changes) {
    if (!(seconds >= 0 && seconds <= 1e6)) throw std::runtime_error("--at: seconds from 0 to 1000000");
    out.changes.push_back({std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)), text});
  }
  return out;
}

// Until a signal; then the totals.
void run(host::Loop& loop, const std::function<std::string()>& counters_json) {
  std::fflush(stdout);
  host::Signals signals(loop, [&](host::Signal) { loop.stop(); });
  loop.run();
  std::printf("%s\n", counters_json().c_str());
}

void run_udp(const Options& options) {
  host::Loop loop;
  UdpLink link(loop, {address("--listen", options.listen), address("--to", options.to)}, runner_options(options));
  std::printf("listening: %s\n", host::to_text(link.listening()).c_str());
  run(loop, [&] { return link.counters_json(); });
}

std::optional<emulate::PacketNat> make_nat(const std::vector<std::string>& words) {
  using emulate::NatFiltering, emulate::NatMapping;
  if (words.empty()) return std::nullopt;
  constexpr std::array kMappings = {std::pair{"eim", NatMapping::endpoint_independent},
                                    std::pair{"adm", NatMapping::address_dependent},
                                    std::pair{"apdm", NatMapping::address_and_port_dependent}};
  constexpr std::array kFilterings = {std::pair{"eif", NatFiltering::endpoint_independent},
                                      std::pair{"adf", NatFiltering::address_dependent},
                                      std::pair{"apdf", NatFiltering::address_and_port_dependent}};
  constexpr auto word = [](const auto& pair) { return std::string_view(pair.first); };
  const auto mapping = std::ranges::find(kMappings, words[0], word);
  const auto filtering = std::ranges::find(kFilterings, words[1], word);
  if (mapping == kMappings.end() || filtering == kFilterings.end())
    throw std::runtime_error("--nat: eim, adm or apdm, then eif, adf or apdf, then an address");
  return emulate::PacketNat(
      {.mapping = mapping->second, .filtering = filtering->second, .external = address("--nat", words[2] + ":40000")});
}

void run_tun(const Options& options) {
  host::Loop loop;
  std::optional<emulate::PacketNat> nat = make_nat(options.nat);
  std::array<std::unique_ptr<host::TunDevice>, 2> ends;  // the field's, the world's
  LinkRunner runner(loop, runner_options(options),
                    {.deliver =
                         [&](Way way, uint32_t, Bytes packet) {
                           if (way == Way::up || !nat) return void(ends[way == Way::up ? 1 : 0]->send(packet));
                           ByteVector inside = to_vector(packet);
                           if (nat->inbound(host::read_clock(), inside)) ends[0]->send(inside);
                         },
                     .rebind = [] { throw std::runtime_error("rebind is for --listen only"); }});
  for (size_t i = 0; i < 2; ++i) {
    const Way way = i == 0 ? Way::up : Way::down;
    auto end = host::TunDevice::open(loop, {options.tun[i], options.device}, [&runner, &nat, way](Bytes packet) {
      if (way == Way::down || !nat) return runner.offer(way, 0, packet, 0);
      ByteVector outside = to_vector(packet);
      if (nat->outbound(host::read_clock(), outside)) runner.offer(way, 0, outside, 0);
    });
    if (!end) fail("--tun " + options.tun[i], end.error());
    ends[i] = std::move(*end);
  }
  std::printf("ready: %s <-> %s\n", options.tun[0].c_str(), options.tun[1].c_str());
  run(loop, [&] { return runner.counters_json(); });
}

void add_options(CLI::App& cli, Options& options) {
  cli.add_option("--listen", options.listen, "where clients send to, HOST:PORT; port 0: any")->capture_default_str();
  auto* to = cli.add_option("--to", options.to, "the far end, HOST:PORT");
  cli.add_option("--tun", options.tun, "two network namespaces, FIELD,WORLD: carry IP between TUN devices (root)")
      ->delimiter(',')
      ->expected(2)
      ->excludes(to);
  cli.add_option("--device", options.device, "name of the TUN devices")->capture_default_str();
  cli.add_option("--nat", options.nat,
                 "with --tun, a NAT before the link, as RFC 4787 names them, and its address:"
                 " eim|adm|apdm,eif|adf|apdf,IP")
      ->delimiter(',')
      ->expected(3)
      ->needs("--tun");
  cli.add_option("--link", options.link, "a profile, with overrides if wanted: gprs,loss=0.02,up.rate=9600")
      ->capture_default_str();
  cli.add_option("--set", options.overrides, "key=value, up.key=value or down.key=value; may be repeated")
      ->expected(1)
      ->take_all();
  cli.add_option("--at", options.changes, "SECONDS key=value: change it then; `rebind` gives clients new ports");
  cli.add_option("--seed", options.seed, "the same seed and packets meet the same fate")->capture_default_str();
  cli.add_option("--stats-file", options.stats_file, "write the counters here each second, a JSON line");
  cli.add_option("--trace", options.trace_file, "write every packet's fate here, CSV");
  cli.add_flag("--list", options.list, "print the profiles and end");
  cli.add_flag("--json", options.json, "with --list: rates, delays and tariffs, one JSON object a line");
}

void print_profile(const emulate::LinkProfile& profile, bool json) {
  if (!json) {
    std::printf("%-16s%s\n", profile.id.data(), profile.is_ip() ? "" : " (a message service: no IP)");
    return;
  }
  const Tariff& tariff = profile.tariff;
  constexpr std::array kTariffWords = {"none", "time", "bytes"};
  const bool by_time = tariff.type == Tariff::Type::time;
  const double price = static_cast<double>(tariff.micros) / 1e6;
  std::printf("{\"id\":\"%s\",\"ip\":%s,\"half_duplex\":%s,\"up_bps\":%" PRIu64 ",\"down_bps\":%" PRIu64
              ",\"delay_ms\":%" PRId64 ",\"jitter_ms\":%" PRId64,
              profile.id.data(), profile.is_ip() ? "true" : "false", profile.half_duplex.on ? "true" : "false",
              profile.up_bps, profile.down_bps, to_milliseconds(profile.link.delay),
              to_milliseconds(profile.link.jitter));
  std::printf(",\"tariff\":{\"type\":\"%s\",\"block_s\":%" PRId64 ",\"min_s\":%" PRId64
              ",\"usd_per_min\":%.2f"
              ",\"usd_per_mb\":%.2f,\"session_min_bytes\":%" PRIu32 ",\"after_s\":%" PRId64
              ",\"min_bytes_per_s\":%" PRIu32 "}}\n",
              kTariffWords[static_cast<size_t>(tariff.type)], tariff.block / 1s, tariff.min / 1s, by_time ? price : 0,
              by_time ? 0 : price, tariff.session_min_bytes, tariff.after / 1s, tariff.min_bytes_per_s);
}

int main_link(int argc, char** argv) {
  Options options;
  CLI::App cli{"Emulates a thin link. Bytes count with their IP and UDP headers. SIGTERM ends it with the totals."};
  add_options(cli, options);
  CLI11_PARSE(cli, argc, argv);
  try {
    if (options.list) {
      for (const emulate::LinkProfile& profile : emulate::profiles()) print_profile(profile, options.json);
    } else if (!options.tun.empty()) {
      run_tun(options);
    } else if (!options.to.empty()) {
      run_udp(options);
    } else {
      throw std::runtime_error("--to or --tun is needed; see --help");
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "farline-link: %s\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace farline::app

int main(int argc, char** argv) {
  farline::host::CommandLine words(argc, argv);
  return farline::app::main_link(words.argc(), words.argv());
}
