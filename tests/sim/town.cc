#include "sim/town.h"

#include <cstdio>

#include "support/fake_asymmetric.h"
#include "wire/certificate.h"

namespace farline::sim {
namespace {

const crypto::Asymmetric& choose_asymmetric(bool real) {
  static const testing::FakeAsymmetric kFake;
  return real ? crypto::real_asymmetric() : kFake;
}

emulate::LinkSpec link_of(std::string_view text) {
  auto spec = emulate::parse_spec(text);
  INVARIANT(spec);
  return *spec;
}

const char* to_text(client::EventKind kind) {
  using enum client::EventKind;
  switch (kind) {
    case attached:
      return "attached";
    case detached:
      return "detached";
    case refused:
      return "refused";
    case incoming:
      return "incoming";
    case ringing:
      return "ringing";
    case connected:
      return "connected";
    case stalled:
      return "stalled";
    case resumed:
      return "resumed";
    case ended:
      return "ended";
    case new_device:
      return "new device";
    case policy:
      return "policy";
    case closing:
      return "closing";
    case break_glass:
      return "break glass";
    case held:
      return "held";
    case released:
      return "released";
  }
  return "?";
}

}  // namespace

Town::Town(const TownPlan& plan)
    : plan_(plan),
      speech_(findings_),
      conduct_(findings_),
      log_(findings_),
      invariants_({.findings = findings_, .speech = speech_, .seals = seals_, .trace = trace_}),
      world_(plan.seed, plan.start, findings_),
      rng_(plan.seed),
      asymmetric_(choose_asymmetric(plan.real)),
      organisation_(rng_, asymmetric_, WallClock().at(plan.start)),
      mallory_(world_, plan.mallory) {
  world_.set_watcher(&invariants_);
  log_.set_verbose(plan.verbose);
  log_.forbid_address(node_address());
  add_node();
  devices_.reserve(plan.devices.size());
  for (const DevicePlan& device : plan.devices) add_device(device);
}

void Town::add_node() {
  node_ = std::make_unique<NodeProgram>(NodeProgram::Setup{.world = world_,
                                                           .organisation = organisation_,
                                                           .asymmetric = asymmetric_,
                                                           .log = log_,
                                                           .seed = plan_.seed,
                                                           .plant = plan_.plant_in_node});
  node_host_ = world_.add_machine({.inside = node_address(), .link = link_of("clean"), .seed = plan_.seed}, *node_);
  node_->set_machine(node_host_);
  invariants_.set_node(node_host_, node_address());
}

void Town::add_device(const DevicePlan& plan) {
  const size_t index = devices_.size();
  const uint64_t seed = plan_.seed * 64 + index + 1;
  Device device;
  device.habit = plan.habit;
  const HostId next_host = node_host_ + 1 + index;
  if (plan_.real)
    device.codecs = voice::real_codecs(0);
  else
    device.codecs = std::make_unique<ScriptedCodecs>(speech_, next_host);
  device.program = std::make_unique<ClientProgram>(ClientProgram::Setup{
      .world = world_,
      .identity = organisation_.make_device(plan.person),
      .node = {node_address(), organisation_.node_key()},
      .max_bps = plan.max_bps,
      .relay_only = plan.relay_only,
      .asymmetric = asymmetric_,
      .codecs = *device.codecs,
      .seed = seed,
      .sound_ppm = plan.sound_ppm,
      .on_event = [this](Time now, HostId host, const client::Event& event) { on_event(now, host, event); },
      .plant = plan_.plant_in_clients});
  auto nat = plan.nat ? std::optional(world_.network().add_nat(*plan.nat)) : std::nullopt;
  if (plan.behind_last_nat) nat = world_.network().nat_of(devices_.back().host);
  const auto inside = Address::v4(10, 77, 0, static_cast<uint8_t>(index + 2), 5004);
  const auto outside = Address::v4(203, 0, 113, static_cast<uint8_t>(index + 2), 5004);
  device.host = world_.add_machine(
      {.inside = nat ? inside : outside, .nat = nat, .link = link_of(plan.link), .seed = seed}, *device.program);
  INVARIANT(device.host == next_host);
  device.program->set_machine(device.host);
  device.program->wall().set_error(plan.wall_error_seconds);
  log_.forbid_address(inside);
  log_.forbid_address(outside);
  watch_device(plan, device);
  devices_.push_back(std::move(device));
}

void Town::watch_device(const DevicePlan& plan, const Device& device) {
  const client::Identity& identity = device.program->identity();
  conduct_.add_device(device.host, plan.person);
  log_.forbid_text(plan.person);
  const wire::DeviceId id = wire::device_id_of(identity.static_keys.public_key);
  log_.forbid_number(static_cast<int64_t>(Reader(id.bytes).u64()));
  invariants_.add_secret(as_bytes(plan.person));
  invariants_.add_secret(identity.static_keys.secret.bytes());
  invariants_.add_secret(identity.signing_keys.secret.bytes());
  invariants_.set_media_cap(device.host, plan.max_bps);
}

void Town::boot_all() {
  boot_node();
  for (size_t device = 0; device < devices_.size(); ++device) boot_device(device);
}

void Town::boot_node() {
  if (world_.is_on(node_host_)) return;
  invariants_.forget_addresses();
  world_.boot(node_host_);
}

void Town::boot_device(size_t device) {
  const HostId host = devices_[device].host;
  if (world_.is_on(host)) return;
  conduct_.booted(host);
  speech_.set_talk(world_.now(), host, {});
  world_.boot(host);
}

bool Town::call(size_t device, const std::string& name) {
  Device& d = devices_[device];
  if (!world_.is_up(d.host)) return false;
  bool started = false;
  world_.turn(d.host, [&](Time now) {
    const auto call = d.program->client().start_call(now, name, {});
    started = call.has_value();
    if (!started) return;
    conduct_.starts_call(d.host, *call, name);
    speech_.set_talk(now, d.host, {d.program->name(), name});
  });
  return started;
}

void Town::answer(size_t device) {
  Device& d = devices_[device];
  world_.turn(d.host, [&](Time now) {
    if (d.program->client().call_state() == client::CallState::ringing_here) conduct_.answers(d.host);
    d.program->client().answer(now);
  });
}

void Town::hang_up(size_t device) {
  world_.turn(devices_[device].host, [&](Time now) { devices_[device].program->client().hang_up(now); });
}

void Town::network_changed(size_t device) {
  world_.turn(devices_[device].host, [&](Time now) { devices_[device].program->network_changed(now); });
}

void Town::give_policy(const policy::RootPolicy& policy, std::optional<size_t> device) {
  const ByteVector file = organisation_.sign(policy);
  bool taken = false;
  if (device) {
    ClientProgram& program = *devices_[*device].program;
    world_.turn(host(*device), [&](Time now) { taken = program.client().import_policy(now, file).has_value(); });
  } else {
    world_.turn(node_host_, [&](Time now) { taken = node_->node().take_policy(now, file).has_value(); });
  }
  INVARIANT(taken);
}

bool Town::all_attached() {
  for (Device& device : devices_)
    if (!world_.is_up(device.host) || !device.program->client().is_attached()) return false;
  return true;
}

size_t Town::index_of(HostId host) const {
  return host - node_host_ - 1;
}

void Town::on_event(Time now, HostId host, const client::Event& event) {
  trace_.time(now);
  trace_.number(host);
  trace_.number(static_cast<uint64_t>(event.kind) << 16 | static_cast<uint64_t>(event.reason) << 8 | event.outgoing);
  trace_.number(event.call);
  trace_.bytes(as_bytes(event.peer));
  if (plan_.verbose) print_event(now, host, event);
  conduct_.event(now, host, event);
  const size_t device = index_of(host);
  devices_[device].events.push_back(event);
  const std::string peer = conduct_.peer_of(host);
  speech_.set_talk(now, host, {peer.empty() ? std::string() : devices_[device].program->name(), peer});
  react(device, event);
}

void Town::react(size_t device, const client::Event& event) {
  const Habit habit = devices_[device].habit;
  if (event.kind == client::EventKind::incoming && (habit.answers || habit.declines))
    act_later(device, event, habit.after, habit.declines ? &Town::hang_up : &Town::answer);
  if (event.kind == client::EventKind::connected && habit.talks > Duration{})
    act_later(device, event, habit.talks, &Town::hang_up);
}

// Unless the call is another one by then.
void Town::act_later(size_t device, const client::Event& event, Duration wait, void (Town::*act)(size_t)) {
  world_.after(wait, [this, device, act, call = event.call] {
    const auto& events = devices_[device].events;
    if (!events.empty() && events.back().call == call) (this->*act)(device);
  });
}

void Town::print_event(Time now, HostId host, const client::Event& event) const {
  std::printf("%12.3f host %zu (%s): %s", to_seconds(now.time_since_epoch()), host,
              devices_[index_of(host)].program->name().c_str(), to_text(event.kind));
  if (event.call != 0) std::printf(" call %u%s", event.call, event.outgoing ? " out" : " in");
  if (!event.peer.empty()) std::printf(" peer %s", event.peer.c_str());
  if (event.kind == client::EventKind::ended) std::printf(" reason %d", static_cast<int>(event.reason));
  if (!event.text.empty()) std::printf(" (%.*s)", static_cast<int>(event.text.size()), event.text.data());
  std::printf("\n");
}

}  // namespace farline::sim
