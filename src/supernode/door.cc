#include "supernode/door.h"

#include <algorithm>

#include "wire/name.h"
#include "wire/pass.h"

namespace farline::supernode {
namespace {

policy::TrustedTime trusted(WallTime wall) {
  return wall.seconds == 0 ? policy::TrustedTime{} : policy::TrustedTime{wall, {}};
}

}  // namespace

const policy::Effective* Door::rules_of(const Device& device) {
  return shelf_.rules_of(wire::site_of(device.person));
}

// --- Devices ---------------------------------------------------------------------------------------------------------

bool Door::is_revoked(const wire::DeviceId& device) {
  if (shelf_.is_revoked(device)) return true;
  const Device* known = parts_.directory.find(device);
  return known != nullptr && parts_.issuers.is_withdrawn(known->issuer);
}

void Door::seat(Visitor& visitor, const Device& device) {
  visitor.own.reset();
  visitor.site = nullptr;
  const policy::Effective* rules = rules_of(device);
  if (!rules) return;
  if (rules->client_bps) visitor.own.emplace(*rules->client_bps);
  if (rules->site_bps)
    visitor.site = &site_shares_.try_emplace(std::string(wire::site_of(device.person)), *rules->site_bps).first->second;
}

// What this node has not seen itself is not noted, so that a wild claim does no lasting harm.
bool Door::claims(Visitor& visitor, const Device& device, wire::PolicyVersion version) {
  visitor.policy = version;
  parts_.directory.raise_policy(device.id, std::min(version, shelf_.version()));
  return version < device.policy;
}

bool Door::wants_build_hash(const Device& device) {
  const policy::Effective* rules = rules_of(device);
  return rules && policy::asks_for_hash(*rules);
}

bool Door::is_behind(WallTime wall, const Party& party) const {
  const wire::PolicyVersion held = party.visitor.policy;
  if (held == wire::PolicyVersion{} || held < party.device.policy) return true;
  for (const PolicyShelf::Version& version : shelf_.versions()) {
    if (wall.seconds <= version.got.seconds + kBehindAfterSeconds) continue;
    const wire::PolicyVersion due = version.number();
    if (held.generation != due.generation) return held < due;
    return uint64_t{held.serial} + kBehindSerials < due.serial;
  }
  return false;
}

// --- Break-glass -----------------------------------------------------------------------------------------------------

wire::GlassAnswer Door::open_glass(Time now, const Device& device, const policy::GlassCode& code) {
  const policy::Effective* rules = rules_of(device);
  const WallTime now_wall = wall(now);
  constexpr wire::GlassAnswer kNo{wire::GlassStatus::unknown_or_used, {}};
  if (!rules || now_wall.seconds == 0) return kNo;
  const auto found = glass_.find(device.id);
  policy::BreakGlass glass = found == glass_.end() ? policy::BreakGlass(device.id) : found->second;
  const auto until = glass.open(code, rules->break_glass, now_wall);
  if (!until) return kNo;
  ByteVector value(glass.uses().size() * (sizeof(policy::ShortHash) + 8));
  Writer writer(value);
  for (const policy::BreakGlass::Use& use : glass.uses()) {
    writer.bytes(use.hash);
    writer.u64(use.at.seconds);
  }
  parts_.out.save(RecordKind::glass, device.id.bytes, value);
  glass_.insert_or_assign(device.id, std::move(glass));
  return {wire::GlassStatus::open, *until};
}

void Door::load_glass(Bytes key, Bytes value) {
  Reader key_reader(key);
  const wire::DeviceId device{key_reader.array<8>()};
  Reader reader(value);
  std::vector<policy::BreakGlass::Use> uses;
  while (reader.remaining() > 0) {
    policy::BreakGlass::Use use;
    use.hash = reader.array<16>();
    use.at.seconds = reader.u64();
    uses.push_back(use);
  }
  if (reader.ok() && key_reader.finish()) glass_.insert_or_assign(device, policy::BreakGlass(device, std::move(uses)));
}

bool Door::is_glass_broken(WallTime wall, const wire::DeviceId& device) const {
  const auto found = glass_.find(device);
  return found != glass_.end() && found->second.is_open(wall);
}

// --- Calls -----------------------------------------------------------------------------------------------------------

policy::Request Door::request_of(Time now, const Party& party, const policy::Effective& rules) const {
  const WallTime now_wall = wall(now);
  policy::Request request;
  request.role = static_cast<policy::Role>(party.device.role);
  request.what = policy::Class::voice;
  request.build = party.visitor.build;
  request.device = party.device.id;
  request.self = party.device.person;
  request.is_behind = is_behind(now_wall, party);
  request.glass_is_broken = is_glass_broken(now_wall, party.device.id);
  request.usage = usage_.of(account_of(now, party.device, rules));
  return request;
}

policy::Decision Door::judge(Time now, const CallQuestion& question) {
  const Party& caller = question.caller;
  const policy::Effective* rules = rules_of(caller.device);
  if (!rules) return {true, policy::Rule::open, {}, false};
  if (is_revoked(caller.device.id)) return {false, policy::Rule::revoked, {}, false};
  policy::Request request = request_of(now, caller, *rules);
  request.peer = question.callee.person;
  request.in_site = wire::site_of(caller.device.person) == wire::site_of(question.callee.person);
  request.what = question.what;
  request.is_running = question.is_running;
  // A contact of the callee's site only calls that site's people by right.
  if (policy::is_contact(*rules_of(question.callee), caller.device.person))
    return {true, policy::Rule::emergency, {}, false};
  return policy::decide(*rules, request, trusted(wall(now)));
}

Duration Door::call_grace(const Device& caller) {
  return std::chrono::minutes(rules_of(caller)->call_grace_minutes);
}

bool Door::is_build_blocked(Time now, const Party& party) {
  const policy::Effective* rules = rules_of(party.device);
  const WallTime now_wall = wall(now);
  return rules && now_wall.seconds != 0 && !is_glass_broken(now_wall, party.device.id) &&
         policy::is_blocked(*rules, party.visitor.build, now_wall);
}

policy::Decision Door::outlook(Time now, const Party& party) {
  const policy::Effective* rules = rules_of(party.device);
  if (!rules) return {true, policy::Rule::open, {}, false};
  if (is_revoked(party.device.id)) return {false, policy::Rule::revoked, {}, false};
  return policy::decide(*rules, request_of(now, party, *rules), trusted(wall(now)));
}

std::optional<WallTime> Door::pass_until(Time now, const Party& party) {
  const policy::Effective* rules = rules_of(party.device);
  const uint64_t now_wall = wall(now).seconds;
  if (!rules || now_wall == 0 || rules->forbidden.has(policy::Feature::direct_paths)) return std::nullopt;
  const policy::Decision decision = outlook(now, party);
  if (!decision.allowed) return std::nullopt;
  const WallTime longest{now_wall + wire::kPassSecondsMax};
  if (!decision.until) return longest;
  return std::min(longest, WallTime{decision.until->seconds + uint64_t{60} * rules->call_grace_minutes});
}

// --- Shares and usage ------------------------------------------------------------------------------------------------

Duration Door::room_in(Time now, const Visitor& visitor, Way way, uint32_t bytes) {
  const auto in = [&](const Share& share) { return (way == Way::up ? share.up : share.down).room_in(now, bytes); };
  return std::max(visitor.own ? in(*visitor.own) : Duration{}, visitor.site ? in(*visitor.site) : Duration{});
}

void Door::take(Time now, Visitor& visitor, Way way, uint32_t bytes) {
  const auto from = [&](Share& share) { (void)(way == Way::up ? share.up : share.down).take(now, bytes); };
  if (visitor.own) from(*visitor.own);
  if (visitor.site) from(*visitor.site);
}

bool Door::has_contact(const Device& one, const Device& other) {
  const policy::Effective* of_one = rules_of(one);
  const policy::Effective* of_other = rules_of(other);
  return (of_one && policy::is_contact(*of_one, other.person)) ||
         (of_other && policy::is_contact(*of_other, one.person));
}

bool Door::passes(Time now, Visitor& from, Visitor& to, const Packet& packet) {
  const std::array<Quota*, 4> quotas{from.own ? &from.own->up : nullptr, from.site ? &from.site->up : nullptr,
                                     to.own ? &to.own->down : nullptr, to.site ? &to.site->down : nullptr};
  const bool fits =
      std::ranges::all_of(quotas, [&](const Quota* quota) { return !quota || quota->has_room(now, packet.bytes); });
  if (!fits && !packet.is_emergency) return false;
  for (Quota* quota : quotas)
    if (quota) quota->take(now, packet.bytes);
  return true;
}

UsageBook::Account Door::account_of(Time now, const Device& device, const policy::Effective& rules) const {
  return UsageBook::account(device.id, device.person, rules.zone.local(policy::quarter_of(wall(now))).day);
}

void Door::count(Time now, const Device& device, uint64_t bytes, Duration in_call) {
  const policy::Effective* rules = rules_of(device);
  if (rules && wall(now).seconds != 0) usage_.add(account_of(now, device, *rules), bytes, in_call);
}

void Door::sweep(Time now, const Sweep& sweep) {
  if (!sweep.is_last && usage_saved_ && now - *usage_saved_ < kSaveUsageEvery) return;
  usage_saved_ = now;
  usage_.save();
}

}  // namespace farline::supernode
