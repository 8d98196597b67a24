#include "host/network_address.h"

#include <span>

#include "host/socket_address.h"

namespace farline::host {
namespace {

bool is_link_local(const Address& address) {
  if (address.is_v4()) return address.ip[12] == 169 && address.ip[13] == 254;  // RFC 3927
  return address.ip[0] == 0xfe && (address.ip[1] & 0xc0) == 0x80;              // RFC 4291 section 2.5.6
}

}  // namespace

std::vector<Address> network_addresses() {
  uv_interface_address_t* list = nullptr;
  int count = 0;
  if (uv_interface_addresses(&list, &count) != 0) return {};
  std::vector<Address> out;
  for (const uv_interface_address_t& each : std::span(list, static_cast<size_t>(count))) {
    if (each.is_internal != 0) continue;
    out.push_back(from_sockaddr(reinterpret_cast<const sockaddr*>(&each.address)));
    out.back().port = 0;
  }
  uv_free_interface_addresses(list, count);
  return out;
}

std::optional<Address> first_network_address() {
  std::optional<Address> best;
  for (const Address& address : network_addresses()) {
    if (is_link_local(address)) continue;
    if (!best || (address.is_v4() && !best->is_v4())) best = address;
  }
  return best;
}

}  // namespace farline::host
