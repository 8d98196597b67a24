#include "emulate/packet_nat.h"

namespace farline::emulate {
namespace {

// Offsets in a packet (RFC 791 section 3.1, RFC 768).
constexpr size_t kIpChecksum = 10;
constexpr size_t kSource = 12;
constexpr size_t kDestination = 16;
constexpr size_t kSourcePort = 20;
constexpr size_t kDestinationPort = 22;
constexpr size_t kUdpChecksum = 26;
constexpr size_t kHeaders = 28;

uint16_t u16_at(Bytes packet, size_t offset) {
  return static_cast<uint16_t>(packet[offset] << 8 | packet[offset + 1]);
}

void put_u16(MutableBytes packet, size_t offset, uint16_t value) {
  packet[offset] = static_cast<uint8_t>(value >> 8);
  packet[offset + 1] = static_cast<uint8_t>(value);
}

bool is_plain_udp(Bytes packet) {
  constexpr uint8_t kVersionAndLength = 0x45;
  constexpr uint16_t kFragmentBits = 0x3fff;
  constexpr uint8_t kUdp = 17;
  return packet.size() >= kHeaders && packet[0] == kVersionAndLength && (u16_at(packet, 6) & kFragmentBits) == 0 &&
         packet[9] == kUdp;
}

// RFC 1624 equation 3: HC' = ~(~HC + ~m + m').
void update(MutableBytes packet, size_t checksum, uint16_t before, uint16_t after) {
  uint32_t sum = static_cast<uint16_t>(~u16_at(packet, checksum)) + static_cast<uint16_t>(~before) + uint32_t{after};
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  put_u16(packet, checksum, static_cast<uint16_t>(~sum));
}

Address address_at(Bytes packet, size_t ip, size_t port) {
  return Address::v4(packet[ip], packet[ip + 1], packet[ip + 2], packet[ip + 3], u16_at(packet, port));
}

void put_address(MutableBytes packet, size_t ip, size_t port, const Address& address) {
  const bool has_udp_checksum = u16_at(packet, kUdpChecksum) != 0;
  const auto put = [&](size_t offset, uint16_t value, bool is_in_ip_header) {
    const uint16_t before = u16_at(packet, offset);
    put_u16(packet, offset, value);
    if (is_in_ip_header) update(packet, kIpChecksum, before, value);
    if (has_udp_checksum) update(packet, kUdpChecksum, before, value);
  };
  put(ip, u16_at(address.ip, 12), true);
  put(ip + 2, u16_at(address.ip, 14), true);
  put(port, address.port, false);
  if (has_udp_checksum && u16_at(packet, kUdpChecksum) == 0) put_u16(packet, kUdpChecksum, 0xffff);
}

}  // namespace

bool PacketNat::outbound(Time now, MutableBytes packet) {
  if (!is_plain_udp(packet)) return false;
  const Address to = address_at(packet, kDestination, kDestinationPort);
  put_address(packet, kSource, kSourcePort, nat_.outbound(now, address_at(packet, kSource, kSourcePort), to));
  return true;
}

bool PacketNat::inbound(Time now, MutableBytes packet) {
  if (!is_plain_udp(packet)) return false;
  const Address external = address_at(packet, kDestination, kDestinationPort);
  const auto inside = nat_.inbound(now, address_at(packet, kSource, kSourcePort), external);
  if (inside) put_address(packet, kDestination, kDestinationPort, *inside);
  return inside.has_value();
}

}  // namespace farline::emulate
