// The ladder: the operating points a call can run at, from the thinnest link to a good one. Each rung is a codec, its
// rate, and how much speech one packet carries; packet time grows as the link thins because headers dominate.
// There is no redundancy yet: the adaptive engine adds it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wire/voice_payload.h"

namespace farline::voice {

// Bytes around a voice payload: packet type 1, relay channel 2, SFrame header 3, tag 8 (docs/PROTOCOL.md).
inline constexpr uint32_t kPacketOverheadBytes = 14;
inline constexpr uint32_t kIpv4UdpBytes = 28;
inline constexpr uint32_t kReportIntervalMs = 2400;  // one report of 4 bytes rides along this often

struct Rung {
  std::string_view name;
  wire::VoiceCodec codec;
  uint32_t codec_bps;       // asked of the codec
  uint16_t ptime_ms;        // speech in one packet
  uint8_t frame_ms;         // speech in one codec frame
  uint16_t frames_bytes;    // of one packet: Codec2 exactly, Opus padded to this
  uint16_t estoi_permille;  // measured quality, no loss: ESTOI over bands to 3.4 kHz

  constexpr size_t frames_per_packet() const { return ptime_ms / frame_ms; }
};

// What a rung costs on the wire in one direction while talking, in bit/s rounded up: headers of the carrier
// (28 IPv4+UDP, 48 IPv6+UDP), encryption, payload and its share of the reports.
constexpr uint32_t wire_bps(const Rung& rung, uint32_t header_bytes) {
  const uint32_t packet_bytes =
      header_bytes + kPacketOverheadBytes + uint32_t{wire::kVoiceHeaderBytes} + rung.frames_bytes;
  const uint32_t report_bps = uint32_t{wire::kVoiceReportBytes} * 8000 / kReportIntervalMs;
  return (packet_bytes * 8000 + rung.ptime_ms - 1) / rung.ptime_ms + report_bps + 1;
}

// Lowest wire rate first; quality rises with it.
std::span<const Rung> ladder();

// Null when there is no rung of that name.
const Rung* find_rung(std::string_view name);

// The best rung whose wire rate fits; the lowest one when none fits.
const Rung& choose_rung(uint32_t max_wire_bps, uint32_t header_bytes);

}  // namespace farline::voice
