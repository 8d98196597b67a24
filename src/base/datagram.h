// One UDP payload, inline: the packet path never allocates. 1280 is IPv6's minimum MTU; what we send stays below
// wire::kDatagramBytesMax.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"

namespace farline {

struct Datagram {
  std::array<uint8_t, 1280> data;
  uint16_t size = 0;

  Bytes bytes() const { return Bytes(data).first(size); }
  MutableBytes buffer() { return data; }
  void assign(Bytes from) {
    INVARIANT(from.size() <= data.size());
    std::ranges::copy(from, data.begin());
    size = static_cast<uint16_t>(from.size());
  }
};

struct Transmit {
  Address to;
  Datagram datagram;
  bool spare = false;  // from a second socket, with a port of its own; what comes back there is taken like the rest
};

}  // namespace farline
