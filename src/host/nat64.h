// IPv4 addresses inside IPv6 ones, for networks without IPv4 whose NAT64 translates (RFC 6052); and how such a network
// says under which prefix (RFC 7050: the IPv6 addresses of `ipv4only.arpa`).
#pragma once

#include <array>
#include <optional>

#include "base/address.h"

namespace farline::host {

inline constexpr const char* kNat64Name = "ipv4only.arpa";

struct Nat64Prefix {
  std::array<uint8_t, 16> ip{};
  unsigned bits = 96;  // 32, 40, 48, 56, 64 or 96
  friend bool operator==(const Nat64Prefix&, const Nat64Prefix&) = default;
};

// From one of the IPv6 addresses of kNat64Name; nothing: it was not made by a NAT64. Where several lengths fit, the
// longest (RFC 7050 section 3 leaves it open).
std::optional<Nat64Prefix> nat64_prefix_of(const Address& address);

// REQUIRES v4.is_v4(). The same port.
Address synthesize(const Nat64Prefix& prefix, const Address& v4);

}  // namespace farline::host
