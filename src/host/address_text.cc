#include "host/address_text.h"

#include <charconv>
#include <memory>

#include "host/loop.h"
#include "host/socket_address.h"
#include "host/uv_support.h"

namespace farline::host {
namespace {

// The longest DNS name (RFC 1035, section 2.3.4).
constexpr size_t kNameCharsMax = 253;

Result<Address> look_up(const std::string& name, uint16_t port) {
  Loop loop;
  uv_getaddrinfo_t request{};
  const addrinfo hints = datagram_hints();
  if (uv_getaddrinfo(loop.uv(), &request, nullptr, name.c_str(), nullptr, &hints) != 0)
    return Error{Errc::not_found, "the host name is not known; check it and the network's DNS"};
  const std::unique_ptr<addrinfo, decltype(&uv_freeaddrinfo)> found(request.addrinfo, uv_freeaddrinfo);
  if (const auto address = first_address(found.get(), port)) return *address;
  return Error{Errc::not_found, "the host name has no IP address"};
}

}  // namespace

Result<HostAndPort> split_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return Error{Errc::malformed, "an address is HOST:PORT, for example 192.0.2.1:3478"};
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failed != std::errc{} || end != digits.data() + digits.size())
    return Error{Errc::malformed, "the port after the last ':' must be a number from 0 to 65535"};
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool is_v6 = host.find(':') != host.npos;
  if (is_v6 && !bracketed) return Error{Errc::malformed, "write an IPv6 address in brackets: [2001:db8::1]:3478"};
  if (bracketed && !is_v6) return Error{Errc::malformed, "what is in the brackets is not an IPv6 address"};
  return HostAndPort{std::string(host), port};
}

std::optional<Address> address_of_digits(const HostAndPort& where) {
  Address v4 = Address::v4(0, 0, 0, 0, where.port), v6{{}, where.port};
  if (uv_inet_pton(AF_INET, where.host.c_str(), &v4.ip[12]) == 0) return v4;
  if (uv_inet_pton(AF_INET6, where.host.c_str(), v6.ip.data()) == 0) return v6;
  return std::nullopt;
}

Result<Address> resolve(const HostAndPort& where) {
  const auto& [host, port] = where;
  if (host.empty() || host == "*") return Address{{}, port};
  if (host.size() > kNameCharsMax || host.find('\0') != host.npos) return Error{Errc::malformed, "not a host name"};
  if (const auto address = address_of_digits(where)) return *address;
  if (host.find(':') != host.npos) return Error{Errc::malformed, "not an IPv6 address"};
  return look_up(host, port);
}

Result<Address> parse_address(std::string_view text) {
  const auto where = split_address(text);
  if (!where) return where.error();
  return resolve(*where);
}

std::string to_text(const HostAndPort& where) {
  const bool is_v6 = where.host.find(':') != where.host.npos;
  return (is_v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

std::string to_text(const Address& address) {
  char name[INET6_ADDRSTRLEN] = "";
  std::string out;
  if (address.is_v4()) {
    INVARIANT(uv_inet_ntop(AF_INET, &address.ip[12], name, sizeof name) == 0);
    out = name;
  } else {
    INVARIANT(uv_inet_ntop(AF_INET6, address.ip.data(), name, sizeof name) == 0);
    out = std::string("[") + name + "]";
  }
  return out + ":" + std::to_string(address.port);
}

}  // namespace farline::host
