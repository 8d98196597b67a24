// A NAT as RFC 4787 names them: how it maps, what it lets in, when it forgets. Used by the simulator; pure, bounded,
// deterministic. Ports are given in order, so two destinations of an address-dependent mapping get different ones.
//   outbound  refreshes the mapping (REQ-6); inbound does not.
//   A packet from inside to the NAT's own external address (hairpin) is the caller's: outbound, then inbound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/time.h"

namespace farline::emulate {

enum class NatMapping : uint8_t { endpoint_independent, address_dependent, address_and_port_dependent };
enum class NatFiltering : uint8_t { endpoint_independent, address_dependent, address_and_port_dependent };

constexpr size_t kNatMappingsMax = 1024;
constexpr size_t kNatPermissionsMax = 64;  // remote endpoints remembered by one mapping

class Nat {
 public:
  struct Options {
    NatMapping mapping = NatMapping::endpoint_independent;
    NatFiltering filtering = NatFiltering::address_and_port_dependent;
    Address external;         // its port is the first that is given out
    Duration timeout = 120s;  // RFC 4787 REQ-5 asks for at least this; the field has 30 s
  };
  explicit Nat(const Options& options);

  // The source address that the world sees. Makes a mapping when there is none; a full table forgets the one that has
  // been idle longest.
  Address outbound(Time now, const Address& inside, const Address& to);
  // Where inside a packet from `from` to `external` goes; nothing: filtered, or no such mapping.
  std::optional<Address> inbound(Time now, const Address& from, const Address& external) const;
  // Forgets every mapping (a restart, a new lease). With `external`, from a new address.
  void rebind(std::optional<Address> external = std::nullopt);

  size_t mappings(Time now) const;

 private:
  struct Permission {
    Address remote;
    Time used{};
  };
  struct Mapping {
    Address inside;
    Address remote;  // the parts that the mapping kind ignores are zero
    uint16_t external_port = 0;
    Time used{};
    std::vector<Permission> permissions;
  };
  bool alive(Time now, Time used) const { return now - used < options_.timeout; }
  Mapping& find_or_make(Time now, const Address& inside, const Address& remote);
  uint16_t take_port();

  Options options_;
  uint16_t next_port_;
  std::vector<Mapping> table_;
};

}  // namespace farline::emulate
