#include "host/nat64.h"

#include "base/bytes.h"

namespace farline::host {
namespace {

constexpr std::array kNat64Lengths = {96u, 64u, 56u, 48u, 40u, 32u};  // RFC 6052 section 2.2
constexpr size_t kReservedByte = 8;                                   // bits 64 to 71 are zero
constexpr std::array<Address, 2> kWellKnown = {Address::v4(192, 0, 0, 170, 0), Address::v4(192, 0, 0, 171, 0)};

}  // namespace

Address synthesize(const Nat64Prefix& prefix, const Address& v4) {
  INVARIANT(v4.is_v4());
  Address out{prefix.ip, v4.port};
  size_t at = prefix.bits / 8;
  for (size_t i = 12; i < 16; ++i) {
    if (at == kReservedByte) ++at;
    out.ip[at++] = v4.ip[i];
  }
  return out;
}

std::optional<Nat64Prefix> nat64_prefix_of(const Address& address) {
  if (address.is_v4()) return std::nullopt;
  for (const unsigned bits : kNat64Lengths) {
    Nat64Prefix prefix{.bits = bits};
    std::ranges::copy(Bytes(address.ip).first(bits / 8), prefix.ip.begin());
    for (const Address& known : kWellKnown)
      if (synthesize(prefix, known).ip == address.ip) return prefix;
  }
  return std::nullopt;
}

}  // namespace farline::host
