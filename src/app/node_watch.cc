#include "app/node_watch.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/program.h"
#include "host/clock.h"
#include "host/terminal.h"

namespace farline::app {
namespace {

constexpr Duration kDrawEvery = 2s;

double number_of(const StatusFacts& facts, std::string_view key) {
  const auto found = facts.find(key);
  return found == facts.end() ? 0 : std::strtod(found->second.c_str(), nullptr);
}

std::string text_of(const StatusFacts& facts, std::string_view key) {
  const auto found = facts.find(key);
  return found == facts.end() ? "" : found->second;
}

// 1234567 -> "1.23 M"; three digits that count.
std::string scaled(double value, const char* unit) {
  const char* prefix = "";
  for (const char* next : {"k", "M", "G", "T"}) {
    if (value < 1000) break;
    value /= 1000;
    prefix = next;
  }
  char text[48];
  const int places = *prefix == '\0' && value == static_cast<double>(static_cast<int64_t>(value)) ? 0
                     : value < 10                                                                 ? 2
                     : value < 100                                                                ? 1
                                                                                                  : 0;
  std::snprintf(text, sizeof text, "%.*f %s%s", places, value, prefix, unit);
  return text;
}

std::string duration_text(double seconds) {
  const auto minutes = static_cast<int64_t>(seconds) / 60;
  char text[64];
  std::snprintf(text, sizeof text, "%" PRId64 " d %" PRId64 " h %" PRId64 " min", minutes / 1440, minutes / 60 % 24,
                minutes % 60);
  return text;
}

struct Rates {
  const StatusFacts& now;
  const StatusFacts& before;
  double seconds;

  double of(std::string_view key) const {
    if (seconds <= 0) return 0;
    return std::max(number_of(now, key) - number_of(before, key), 0.0) / seconds;
  }
  std::string each(const char* what, std::string_view key) const {
    return std::string(what) + " " + scaled(number_of(now, key), "") + "(" + scaled(of(key), "/s") + ")";
  }
};

}  // namespace

StatusFacts read_status(const std::vector<std::string>& lines) {
  StatusFacts facts;
  for (const std::string& line : lines) {
    const size_t colon = line.find(": ");
    if (colon != line.npos) facts[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return facts;
}

std::vector<std::string> watch_picture(const StatusFacts& now, const StatusFacts& before, double seconds) {
  const Rates rate{now, before, seconds};
  const auto figure = [&](const char* key, const char* unit = "") { return scaled(number_of(now, key), unit); };
  std::vector<std::string> out{
      "farline-node   " + text_of(now, "organisation") + "   " + text_of(now, "listening") + "   up " +
          duration_text(number_of(now, "uptime_seconds")),
      "",
      "  Clients   attached " + figure("attached") + "  arriving " + figure("pending") + "  waiting " +
          figure("handshakes_waiting") + "  " + rate.each("handshakes", "handshakes"),
      "  Calls     now " + figure("legs") + "  relayed " + scaled(rate.of("relayed_packets"), "packets/s") + "  " +
          scaled(rate.of("relayed_bytes") * 8, "bit/s") + "  " + rate.each("above their rate", "relay_over_quota"),
      "  Refused   " + rate.each("busy", "rate_limited") + "  " + rate.each("full", "node_full") + "  " +
          rate.each("not allowed", "refused"),
      "            " + rate.each("forged", "unauthentic") + "  " + rate.each("garbage", "malformed") + "  " +
          rate.each("stale", "unknown_session"),
      "  Network   in " + scaled(rate.of("packets_rx"), "packets/s") + "  out " +
          scaled(rate.of("packets_tx"), "packets/s") + "  " + rate.each("not sent", "send_dropped"),
      "  Machine   processor " + scaled(rate.of("processor_milliseconds") / 10, "%") + "  memory " +
          figure("memory_bytes", "B") + "  store " + figure("store_bytes", "B") + "  disk free " +
          figure("disk_free_bytes", "B")};
  const std::string serial = text_of(now, "policy_serial");
  out.push_back(serial.empty()
                    ? "  Policy    none"
                    : "  Policy    generation " + text_of(now, "policy_generation") + " serial " + serial + " until " +
                          text_of(now, "policy_until") + "  in floor mode " + figure("in_floor"));
  return out;
}

void watch_node(const std::function<std::vector<std::string>()>& ask) {
  const bool is_terminal = host::is_terminal(host::StandardStream::out);
  if (is_terminal) print_out("\x1b[2J");
  StatusFacts before;
  Time before_at{};
  for (;;) {
    const StatusFacts now = read_status(ask());
    const Time at = host::read_clock();
    const double seconds = before.empty() ? 0 : to_seconds(at - before_at);
    const std::vector<std::string> picture = watch_picture(now, before, seconds);
    if (is_terminal) {
      // Home, each line cleared to its end, then what is below: nothing flickers.
      std::string text = "\x1b[H";
      for (const std::string& line : picture) text += line + "\x1b[K\n";
      print_out(text + "\x1b[J");
    } else {
      print_out(picture[2].substr(2) + "  " + picture[3].substr(2));
    }
    before = now;
    before_at = at;
    std::this_thread::sleep_for(kDrawEvery);
  }
}

}  // namespace farline::app
