// The simulated Internet: hosts behind links (emulate/link.h) and NATs (emulate/nat.h), routed by address. Links decide
// the fate of every packet; a tap may record, damage, hold or forge packets in the middle.
//   host -> link up -> NAT -> middle (tap) -> NAT -> link down -> host
// A NAT stands on the network's side of the link, as a carrier's does. It may have several hosts behind it; those reach
// each other by their inside addresses.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/datagram.h"
#include "emulate/link.h"
#include "emulate/nat.h"
#include "sim/event_queue.h"

namespace farline::sim {

using HostId = size_t;
using NatId = size_t;
inline constexpr HostId kNobody = ~HostId{0};

struct Packet {
  Address from;  // as the receiver sees it
  Address to;
  ByteVector bytes;
  HostId origin = kNobody;  // who sent it; kNobody: forged or replayed in the middle
  Time sent{};
  bool intact = true;  // neither damaged nor a second copy
};

class Network {
 public:
  // What becomes of a packet in the middle: nothing to do, or false to swallow it. May change it.
  using Tap = std::function<bool(Packet&)>;
  using Receive = std::function<void(HostId, const Packet&)>;

  Network(EventQueue& events, Receive receive) : events_(events), receive_(std::move(receive)) {}

  NatId add_nat(const emulate::Nat::Options& options);
  struct HostOptions {
    Address inside;
    std::optional<NatId> nat{};
    emulate::LinkSpec link{};
    uint64_t seed = 1;
  };
  HostId add_host(const HostOptions& options);

  void send(HostId from, const Transmit& out);
  // Into the middle, from anywhere: what an attacker on the network can do.
  void inject(Packet packet) { route(std::move(packet)); }
  void set_tap(Tap tap) { tap_ = std::move(tap); }

  // --- Misfortune ---
  void set_link(HostId host, const emulate::LinkSpec& spec);  // another bearer; what is under way still arrives
  void set_cut(HostId host, bool cut) { hosts_[host].cut = cut; }
  void move_host(HostId host, const Address& inside);  // DHCP, another network
  void rebind_nat(NatId nat, std::optional<Address> external = std::nullopt);

  const Address& inside_address(HostId host) const { return hosts_[host].inside; }
  std::optional<NatId> nat_of(HostId host) const { return hosts_[host].nat; }
  size_t packets_under_way() const { return under_way_; }
  uint64_t filtered() const { return filtered_; }
  bool lets_in(NatId nat, const Address& from, const Address& external) const {
    return nats_[nat].nat.inbound(events_.now(), from, external).has_value();
  }

 private:
  struct Host {
    Address inside;
    std::optional<NatId> nat{};
    std::unique_ptr<emulate::Link> link;
    bool cut = false;
  };
  struct NatBox {
    emulate::Nat nat;
    Address external;
  };

  void leave(Packet packet);
  void route(Packet packet);
  std::optional<HostId> find_inside(const Address& inside, std::optional<NatId> nat) const;
  void carry(HostId host, emulate::Way way, Packet packet);

  EventQueue& events_;
  Receive receive_;
  Tap tap_;
  std::vector<Host> hosts_;
  std::vector<NatBox> nats_;
  size_t under_way_ = 0;
  uint64_t link_seeds_ = 1'000'000;
  uint64_t filtered_ = 0;
};

}  // namespace farline::sim
