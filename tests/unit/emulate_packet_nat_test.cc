#include <doctest/doctest.h>

#include <initializer_list>

#include "emulate/packet_nat.h"

using namespace farline;
using namespace farline::emulate;

namespace {

constexpr Time kNow{std::chrono::hours(1)};
constexpr Address kInside = Address::v4(192, 168, 0, 2, 5'000);
constexpr Address kNode = Address::v4(10, 99, 0, 1, 4'747);
constexpr Address kExternal = Address::v4(10, 77, 0, 1, 40'000);

// RFC 1071 over these bytes; 0 where they hold a right checksum.
uint16_t checksum(std::initializer_list<Bytes> parts) {
  uint32_t sum = 0;
  for (const Bytes part : parts)
    for (size_t i = 0; i < part.size(); ++i) sum += i % 2 == 0 ? uint32_t{part[i]} << 8 : part[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

std::array<uint8_t, 12> pseudo_header(Bytes packet) {
  std::array<uint8_t, 12> out{};
  std::ranges::copy(packet.subspan(12, 8), out.begin());
  out[9] = 17;
  out[11] = static_cast<uint8_t>(packet.size() - 20);
  return out;
}

ByteVector make_packet(const Address& from, const Address& to, uint8_t filler, bool with_checksum = true) {
  ByteVector packet(28 + 7, filler);
  Writer w(packet);
  w.u16(0x4500);
  w.u16(35);
  w.u32(0xabcd4000);  // id; do not fragment
  w.u32(0x40110000);  // 64 hops, UDP, checksum
  for (const Address& a : {from, to}) w.bytes(Bytes(a.ip).subspan(12));
  w.u16(from.port);
  w.u16(to.port);
  w.u32(15u << 16);
  const uint16_t ip_sum = checksum({Bytes(packet).first(20)});
  Writer(MutableBytes(packet).subspan(10)).u16(ip_sum);
  const uint16_t udp_sum = checksum({pseudo_header(packet), Bytes(packet).subspan(20)});
  if (with_checksum) Writer(MutableBytes(packet).subspan(26)).u16(udp_sum);
  return packet;
}

PacketNat make_nat() {
  return PacketNat({.mapping = NatMapping::endpoint_independent,
                    .filtering = NatFiltering::address_and_port_dependent,
                    .external = kExternal});
}

}  // namespace

TEST_CASE("a packet goes out from the NAT's address and its answer comes in, checksums right") {
  for (unsigned filler = 0; filler < 256; ++filler) {  // all carries of the sums
    PacketNat nat = make_nat();
    ByteVector packet = make_packet(kInside, kNode, static_cast<uint8_t>(filler));
    REQUIRE(nat.outbound(kNow, packet));
    CHECK_EQ(to_hex(packet), to_hex(make_packet(kExternal, kNode, static_cast<uint8_t>(filler))));
    ByteVector answer = make_packet(kNode, kExternal, static_cast<uint8_t>(filler));
    REQUIRE(nat.inbound(kNow, answer));
    CHECK_EQ(to_hex(answer), to_hex(make_packet(kNode, kInside, static_cast<uint8_t>(filler))));
  }
}

TEST_CASE("no UDP checksum stays none") {
  PacketNat nat = make_nat();
  ByteVector packet = make_packet(kInside, kNode, 1, false);
  REQUIRE(nat.outbound(kNow, packet));
  CHECK_EQ(to_hex(packet), to_hex(make_packet(kExternal, kNode, 1, false)));
}

TEST_CASE("what is not asked for, not UDP, a fragment or cut does not pass, and is not touched") {
  PacketNat nat = make_nat();
  const ByteVector good = make_packet(kInside, kNode, 7);
  const ByteVector unasked = make_packet(kNode, kExternal, 7);
  ByteVector packet = unasked;
  CHECK_FALSE(nat.inbound(kNow, packet));
  CHECK_EQ(packet, unasked);
  for (const auto& [offset, value] : {std::pair<size_t, uint8_t>{0, 0x65}, {0, 0x46}, {6, 0x20}, {7, 1}, {9, 6}}) {
    packet = good;
    packet[offset] = value;
    const ByteVector before = packet;
    CHECK_FALSE(nat.outbound(kNow, packet));
    CHECK_EQ(packet, before);
  }
  for (size_t size = 0; size < 28; ++size)
    CHECK_FALSE(nat.outbound(kNow, packet = {good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}));
  CHECK(nat.outbound(kNow, packet = good));
  CHECK(nat.inbound(kNow, packet = unasked));
}
