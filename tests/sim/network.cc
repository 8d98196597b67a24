#include "sim/network.h"

namespace farline::sim {

using emulate::Way;

namespace {

// A host's second socket (Transmit::spare).
Address spare_of(Address inside) {
  ++inside.port;
  return inside;
}

}  // namespace

NatId Network::add_nat(const emulate::Nat::Options& options) {
  nats_.push_back({emulate::Nat(options), options.external});
  return nats_.size() - 1;
}

HostId Network::add_host(const HostOptions& options) {
  hosts_.push_back(
      {options.inside, options.nat, std::make_unique<emulate::Link>(options.link, options.seed, events_.now())});
  return hosts_.size() - 1;
}

void Network::set_link(HostId host, const emulate::LinkSpec& spec) {
  hosts_[host].link = std::make_unique<emulate::Link>(spec, ++link_seeds_, events_.now());
}

void Network::move_host(HostId host, const Address& inside) {
  hosts_[host].inside = inside;
}

void Network::rebind_nat(NatId nat, std::optional<Address> external) {
  nats_[nat].nat.rebind(external);
  if (external) nats_[nat].external = *external;
}

void Network::send(HostId from, const Transmit& out) {
  Packet packet{.from = out.spare ? spare_of(hosts_[from].inside) : hosts_[from].inside,
                .to = out.to,
                .bytes = to_vector(out.datagram.bytes()),
                .origin = from,
                .sent = events_.now()};
  carry(from, Way::up, std::move(packet));
}

// Offers a packet to one direction of a host's link and passes on what comes out at the other end.
void Network::carry(HostId host, Way way, Packet packet) {
  Host& h = hosts_[host];
  if (h.cut) return;
  const size_t wire_bytes = packet.bytes.size() + packet.to.header_bytes();
  const emulate::Fate fate = (*h.link)[way].offer(events_.now(), wire_bytes);
  if (fate.corrupt && !packet.bytes.empty()) {
    const size_t bit = fate.corrupt_bit % (8 * packet.bytes.size());
    packet.bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    packet.intact = false;
  }
  for (int copy = 0; copy < fate.copies; ++copy) {
    Packet carried = packet;
    carried.intact = packet.intact && copy == 0;
    ++under_way_;
    const auto arrives = [this, host, way, p = std::move(carried)]() mutable {
      --under_way_;
      if (hosts_[host].cut) return;
      way == Way::up ? leave(std::move(p)) : receive_(host, p);
    };
    events_.at(fate.deliver[static_cast<size_t>(copy)], arrives);
  }
}

void Network::leave(Packet packet) {
  const Host& host = hosts_[packet.origin];
  if (const auto neighbour = host.nat ? find_inside(packet.to, host.nat) : std::nullopt) {
    carry(*neighbour, Way::down, std::move(packet));
    return;
  }
  if (host.nat) packet.from = nats_[*host.nat].nat.outbound(events_.now(), packet.from, packet.to);
  if (tap_ && !tap_(packet)) return;
  route(std::move(packet));
}

void Network::route(Packet packet) {
  for (NatId nat = 0; nat < nats_.size(); ++nat) {
    if (nats_[nat].external.ip != packet.to.ip) continue;
    const auto inside = nats_[nat].nat.inbound(events_.now(), packet.from, packet.to);
    const auto host = inside ? find_inside(*inside, nat) : std::nullopt;
    host ? carry(*host, Way::down, std::move(packet)) : void(++filtered_);
    return;
  }
  if (const auto host = find_inside(packet.to, std::nullopt)) carry(*host, Way::down, std::move(packet));
}

std::optional<HostId> Network::find_inside(const Address& inside, std::optional<NatId> nat) const {
  for (HostId host = 0; host < hosts_.size(); ++host)
    if ((hosts_[host].inside == inside || spare_of(hosts_[host].inside) == inside) && hosts_[host].nat == nat)
      return host;
  return std::nullopt;
}

}  // namespace farline::sim
