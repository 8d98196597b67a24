// The two cores as programs on machines of the world: what farline-cli and farline-node do around them, without the
// I/O.
#pragma once

#include <functional>
#include <memory>

#include "client/client.h"
#include "sim/organisation.h"
#include "sim/world.h"
#include "supernode/supernode.h"
#include "support/seeded_rng.h"

namespace farline::sim {

// A bug built in on purpose, to see that it is found (planted_test.cc). `wrap` puts a core in front of the real one.
struct Plant {
  bool repeats_randomness = false;  // every start draws the same "random" numbers again
  std::function<std::unique_ptr<Core>(Core&)> wrap{};
};

// A wall clock: right but for an error that may change. The world's time zero is some day in 2026.
class WallClock {
 public:
  static constexpr uint64_t kEpochSeconds = 1'780'000'000;

  void set_error(int64_t seconds) { error_seconds_ = seconds; }
  WallTime at(Time now) const {
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const int64_t reading = static_cast<int64_t>(kEpochSeconds) + since + error_seconds_;
    return {reading > 0 ? static_cast<uint64_t>(reading) : 0};
  }

 private:
  int64_t error_seconds_ = 0;
};

class NodeProgram final : public Program {
 public:
  struct Setup {
    World& world;
    const Organisation& organisation;
    const crypto::Asymmetric& asymmetric;
    Log& log;
    uint64_t seed = 1;
    Plant plant{};
  };
  explicit NodeProgram(const Setup& setup) : setup_(setup) {}
  void set_machine(HostId machine) { machine_ = machine; }

  void boot(Time now, const Disk& disk) override;
  void started(Time now) override;
  void crash() override;
  Core& core() override { return planted_ ? *planted_ : *core_; }
  void drain_events(Time) override {}

  supernode::Supernode& node() { return *core_; }
  WallClock& wall() { return wall_; }

 private:
  void tell_time(uint64_t boot);

  Setup setup_;
  HostId machine_ = 0;
  uint64_t boots_ = 0;
  WallClock wall_;
  std::unique_ptr<testing::SeededRng> rng_;
  std::unique_ptr<supernode::Supernode> core_;
  std::unique_ptr<Core> planted_;
};

// A client with its sound card: while a call is connected, the card takes and gives 20 ms of sound at its own pace,
// `ppm` off.
class ClientProgram final : public Program {
 public:
  using OnEvent = std::function<void(Time, HostId, const client::Event&)>;
  struct Setup {
    World& world;
    client::Identity identity;
    client::NodeTarget node;
    uint32_t max_bps = 0;
    bool relay_only = false;
    const crypto::Asymmetric& asymmetric;
    voice::CodecFactory& codecs;
    uint64_t seed = 1;
    int sound_ppm = 0;
    OnEvent on_event;
    Plant plant{};
  };
  explicit ClientProgram(Setup setup) : setup_(std::move(setup)) {}
  void set_machine(HostId machine) { machine_ = machine; }

  void boot(Time now, const Disk& disk) override;
  void started(Time now) override;
  void crash() override;
  Core& core() override { return planted_ ? *planted_ : *core_; }
  void drain_events(Time now) override;

  client::Client& client() { return *core_; }
  void network_changed(Time now);  // the host notices
  const std::string& name() const { return setup_.identity.name; }
  const client::Identity& identity() const { return setup_.identity; }
  uint32_t max_bps() const { return setup_.max_bps; }
  WallClock& wall() { return wall_; }
  // A sound card that is stuck gives and takes nothing.
  void set_sound_stuck(bool stuck) { sound_stuck_ = stuck; }

 private:
  void sound_tick(uint64_t run);

  Setup setup_;
  HostId machine_ = 0;
  uint64_t boots_ = 0;
  uint64_t sound_run_ = 0;
  bool sounding_ = false;
  bool sound_stuck_ = false;
  uint64_t tick_ = 0;
  WallClock wall_;
  std::unique_ptr<testing::SeededRng> rng_;
  std::unique_ptr<client::Client> core_;
  std::unique_ptr<Core> planted_;
};

}  // namespace farline::sim
