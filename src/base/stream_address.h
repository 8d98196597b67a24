// One of the connections by which a stream carrier (TLS) brings datagrams, as an address for the cores, which know no
// other. It is in 100::/16, where nobody is (RFC 6666 has a part of it), so that what leaks of it leads nowhere. What
// is one peer's stays together in one /48.
#pragma once

#include "base/address.h"

namespace farline {

constexpr Address stream_address(const Address& peer, uint32_t number) {
  Address out{{1, 0}, static_cast<uint16_t>(1 + number % 65535)};
  const size_t first = peer.is_v4() ? 12 : 0;
  const size_t count = peer.is_v4() ? 4 : 6;
  for (size_t i = 0; i < count; ++i) {
    uint8_t& byte = out.ip[2 + i % 4];
    byte = static_cast<uint8_t>(byte ^ peer.ip[first + i]);
  }
  for (size_t i = 0; i < 4; ++i) out.ip[12 + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return out;
}

}  // namespace farline
