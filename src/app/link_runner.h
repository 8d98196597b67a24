// Runs an emulate::Link in real time for farline-link: keeps packets until they are due, changes options at given
// times, and writes the trace and the counters. What packets are and where they go is the caller's.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulate/in_flight.h"
#include "emulate/link.h"
#include "host/loop.h"

namespace farline::app {

struct LinkChange {
  Duration at{};     // after the start
  std::string text;  // an override of emulate/link.h, or "rebind"
};

struct LinkRunnerOptions {
  std::string name;  // for the counters
  emulate::LinkSpec spec;
  uint64_t seed = 1;
  std::vector<LinkChange> changes;
  std::string stats_file;  // a JSON line each second; empty: none
  std::string trace_file;  // CSV, one line for each packet offered; empty: none
};

class LinkRunner {
 public:
  struct Hooks {
    std::function<void(emulate::Way way, uint32_t client, Bytes payload)> deliver;
    std::function<void()> rebind;
  };
  // Throws std::runtime_error when a file cannot be opened or a change is not valid. The loop outlives this.
  LinkRunner(host::Loop& loop, LinkRunnerOptions options, Hooks hooks);

  // `header_bytes`: what the network adds to `payload`; charged to the link.
  void offer(emulate::Way way, uint32_t client, Bytes payload, size_t header_bytes);
  // Another link from now on, but for whether it is half duplex.
  void change(const emulate::LinkSpec& spec);
  std::string counters_json() const;

 private:
  struct Target {
    emulate::Way way = emulate::Way::up;
    uint32_t client = 0;
    uint32_t header_bytes = 0;
  };
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, CloseFile>;
  static File open_file(const std::string& name);

  void arm();
  void due();
  void apply(const LinkChange& change);
  void write_stats();
  void trace(Time now, const Target& target, const emulate::Fate& fate, Bytes payload);
  std::string direction_json(emulate::Way way, Time now) const;

  LinkRunnerOptions options_;
  Hooks hooks_;
  Time start_;
  emulate::Link link_;
  emulate::InFlight<Target> in_flight_;
  size_t next_change_ = 0;
  std::array<uint64_t, 2> delivered_packets_{};
  std::array<uint64_t, 2> delivered_bytes_{};
  File stats_;
  File trace_;
  host::Timer timer_;
  host::Timer stats_timer_;
};

}  // namespace farline::app
