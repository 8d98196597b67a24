// The deterministic world: machines that run cores, on a simulated network, in virtual time. It drives each core
// exactly as base/core.h promises (mutation, save, transmit, events, next deadline) and reports a core that breaks its
// side: a deadline that stays in the past, a turn that never stops talking.
//
// Machines crash at awkward moments, start again from what their disk holds, and sleep: asleep, nothing arrives and no
// timer runs; the clock goes on, as one that counts suspend does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/core.h"
#include "emulate/prng.h"
#include "sim/disk.h"
#include "sim/event_queue.h"
#include "sim/findings.h"
#include "sim/network.h"

namespace farline::sim {

// A program on a machine: makes its core when the machine boots and loses it when the power goes.
class Program {
 public:
  virtual ~Program() = default;
  // Makes the core and loads the disk. Called inside no turn; commands that follow a start are made by `started`.
  virtual void boot(Time now, const Disk& disk) = 0;
  // The first turn.
  virtual void started(Time now) = 0;
  virtual void crash() = 0;
  virtual Core& core() = 0;
  // After the datagrams of each turn: drain the core's events; no mutation.
  virtual void drain_events(Time now) = 0;
};

// Where a crash hits the turn that is under way.
enum class CrashPoint : uint8_t { before_save, after_save, amid_transmit };

// Watches a run. Calls come inside turns, in the order of things.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // `question` is what the turn answers; nullptr for timers and commands.
  virtual void turn_begins(Time now, HostId host, const Packet* question) = 0;
  virtual void transmitted(Time now, HostId host, const Transmit& out) = 0;
  virtual void turn_ends(Time now, HostId host) = 0;
};

class World {
 public:
  World(uint64_t seed, Time start, Findings& findings);

  Time now() const { return events_.now(); }
  Network& network() { return network_; }
  Findings& findings() { return findings_; }
  void set_watcher(Watcher* watcher) { watcher_ = watcher; }
  void at(Time when, EventQueue::Action action) { events_.at(when, std::move(action)); }
  void after(Duration wait, EventQueue::Action action) { events_.after(wait, std::move(action)); }

  // False when something is wrong.
  bool run_until(Time end);
  bool run_for(Duration duration) { return run_until(now() + duration); }

  // A machine that is off; boot() starts it. `program` outlives the world.
  HostId add_machine(const Network::HostOptions& host, Program& program);
  void boot(HostId machine);
  void crash(HostId machine);
  // In the machine's next turn.
  void crash_at(HostId machine, CrashPoint point) { machines_[machine].crash_point = point; }
  void sleep(HostId machine) { machines_[machine].asleep = true; }
  void wake(HostId machine);
  bool is_up(HostId machine) const { return machines_[machine].on && !machines_[machine].asleep; }
  bool is_on(HostId machine) const { return machines_[machine].on; }
  bool is_asleep(HostId machine) const { return machines_[machine].asleep; }
  const Disk& disk(HostId machine) const { return machines_[machine].disk; }

  // One turn with a command as its mutation; nothing happens when the machine is not up.
  void turn(HostId machine, const std::function<void(Time now)>& mutation);

 private:
  struct Machine {
    Program* program = nullptr;
    Disk disk;
    bool on = false;
    bool asleep = false;
    std::optional<CrashPoint> crash_point;
    std::optional<Time> armed;
    uint64_t arming = 0;  // tells the timer event that holds from those that were replaced
    // Spin: turns at one instant, and timer turns in a row that changed nothing.
    Time last_turn{};
    unsigned turns_at_once = 0;
    unsigned idle_timeouts = 0;
  };
  enum class Cause : uint8_t { command, datagram, timer };

  void receive(HostId machine, const Packet& packet);
  void timer_expired(HostId machine, uint64_t arming);
  void run_turn(HostId machine, Cause cause, const Packet* question, const std::function<void(Time)>& mutation);
  // True when the machine survived.
  bool drain(HostId machine, bool& progress);
  void check_spin(HostId machine, Cause cause, bool progress);
  void arm(HostId machine);

  Findings& findings_;
  emulate::Prng prng_;
  EventQueue events_;
  Network network_;
  Watcher* watcher_ = nullptr;
  std::vector<Machine> machines_;
  bool in_turn_ = false;
};

}  // namespace farline::sim
