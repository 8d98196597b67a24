#include "wire/packet.h"

namespace farline::wire {

std::optional<PacketType> packet_type(Bytes datagram) {
  if (datagram.empty()) return std::nullopt;
  switch (datagram[0]) {
    case 0x11: return PacketType::control_short;
    case 0x13: return PacketType::control_long;
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
    case 0x10:
    case 0x12:
    case 0x14:
    case 0x15:
    case 0x16:
    case 0x17:
    case 0x18:
    case 0x19:
    case 0x20: return static_cast<PacketType>(datagram[0]);
    default: return std::nullopt;
  }
}

void encode_control_header(const ControlHeader& header, Writer& out) {
  const auto type = header.is_long ? PacketType::control_long : PacketType::control_short;
  out.u8(static_cast<uint8_t>(static_cast<uint8_t>(type) | (header.key_phase ? 1 : 0)));
  if (header.is_long) {
    out.u24(header.receiver);
    out.u64(header.counter);
  } else {
    out.u16(static_cast<uint16_t>(header.counter));
  }
}

Result<ControlHeader> decode_control_header(Bytes datagram, Bytes& sealed) {
  Reader r(datagram);
  const uint8_t type = r.u8();
  ControlHeader header{.is_long = (type & 2) != 0, .key_phase = (type & 1) != 0};
  if (header.is_long) {
    header.receiver = r.u24();
    header.counter = r.u64();
  } else {
    header.counter = r.u16();
  }
  if (!r.ok()) return Error{Errc::truncated, "control record ends in its header"};
  sealed = r.rest();
  return header;
}

void encode_media_header(MediaHeader header, Writer& out) {
  out.u8(static_cast<uint8_t>(PacketType::media));
  out.u16(header.channel);
}

Result<MediaHeader> decode_media_header(Bytes datagram, Bytes& sframe) {
  Reader r(datagram);
  r.u8();
  const MediaHeader header{.channel = r.u16()};
  if (!r.ok()) return Error{Errc::truncated, "media packet ends in its header"};
  sframe = r.rest();
  return header;
}

uint64_t rebuild_counter(uint64_t highest, uint64_t low, unsigned bits) {
  const uint64_t span = uint64_t{1} << bits;
  const uint64_t expected = highest + 1;
  uint64_t candidate = (expected & ~(span - 1)) | (low & (span - 1));
  if (candidate + span / 2 < expected) candidate += span;
  else if (candidate > expected + span / 2 && candidate >= span) candidate -= span;
  return candidate;
}

}  // namespace farline::wire
