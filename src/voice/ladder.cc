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
// hear what wideband adds. The former was measured with tests/bench/voice_quality, through sender and receiver with
// random loss: the mean of 12 prompts of 4 to 9 s (Debian's asterisk-core-sounds-en-wav) and, with loss, two seeds.
// Those have no sound above 4 kHz, so the mean of both is that times what a study with wideband speech found: .954 for
// Codec2, .926 for Opus of 8 kHz, .998 for Opus of 16 kHz. The study's speech (many voices, four languages) suits
// Codec2 less (3200 .78 where the prompts give .85; Opus agrees), so its figures are half-way: .957 of what the prompts
// give.
//
// Packet times keep the delay of capture and packet at 500 ms or less, at 160 ms from 12 kbit/s; a copy costs the
// listener that much again, once packets are lost. Between Codec2 3200 and 6 kbit/s on the wire nothing is better than
// Codec2; its modes 1300, 1400 and 1600 sound no better than 1200. Copies are 700C: one frame to warm up is enough for
// its decoder (ESTOI .65, .69 where it never stops), while 1200 predicts pitch and energy from frame to frame and needs
// half a second (.41, .78). Only speech that is 1200 itself, whose decoder has the state, has copies in 1200. Above 24
// kbit/s a copy of 700C adds nothing; sending packets twice would.
constexpr std::array kLadder = {
    //   name             codec, [bit/s asked,] packet time, [bytes of frames,] copy; quality at a loss of 0, 5, 15 %
    codec2("codec2-700c", {codec2_700c, 480, none}, {628, 581, 530}),
    codec2("codec2-1200", {codec2_1200, 400, none}, {701, 661, 540}),
    codec2("codec2-2400", {codec2_2400, 480, none}, {728, 655, 575}),
    codec2("codec2-1200+1200", {codec2_1200, 240, codec2_1200}, {700, 700, 683}),
    codec2("codec2-3200", {codec2_3200, 240, none}, {775, 739, 638}),
    codec2("codec2-3200+700c", {codec2_3200, 240, codec2_700c}, {776, 761, 711}),
    opus("opus-6k", {opus_nb, 5600, 480, 332, none}, {803, 736, 662}),
    opus("opus-8k+700c", {opus_nb, 5600, 240, 167, codec2_700c}, {800, 784, 737}),
    opus("opus-8k", {opus_nb, 7250, 480, 434, none}, {866, 794, 716}),
    opus("opus-10k+700c", {opus_nb, 7700, 240, 227, codec2_700c}, {870, 849, 790}),
    opus("opus-10k", {opus_wb, 9250, 480, 554, none}, {910, 832, 749}),
    opus("opus-12k+700c", {opus_wb, 8900, 160, 174, codec2_700c}, {893, 877, 823}),
    opus("opus-12k", {opus_wb, 9750, 160, 194, none}, {921, 886, 784}),
    opus("opus-16k+700c", {opus_wb, 13050, 160, 254, codec2_700c}, {961, 942, 879}),
    opus("opus-16k", {opus_wb, 13750, 160, 274, none}, {967, 930, 825}),
    opus("opus-20k+700c", {opus_wb, 16400, 120, 238, codec2_700c}, {978, 950, 884}),
    opus("opus-20k", {opus_wb, 17750, 160, 354, none}, {985, 947, 839}),
    opus("opus-24k+700c", {opus_wb, 20600, 120, 298, codec2_700c}, {989, 960, 893}),
    opus("opus-24k", {opus_wb, 21750, 160, 434, none}, {991, 954, 846}),
    opus("opus-32k", {opus_wb, 27500, 80, 274, none}, {994, 940, 843}),
    opus("opus-48k", {opus_wb, 43500, 80, 434, none}, {996, 942, 846}),
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
