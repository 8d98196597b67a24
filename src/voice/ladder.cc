#include "voice/ladder.h"

#include <algorithm>

namespace farline::voice {
namespace {

using enum wire::VoiceCodec;
constexpr std::nullopt_t none = std::nullopt;

// Bytes of the frames of one packet: exact for Codec2.
constexpr uint16_t frames_bytes(wire::VoiceCodec codec, unsigned ptime_ms) {
  return static_cast<uint16_t>(
      wire::codec2_bytes(codec, ptime_ms / (wire::codec2_frame(codec).units * wire::kVoiceUnitMs)));
}

// Quality is ESTOI times 1000, the mean of that over bands to 3.4 kHz and to 6.8 kHz, because the former alone does not
// hear what wideband adds. Packet times keep the delay of capture and packet at 500 ms or less, at 160 ms from 12
// kbit/s; a copy costs the listener that much again, once a packet is lost. Between Codec2 3200 and 6 kbit/s on the
// wire nothing is better than Codec2; its modes 1300, 1400 and 1600 sound no better than 1200.
constexpr std::array kLadder = {
    //    name               codec        asked  ptime frame bytes of frames             copy      quality at loss of
    //                                                                                             0 %  5 %  15 %
    Rung{"codec2-700c", codec2_700c, 700, 480, 40, frames_bytes(codec2_700c, 480), none, 0, {588, 558, 498}},
    Rung{"codec2-1200", codec2_1200, 1200, 400, 40, frames_bytes(codec2_1200, 400), none, 0, {667, 626, 550}},
    Rung{"codec2-2400", codec2_2400, 2400, 480, 20, frames_bytes(codec2_2400, 480), none, 0, {704, 657, 560}},
    Rung{"codec2-1200+700c",
         codec2_1200,
         1200,
         240,
         40,
         frames_bytes(codec2_1200, 240),
         codec2_700c,
         1,
         {667, 640, 597}},
    Rung{"codec2-1200+1200",
         codec2_1200,
         1200,
         240,
         40,
         frames_bytes(codec2_1200, 240),
         codec2_1200,
         1,
         {667, 662, 633}},
    Rung{"codec2-3200", codec2_3200, 3200, 240, 20, frames_bytes(codec2_3200, 240), none, 0, {743, 707, 624}},
    Rung{"codec2-3200+1200",
         codec2_3200,
         3200,
         240,
         20,
         frames_bytes(codec2_3200, 240),
         codec2_1200,
         1,
         {743, 736, 708}},
    Rung{"opus-6k", opus_nb, 5600, 480, 40, 332, none, 0, {790, 739, 645}},
    Rung{"opus-8k+700c", opus_nb, 5600, 240, 40, 167, codec2_700c, 1, {800, 783, 740}},
    Rung{"opus-8k", opus_nb, 7250, 480, 40, 434, none, 0, {851, 799, 698}},
    Rung{"opus-10k+700c", opus_wb, 7700, 240, 40, 227, codec2_700c, 1, {890, 862, 810}},
    Rung{"opus-10k", opus_wb, 9250, 480, 40, 554, none, 0, {927, 868, 760}},
    Rung{"opus-12k", opus_wb, 9750, 160, 40, 194, none, 0, {938, 886, 780}},
    Rung{"opus-12k+1200", opus_wb, 8250, 160, 40, 162, codec2_1200, 1, {898, 875, 825}},
    Rung{"opus-16k+1200", opus_wb, 9600, 80, 40, 94, codec2_1200, 1, {936, 910, 849}},
    Rung{"opus-16k", opus_wb, 13750, 160, 40, 274, none, 0, {969, 917, 806}},
    Rung{"opus-20k+1200", opus_wb, 13750, 80, 40, 134, codec2_1200, 1, {970, 938, 873}},
    Rung{"opus-20k", opus_wb, 17750, 160, 40, 354, none, 0, {981, 929, 815}},
    Rung{"opus-24k+1200", opus_wb, 18000, 80, 40, 174, codec2_1200, 1, {979, 949, 885}},
    Rung{"opus-24k", opus_wb, 21750, 160, 40, 434, none, 0, {988, 935, 822}},
    Rung{"opus-32k", opus_wb, 27500, 80, 40, 274, none, 0, {992, 942, 841}},
    Rung{"opus-32k+1200", opus_wb, 26000, 80, 40, 254, codec2_1200, 1, {990, 958, 893}},
    Rung{"opus-48k", opus_wb, 43500, 80, 40, 434, none, 0, {997, 945, 844}},
    Rung{"opus-48k+1200", opus_wb, 42000, 80, 40, 414, codec2_1200, 1, {996, 961, 896}},
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
