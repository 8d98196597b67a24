// Datagram types and the headers in front of sealed bytes (docs/PROTOCOL.md section 1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace farline::wire {

enum class PacketType : uint8_t {
  handshake_initiation = 0x01,
  handshake_response = 0x02,
  cookie_reply = 0x03,
  handshake_initiation_cookie = 0x04,
  busy = 0x05,
  control_short = 0x10,  // 0x11 with key phase 1
  control_long = 0x12,   // 0x13 with key phase 1
  keepalive = 0x14,
  keepalive_wanted = 0x15,
  keepalive_answer = 0x16,
  keepalive_moved = 0x17,
  patience_question = 0x18,
  patience_answer = 0x19,
  media = 0x20,
};

// The kind of a datagram with its key phase taken off; nothing for unknown types and empty datagrams.
std::optional<PacketType> packet_type(Bytes datagram);
// Late, such a datagram is of no use to anybody.
inline bool is_media(Bytes datagram) {
  return packet_type(datagram) == PacketType::media;
}

inline constexpr size_t kControlShortHeader = 3;
inline constexpr size_t kControlLongHeader = 12;
inline constexpr size_t kKeepaliveBytes = 13;
inline constexpr size_t kPatienceQuestionBytes = 14;  // a keepalive with one byte more
inline constexpr size_t kMediaHeader = 3;
inline constexpr size_t kMediaBytesMin = 13;  // SFrame header and tag

using SessionIndex = uint32_t;  // 24 bits, never 0
inline constexpr SessionIndex kSessionIndexMax = 0xffffff;

struct ControlHeader {
  bool is_long = false;
  bool key_phase = false;
  SessionIndex receiver = 0;  // long only
  uint64_t counter = 0;       // short: only the low 16 bits are on the wire
  size_t size() const { return is_long ? kControlLongHeader : kControlShortHeader; }
};

void encode_control_header(const ControlHeader& header, Writer& out);
// Reads the header of a datagram whose packet_type is control_short or control_long; `sealed` is what follows.
Result<ControlHeader> decode_control_header(Bytes datagram, Bytes& sealed);

inline constexpr uint16_t kDirectChannel = 0;  // between devices, without a relay; a node never gives it
struct MediaHeader {
  uint16_t channel = 0;
};
void encode_media_header(MediaHeader header, Writer& out);
Result<MediaHeader> decode_media_header(Bytes datagram, Bytes& sframe);

// The 64-bit counter whose low `bits` bits are `low` and that is nearest to `highest` + 1.
uint64_t rebuild_counter(uint64_t highest, uint64_t low, unsigned bits);

}  // namespace farline::wire
