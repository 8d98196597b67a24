// Address from and to the operating system's sockaddr; only .cc files of host/ include it.
#pragma once

#include <uv.h>

#include <cstring>

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

}  // namespace farline::host
