// Short names of devices and certificates (docs/PROTOCOL.md, Roles): the first 8 bytes of a SHA-256.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.h"

namespace farline::wire {

// Of a device's X25519 public key.
struct DeviceId {
  std::array<uint8_t, 8> bytes{};
  friend auto operator<=>(const DeviceId&, const DeviceId&) = default;
};

// Of an encoded certificate.
struct CertificateHash {
  std::array<uint8_t, 8> bytes{};
  friend auto operator<=>(const CertificateHash&, const CertificateHash&) = default;
};

}  // namespace farline::wire
