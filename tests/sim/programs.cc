#include "sim/programs.h"

#include <array>

namespace farline::sim {
namespace {

constexpr Duration kTellTimeEvery = 60s;
constexpr Duration kSoundTick = 20ms;

// Something with a pitch, in integers: a triangle of 125 Hz that swells and fades.
std::array<int16_t, voice::kUnitSamples> voiced_unit(uint64_t tick) {
  std::array<int16_t, voice::kUnitSamples> out;
  const auto swell = static_cast<int>(tick % 50 < 25 ? tick % 25 : 25 - tick % 25);
  for (size_t i = 0; i < out.size(); ++i) {
    const int phase = static_cast<int>(i % 128);
    out[i] = static_cast<int16_t>((phase < 64 ? phase - 32 : 96 - phase) * 8 * swell);
  }
  return out;
}

std::unique_ptr<testing::SeededRng> make_rng(uint64_t seed, uint64_t boot, const Plant& plant) {
  return std::make_unique<testing::SeededRng>(seed * 1'000'003 + (plant.repeats_randomness ? 1 : boot));
}

}  // namespace

void NodeProgram::boot(Time now, const Disk& disk) {
  (void)now;
  rng_ = make_rng(setup_.seed, ++boots_, setup_.plant);
  core_ = std::make_unique<supernode::Supernode>(
      supernode::Config{.keys = setup_.organisation.node_keys(), .is_trial = true, .site = {}},
      supernode::Environment{.rng = *rng_, .asymmetric = setup_.asymmetric, .log = setup_.log});
  disk.read([&](const SaveRecord& record) { core_->load(record); });
  if (setup_.plant.wrap) planted_ = setup_.plant.wrap(*core_);
}

void NodeProgram::started(Time now) {
  core_->set_wall_time(now, wall_.at(now));
  setup_.world.after(kTellTimeEvery, [this, boot = boots_] { tell_time(boot); });
}

void NodeProgram::crash() {
  planted_.reset();
  core_.reset();
}

void NodeProgram::tell_time(uint64_t boot) {
  if (boot != boots_ || !core_) return;
  setup_.world.turn(machine_, [&](Time now) { core_->set_wall_time(now, wall_.at(now)); });
  setup_.world.after(kTellTimeEvery, [this, boot] { tell_time(boot); });
}

void ClientProgram::boot(Time now, const Disk& disk) {
  (void)now;
  rng_ = make_rng(setup_.seed, ++boots_, setup_.plant);
  core_ = std::make_unique<client::Client>(
      client::Config{.identity = copy_of(setup_.identity),
                     .node = setup_.node,
                     .max_bps = setup_.max_bps,
                     .receive_max_bps = 0,
                     .relay_only = setup_.relay_only},
      client::Environment{.rng = *rng_, .asymmetric = setup_.asymmetric, .codecs = setup_.codecs});
  core_->set_sound_options({.speech_input = {.pauses = false}});  // what is said here is no sound
  disk.read([&](const SaveRecord& record) { core_->load(record); });
  if (setup_.plant.wrap) planted_ = setup_.plant.wrap(*core_);
}

void ClientProgram::started(Time now) {
  core_->set_own_network(now, setup_.world.network().inside_address(machine_));
  core_->attach(now, wall_.at(now));
}

void ClientProgram::network_changed(Time now) {
  core_->set_own_network(now, setup_.world.network().inside_address(machine_));
  core_->network_changed(now);
}

void ClientProgram::crash() {
  planted_.reset();
  core_.reset();
  sounding_ = false;
}

void ClientProgram::drain_events(Time now) {
  client::Event event;
  while (core_->poll_event(event)) {
    if (event.kind == client::EventKind::connected && !sounding_) {
      sounding_ = true;
      setup_.world.after(kSoundTick, [this, run = ++sound_run_] { sound_tick(run); });
    }
    if (event.kind == client::EventKind::ended && core_->call_state() == client::CallState::idle) sounding_ = false;
    setup_.on_event(now, machine_, event);
  }
}

void ClientProgram::sound_tick(uint64_t run) {
  if (run != sound_run_ || !sounding_ || !core_) return;
  const bool runs = !sound_stuck_ && setup_.world.is_up(machine_);
  if (runs) setup_.world.turn(machine_, [&](Time now) { core_->handle_pcm(now, voiced_unit(++tick_)); });
  std::array<int16_t, voice::kUnitSamples> played;
  if (runs && core_) core_->take_pcm(played);  // the turn may have crashed
  if (!core_) return;
  const Duration tick = kSoundTick + kSoundTick / 1'000'000 * setup_.sound_ppm;
  setup_.world.after(runs ? tick : Duration{1s}, [this, run] { sound_tick(run); });
}

}  // namespace farline::sim
