// A whole run: an organisation, its node, people with devices on links of their own, Mallory if wanted, and everything
// that watches them. Scenarios are written against this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/conduct.h"
#include "sim/invariants.h"
#include "sim/mallory.h"
#include "sim/programs.h"

namespace farline::sim {

// What a person does when it rings.
struct Habit {
  bool answers = true;
  bool declines = false;
  Duration after = 2s;
  Duration talks{};  // hangs up after this; zero: never
};

struct DevicePlan {
  std::string person;
  std::string link = "lan";  // emulate::parse_spec
  std::optional<emulate::Nat::Options> nat{};
  bool behind_last_nat = false;  // of the device before this one
  bool relay_only = false;
  uint32_t max_bps = 2'400;
  int sound_ppm = 0;
  int64_t wall_error_seconds = 0;
  Habit habit{};
};

struct TownPlan {
  uint64_t seed = 1;
  bool real = false;  // real asymmetric cryptography and codecs
  bool verbose = false;
  Time start = Time{} + 1h;
  std::vector<DevicePlan> devices{};
  Mallory::Options mallory{};
  Plant plant_in_clients{};
  Plant plant_in_node{};
};

class Town {
 public:
  explicit Town(const TownPlan& plan);

  World& world() { return world_; }
  Findings& findings() { return findings_; }
  Conduct& conduct() { return conduct_; }
  SpeechRegister& speech() { return speech_; }
  Invariants& invariants() { return invariants_; }
  Mallory& mallory() { return mallory_; }
  Trace& trace() { return trace_; }
  const SealWatch& seals() const { return seals_; }
  HostId node_host() const { return node_host_; }
  NodeProgram& node() { return *node_; }
  size_t device_count() const { return devices_.size(); }
  HostId host(size_t device) const { return devices_[device].host; }
  ClientProgram& program(size_t device) { return *devices_[device].program; }
  Habit& habit(size_t device) { return devices_[device].habit; }
  std::vector<client::Event> events(size_t device) const { return devices_[device].events; }

  // --- Commands, told to the reference model ---
  void boot_all();
  void boot_node();
  void boot_device(size_t device);
  // False when the device is off, asleep or busy.
  bool call(size_t device, const std::string& name);
  void answer(size_t device);
  void hang_up(size_t device);
  void network_changed(size_t device);

  // An administrator gives a policy to the node, or a person to this device.
  void give_policy(const policy::RootPolicy& policy, std::optional<size_t> device = {});

  bool run_for(Duration duration) { return world_.run_for(duration); }
  bool all_attached();
  static constexpr Address node_address() { return Address::v4(192, 0, 2, 1, 4500); }

 private:
  struct Device {
    HostId host = 0;
    std::unique_ptr<voice::CodecFactory> codecs;
    std::unique_ptr<ClientProgram> program;
    Habit habit;
    std::vector<client::Event> events;
  };

  void add_node();
  void add_device(const DevicePlan& plan);
  void watch_device(const DevicePlan& plan, const Device& device);
  size_t index_of(HostId host) const;
  void on_event(Time now, HostId host, const client::Event& event);
  void react(size_t device, const client::Event& event);
  void act_later(size_t device, const client::Event& event, Duration wait, void (Town::*act)(size_t));
  void print_event(Time now, HostId host, const client::Event& event) const;

  TownPlan plan_;
  Findings findings_;
  Trace trace_;
  SealWatch seals_;
  SpeechRegister speech_;
  Conduct conduct_;
  PrivateLog log_;
  Invariants invariants_;
  World world_;
  testing::SeededRng rng_;
  const crypto::Asymmetric& asymmetric_;
  Organisation organisation_;
  HostId node_host_ = 0;
  std::unique_ptr<NodeProgram> node_;
  std::vector<Device> devices_;
  Mallory mallory_;
};

}  // namespace farline::sim
