// Address from and to the operating system's sockaddr; only .cc files of host/ include it.
#pragma once

#include <uv.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"

namespace farline::host {

// The zero Address for a family other than IPv4 and IPv6.
inline Address from_sockaddr(const sockaddr* from) {
  Address out;
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, from, sizeof v6);
    std::memcpy(out.ip.data(), &v6.sin6_addr, out.ip.size());
    out.port = ntohs(v6.sin6_port);
  } else if (from->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, from, sizeof v4);
    out = Address::v4(0, 0, 0, 0, ntohs(v4.sin_port));
    std::memcpy(&out.ip[12], &v4.sin_addr, 4);
  }
  return out;
}

// An AF_INET6 socket takes IPv4 as ::ffff:a.b.c.d; an AF_INET one takes nothing but IPv4.
inline sockaddr_storage to_sockaddr(const Address& address, bool v6_socket) {
  sockaddr_storage out{};
  if (v6_socket) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, address.ip.data(), address.ip.size());
    std::memcpy(&out, &v6, sizeof v6);
  } else {
    INVARIANT(address.is_v4());
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, &address.ip[12], 4);
    std::memcpy(&out, &v4, sizeof v4);
  }
  return out;
}

// What is asked of DNS.
inline addrinfo datagram_hints() {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  return hints;
}

// The resolver has sorted them (RFC 6724). At most kAddressesOfNameMax.
constexpr size_t kAddressesOfNameMax = 8;
inline std::vector<Address> all_addresses(const addrinfo* found, uint16_t port) {
  std::vector<Address> out;
  for (const addrinfo* each = found; each != nullptr && out.size() < kAddressesOfNameMax; each = each->ai_next) {
    Address address = from_sockaddr(each->ai_addr);
    address.port = port;
    if (address.ip != Address{}.ip && std::ranges::count(out, address) == 0) out.push_back(address);
  }
  return out;
}

// The first one that can be used is the best.
inline std::optional<Address> first_address(const addrinfo* found, uint16_t port) {
  const std::vector<Address> all = all_addresses(found, port);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

}  // namespace farline::host
