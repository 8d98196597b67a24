// The ladder: the operating points a call can run at, from the thinnest link to a good one. Each rung is a codec, its
// rate, how much speech one packet carries (packet time grows as the link thins because headers dominate), and whether
// packets carry a Codec2 copy of earlier speech to make up for lost ones. Each has its cost on the wire and its quality
// as measured at three losses.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "wire/voice_payload.h"

namespace farline::voice {

// Bytes around a voice payload: packet type 1, relay channel 2, SFrame header 3, tag 8 (docs/PROTOCOL.md).
inline constexpr uint32_t kPacketOverheadBytes = 14;
inline constexpr uint32_t kIpv4UdpBytes = 28;
inline constexpr uint32_t kReportIntervalMs = 2400;  // one report of 4 bytes rides along this often
inline constexpr unsigned kCopyFrameMs = 40;         // 700C and 1200

struct Rung {
  std::string_view name;
  wire::VoiceCodec codec;
  uint32_t codec_bps;                        // asked of the codec
  uint16_t ptime_ms;                         // speech in one packet
  uint8_t frame_ms;                          // speech in one codec frame
  uint16_t frames_bytes;                     // of one packet: Codec2 exactly, Opus padded to this
  std::optional<wire::VoiceCodec> copy;      // of an earlier packet, rides in each
  std::array<uint16_t, 3> quality_permille;  // at kQualityLosses, see ladder.cc

  constexpr size_t frames_per_packet() const { return ptime_ms / frame_ms; }
  // Of the copy in one packet: its header, the packet's speech, one frame before it to warm up the decoder.
  constexpr size_t copy_bytes() const {
    return copy ? wire::kVoiceCopyHeaderBytes + wire::codec2_bytes(*copy, ptime_ms / kCopyFrameMs + 1U) : 0;
  }
};
inline constexpr std::array<double, 3> kQualityLosses = {0, 0.05, 0.15};

// What a rung costs on the wire in one direction while talking, in bit/s rounded up: headers of the carrier
// (28 IPv4+UDP, 48 IPv6+UDP), encryption, payload and its share of the reports.
constexpr uint32_t wire_bps(const Rung& rung, uint32_t header_bytes) {
  const uint32_t payload_bytes = static_cast<uint32_t>(wire::kVoiceHeaderBytes + rung.frames_bytes + rung.copy_bytes());
  const uint32_t packet_bytes = header_bytes + kPacketOverheadBytes + payload_bytes;
  const uint32_t report_bps = uint32_t{wire::kVoiceReportBytes} * 8000 / kReportIntervalMs;
  return (packet_bytes * 8000 + rung.ptime_ms - 1) / rung.ptime_ms + report_bps + 1;
}

// Quality at that loss (0 to 1), between the measured ones by straight lines; beyond the last as there.
double quality_permille(const Rung& rung, double loss);

// Lowest wire rate on IPv4 first.
std::span<const Rung> ladder();

// Null when there is no rung of that name.
const Rung* find_rung(std::string_view name);

// The rung of the best quality at that loss among those whose wire rate fits; the lowest one when none fits.
const Rung& choose_rung(uint32_t max_wire_bps, uint32_t header_bytes, double loss = 0);

}  // namespace farline::voice
