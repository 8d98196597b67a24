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
  friend bool operator==(const DeviceId&, const DeviceId&) = default;
  friend bool operator<(const DeviceId& a, const DeviceId& b) { return a.bytes < b.bytes; }
};

// Of an encoded certificate.
struct CertificateHash {
  std::array<uint8_t, 8> bytes{};
  friend bool operator==(const CertificateHash&, const CertificateHash&) = default;
  friend bool operator<(const CertificateHash& a, const CertificateHash& b) { return a.bytes < b.bytes; }
};

}  // namespace farline::wire
