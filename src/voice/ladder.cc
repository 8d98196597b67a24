#include "voice/ladder.h"

#include <algorithm>

namespace farline::voice {
namespace {

using enum wire::VoiceCodec;
constexpr std::nullopt_t none = std::nullopt;

using Quality = std::array<uint16_t, 3>;

constexpr Rung make_rung(std::string_view name, wire::VoiceCodec codec, Quality quality) {
  return {.name = name,
          .codec = codec,
          .codec_bps = 0,
          .ptime_ms = 0,
          .frame_ms = 40,
          .frames_bytes = 0,
          .copy = none,
          .copy_offset = uint8_t{1},
          .quality_permille = quality};
}

struct Codec2Packet {
  wire::VoiceCodec codec;
  uint16_t ptime_ms;
  std::optional<wire::VoiceCodec> copy;
};
constexpr Rung codec2(std::string_view name, const Codec2Packet& packet, const Quality& quality) {
  const wire::Codec2Frame frame = wire::codec2_frame(packet.codec);
  Rung rung = make_rung(name, packet.codec, quality);
  rung.frame_ms = static_cast<uint8_t>(frame.units * wire::kVoiceUnitMs);
  rung.codec_bps = frame.bits * 1000U / rung.frame_ms;
  rung.ptime_ms = packet.ptime_ms;
  rung.frames_bytes = static_cast<uint16_t>(wire::codec2_bytes(packet.codec, rung.frames_per_packet()));
  rung.copy = packet.copy;
  return rung;
}

struct OpusPacket {
  wire::VoiceCodec codec;
  uint32_t bps;  // asked
  uint16_t ptime_ms;
  uint16_t frames_bytes;
  std::optional<wire::VoiceCodec> copy;
};
constexpr Rung opus(std::string_view name, const OpusPacket& packet, const Quality& quality) {
  Rung rung = make_rung(name, packet.codec, quality);
  rung.codec_bps = packet.bps;
  rung.ptime_ms = packet.ptime_ms;
  rung.frames_bytes = packet.frames_bytes;
  rung.copy = packet.copy;
  return rung;
}

// Quality is ESTOI times 1000, the mean of that over bands to 3.4 kHz and to 6.8 kHz, because the former alone does not
// hear what wideband adds. Packet times keep the delay of capture and packet at 500 ms or less, at 160 ms from 12
// kbit/s; a copy costs the listener that much again, once a packet is lost. Between Codec2 3200 and 6 kbit/s on the
// wire nothing is better than Codec2; its modes 1300, 1400 and 1600 sound no better than 1200. Copies are 700C: one
// frame to warm up is enough for its decoder (ESTOI .65, .69 where it never stops), while 1200 predicts pitch and
// energy from frame to frame and needs half a second (.41, .78). Only speech that is 1200 itself, whose decoder has the
// state, has copies in 1200.
constexpr std::array kLadder = {
    //   name             codec, [bit/s asked,] packet time, [bytes of frames,] copy; quality at a loss of 0, 5, 15 %
    codec2("codec2-700c", {codec2_700c, 480, none}, {588, 558, 498}),
    codec2("codec2-1200", {codec2_1200, 400, none}, {667, 626, 550}),
    codec2("codec2-2400", {codec2_2400, 480, none}, {704, 657, 560}),
    codec2("codec2-1200+1200", {codec2_1200, 240, codec2_1200}, {667, 662, 633}),
    codec2("codec2-3200", {codec2_3200, 240, none}, {743, 707, 624}),
    codec2("codec2-3200+700c", {codec2_3200, 240, codec2_700c}, {743, 730, 690}),
    opus("opus-6k", {opus_nb, 5600, 480, 332, none}, {790, 739, 645}),
    opus("opus-8k+700c", {opus_nb, 5600, 240, 167, codec2_700c}, {800, 783, 740}),
    opus("opus-8k", {opus_nb, 7250, 480, 434, none}, {851, 799, 698}),
    opus("opus-10k+700c", {opus_nb, 7700, 240, 227, codec2_700c}, {860, 840, 792}),
    opus("opus-10k", {opus_wb, 9250, 480, 554, none}, {927, 868, 760}),
    opus("opus-12k+700c", {opus_wb, 8900, 160, 174, codec2_700c}, {915, 880, 815}),
    opus("opus-12k", {opus_wb, 9750, 160, 194, none}, {938, 886, 780}),
    opus("opus-16k+700c", {opus_wb, 10300, 80, 101, codec2_700c}, {945, 912, 849}),
    opus("opus-16k", {opus_wb, 13750, 160, 274, none}, {969, 917, 806}),
    opus("opus-20k+700c", {opus_wb, 14500, 80, 141, codec2_700c}, {970, 938, 869}),
    opus("opus-20k", {opus_wb, 17750, 160, 354, none}, {981, 929, 815}),
    opus("opus-24k+700c", {opus_wb, 18700, 80, 181, codec2_700c}, {979, 945, 880}),
    opus("opus-24k", {opus_wb, 21750, 160, 434, none}, {988, 935, 822}),
    opus("opus-32k+700c", {opus_wb, 27000, 80, 261, codec2_700c}, {990, 955, 888}),
    opus("opus-32k", {opus_wb, 27500, 80, 274, none}, {992, 942, 841}),
    opus("opus-48k+700c", {opus_wb, 43000, 80, 421, codec2_700c}, {996, 958, 892}),
    opus("opus-48k", {opus_wb, 43500, 80, 434, none}, {997, 945, 844}),
};

}  // namespace

double quality_permille(const Rung& rung, double loss) {
  const auto& quality = rung.quality_permille;
  for (size_t i = 1; i < quality.size(); ++i) {
    if (loss >= kQualityLosses[i]) continue;
    const double part = (loss - kQualityLosses[i - 1]) / (kQualityLosses[i] - kQualityLosses[i - 1]);
    return quality[i - 1] + std::max(0.0, part) * (quality[i] - quality[i - 1]);
  }
  return quality.back();
}

std::span<const Rung> ladder() {
  return kLadder;
}

const Rung* find_rung(std::string_view name) {
  for (const Rung& rung : kLadder)
    if (rung.name == name) return &rung;
  return nullptr;
}

const Rung& choose_rung(uint32_t max_wire_bps, uint32_t header_bytes, double loss) {
  const Rung* best = &kLadder[0];
  for (const Rung& rung : kLadder) {
    if (wire_bps(rung, header_bytes) > max_wire_bps) continue;
    if (quality_permille(rung, loss) > quality_permille(*best, loss)) best = &rung;
  }
  return *best;
}

}  // namespace farline::voice
