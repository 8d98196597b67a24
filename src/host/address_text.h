// Addresses as people write them: 192.0.2.1:3478, [2001:db8::1]:3478, relay.example.org:3478. For options, invitations
// and output a person asked for; never for logs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"

namespace farline::host {

struct HostAndPort {
  std::string host;  // without brackets
  uint16_t port = 0;
  friend bool operator==(const HostAndPort&, const HostAndPort&) = default;
};
// HOST:PORT with an IPv6 address in brackets. What is not an address is not looked at: it may be a name.
Result<HostAndPort> split_address(std::string_view text);

// Of a host that is no name.
std::optional<Address> address_of_digits(const HostAndPort& where);

// A name is looked up in DNS and blocks until that answers, so call it before the loop runs. "*" and "" are the
// unspecified address of both families.
Result<Address> resolve(const HostAndPort& where);

Result<Address> parse_address(std::string_view text);  // both

std::string to_text(const Address& address);
std::string to_text(const HostAndPort& where);

}  // namespace farline::host
