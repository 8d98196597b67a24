// A transport address as a value: IPv6 or IPv4-mapped, and a port. It has no formatter on purpose (logs carry no
// addresses); host/ converts it to and from text where a person needs it.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace farline {

struct Address {
  std::array<uint8_t, 16> ip{};  // IPv4 as ::ffff:a.b.c.d
  uint16_t port = 0;

  static constexpr Address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, port};
  }
  constexpr bool is_v4() const {
    for (int i = 0; i < 10; ++i)
      if (ip[static_cast<size_t>(i)] != 0) return false;
    return ip[10] == 0xff && ip[11] == 0xff;
  }
  // This machine itself (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
  constexpr bool is_loopback() const {
    return is_v4() ? ip[12] == 127 : ip == std::array<uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  }
  // A connection that carries datagrams (stream_address.h), not somewhere on a network.
  constexpr bool is_stream() const { return ip[0] == 1 && ip[1] == 0; }
  // Around a datagram in one, over IPv4: TCP with time stamps, TLS 1.2 with AES-GCM, its length: 20 + 32 + 29 + 2.
  static constexpr uint32_t kStreamHeaderBytes = 83;
  // A group of receivers (RFC 5771, RFC 4291 section 2.7).
  constexpr bool is_multicast() const { return is_v4() ? (ip[12] & 0xf0) == 224 : ip[0] == 0xff; }
  // Bytes of the IP and UDP headers that carry one datagram to here (RFC 791, 8200, 768; no options).
  constexpr uint32_t header_bytes() const { return is_stream() ? kStreamHeaderBytes : is_v4() ? 28 : 48; }

  // Not <=>, which the arrays of some WebAssembly libraries lack.
  friend bool operator==(const Address&, const Address&) = default;
  friend bool operator<(const Address& a, const Address& b) { return a.ip != b.ip ? a.ip < b.ip : a.port < b.port; }
};

}  // namespace farline
