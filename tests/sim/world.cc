#include "sim/world.h"

namespace farline::sim {
namespace {

// Real timers fire late, never early.
constexpr Duration kTimerLateMax = 2ms;
// One turn answers one question; nothing a core does needs more datagrams or records at once than this.
constexpr unsigned kTransmitsPerTurnMax = 256;
constexpr unsigned kSavesPerTurnMax = 256;
constexpr unsigned kTurnsAtOnceMax = 2'000;

}  // namespace

World::World(uint64_t seed, Time start, Findings& findings)
    : findings_(findings),
      prng_(seed, 0x3017d),
      events_(start),
      network_(events_, [this](HostId machine, const Packet& packet) { receive(machine, packet); }) {}

bool World::run_until(Time end) {
  while (!findings_.failed() && events_.step(end)) {
  }
  return !findings_.failed();
}

HostId World::add_machine(const Network::HostOptions& host, Program& program) {
  const HostId id = network_.add_host(host);
  machines_.resize(id + 1);
  machines_[id].program = &program;
  return id;
}

void World::boot(HostId machine) {
  Machine& m = machines_[machine];
  if (m.on) return;
  m.on = true;
  m.asleep = false;
  m.idle_timeouts = 0;
  m.program->boot(now(), m.disk);
  run_turn(machine, Cause::command, nullptr, [&](Time t) { m.program->started(t); });
}

void World::crash(HostId machine) {
  Machine& m = machines_[machine];
  if (!m.on) return;
  INVARIANT(!in_turn_);
  m.on = false;
  m.asleep = false;
  m.armed.reset();
  m.crash_point.reset();
  ++m.arming;
  m.program->crash();
}

void World::wake(HostId machine) {
  Machine& m = machines_[machine];
  if (!m.on || !m.asleep) return;
  m.asleep = false;
  m.armed.reset();
  arm(machine);
}

void World::turn(HostId machine, const std::function<void(Time now)>& mutation) {
  if (is_up(machine)) run_turn(machine, Cause::command, nullptr, mutation);
}

void World::receive(HostId machine, const Packet& packet) {
  if (!is_up(machine)) return;
  const auto handle = [&](Time t) { machines_[machine].program->core().handle_datagram(t, packet.from, packet.bytes); };
  run_turn(machine, Cause::datagram, &packet, handle);
}

void World::timer_expired(HostId machine, uint64_t arming) {
  Machine& m = machines_[machine];
  if (m.arming != arming || !m.armed) return;
  m.armed.reset();
  if (!is_up(machine)) return;
  run_turn(machine, Cause::timer, nullptr, [&](Time t) { m.program->core().handle_timeout(t); });
}

void World::run_turn(HostId machine, Cause cause, const Packet* question, const std::function<void(Time)>& mutation) {
  if (findings_.failed()) return;
  INVARIANT(!in_turn_);
  in_turn_ = true;
  if (watcher_) watcher_->turn_begins(now(), machine, question);
  mutation(now());
  bool progress = false;
  const bool survived = drain(machine, progress);
  if (watcher_) watcher_->turn_ends(now(), machine);
  in_turn_ = false;
  if (!survived) {
    crash(machine);
    return;
  }
  check_spin(machine, cause, progress);
  arm(machine);
}

bool World::drain(HostId machine, bool& progress) {
  Machine& m = machines_[machine];
  Core& core = m.program->core();
  std::vector<SaveRecord> saves;
  SaveRecord record;
  while (core.poll_save(record) && saves.size() < kSavesPerTurnMax) saves.push_back(std::move(record));
  if (saves.size() >= kSavesPerTurnMax) findings_.fail(now(), "a turn saves without end");
  if (m.crash_point == CrashPoint::before_save) return false;
  for (const SaveRecord& saved : saves) m.disk.save(saved);
  if (m.crash_point == CrashPoint::after_save) return false;

  Transmit out;
  unsigned sent = 0;
  while (core.poll_transmit(out)) {
    if (m.crash_point == CrashPoint::amid_transmit && sent == 1) return false;
    if (++sent > kTransmitsPerTurnMax) {
      findings_.fail(now(), "a turn transmits without end");
      break;
    }
    if (watcher_) watcher_->transmitted(now(), machine, out);
    network_.send(machine, out);
  }
  if (m.crash_point == CrashPoint::amid_transmit) return false;
  m.program->drain_events(now());
  progress = sent > 0 || !saves.empty();
  return true;
}

void World::check_spin(HostId machine, Cause cause, bool progress) {
  Machine& m = machines_[machine];
  const auto deadline = m.program->core().next_timeout();
  const bool overdue = deadline && *deadline <= now();
  m.idle_timeouts = cause == Cause::timer && overdue && !progress ? m.idle_timeouts + 1 : 0;
  if (m.idle_timeouts >= 2) findings_.fail(now(), "spin: the deadline stays in the past and nothing happens");
  m.turns_at_once = m.last_turn == now() ? m.turns_at_once + 1 : 0;
  m.last_turn = now();
  if (m.turns_at_once > kTurnsAtOnceMax) findings_.fail(now(), "spin: turn after turn at one instant");
}

void World::arm(HostId machine) {
  Machine& m = machines_[machine];
  const auto deadline = m.program->core().next_timeout();
  if (m.armed == deadline) return;
  m.armed = deadline;
  ++m.arming;
  if (!deadline) return;
  // At an overdue deadline time must not move by itself, or a spin would look like progress.
  const Duration late = *deadline > now() ? prng_.up_to(kTimerLateMax) : Duration{};
  events_.at(*deadline + late, [this, machine, arming = m.arming] { timer_expired(machine, arming); });
}

}  // namespace farline::sim
