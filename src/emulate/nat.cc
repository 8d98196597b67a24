#include "emulate/nat.h"

#include <algorithm>

namespace farline::emulate {
namespace {

constexpr uint16_t kFirstPort = 1024;  // RFC 4787 REQ-3: not a well-known port

Address part(NatMapping kind, const Address& remote) {
  switch (kind) {
    case NatMapping::endpoint_independent:
      return {};
    case NatMapping::address_dependent:
      return {remote.ip, 0};
    case NatMapping::address_and_port_dependent:
      return remote;
  }
  return remote;
}

bool matches(NatFiltering kind, const Address& permitted, const Address& from) {
  switch (kind) {
    case NatFiltering::endpoint_independent:
      return true;
    case NatFiltering::address_dependent:
      return permitted.ip == from.ip;
    case NatFiltering::address_and_port_dependent:
      return permitted == from;
  }
  return false;
}

constexpr auto by_use = [](const auto& a, const auto& b) { return a.used < b.used; };

}  // namespace

Nat::Nat(const Options& options) : options_(options), next_port_(std::max(kFirstPort, options.external.port)) {}

Address Nat::outbound(Time now, const Address& inside, const Address& to) {
  Mapping& mapping = find_or_make(now, inside, part(options_.mapping, to));
  mapping.used = now;
  auto permission = std::ranges::find(mapping.permissions, to, &Permission::remote);
  if (permission == mapping.permissions.end()) {
    if (mapping.permissions.size() < kNatPermissionsMax)
      permission = mapping.permissions.emplace(permission);
    else
      permission = std::ranges::min_element(mapping.permissions, by_use);
    permission->remote = to;
  }
  permission->used = now;
  return {options_.external.ip, mapping.external_port};
}

std::optional<Address> Nat::inbound(Time now, const Address& from, const Address& external) const {
  if (external.ip != options_.external.ip) return std::nullopt;
  const auto mapping = std::ranges::find(table_, external.port, &Mapping::external_port);
  if (mapping == table_.end() || !alive(now, mapping->used)) return std::nullopt;
  const bool permitted = std::ranges::any_of(mapping->permissions, [&](const Permission& p) {
    return alive(now, p.used) && matches(options_.filtering, p.remote, from);
  });
  if (!permitted) return std::nullopt;
  return mapping->inside;
}

void Nat::rebind(std::optional<Address> external) {
  table_.clear();
  if (external) options_.external = *external;
}

size_t Nat::mappings(Time now) const {
  return static_cast<size_t>(std::ranges::count_if(table_, [&](const Mapping& m) { return alive(now, m.used); }));
}

Nat::Mapping& Nat::find_or_make(Time now, const Address& inside, const Address& remote) {
  std::erase_if(table_, [&](const Mapping& m) { return !alive(now, m.used); });
  const auto found =
      std::ranges::find_if(table_, [&](const Mapping& m) { return m.inside == inside && m.remote == remote; });
  if (found != table_.end()) return *found;
  if (table_.size() >= kNatMappingsMax) table_.erase(std::ranges::min_element(table_, by_use));
  table_.push_back({inside, remote, take_port(), now, {}});
  return table_.back();
}

uint16_t Nat::take_port() {
  for (;;) {  // ends: fewer mappings than ports
    const uint16_t port = next_port_;
    next_port_ = next_port_ == 65'535 ? kFirstPort : static_cast<uint16_t>(next_port_ + 1);
    if (std::ranges::find(table_, port, &Mapping::external_port) == table_.end()) return port;
  }
}

}  // namespace farline::emulate
