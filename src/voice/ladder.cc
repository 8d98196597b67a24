#include "voice/ladder.h"

#include <array>

namespace farline::voice {
namespace {

using enum wire::VoiceCodec;

// Bytes of the frames of one packet: exact for Codec2.
constexpr uint16_t frames_bytes(wire::VoiceCodec codec, unsigned ptime_ms) {
  const wire::Codec2Frame frame = wire::codec2_frame(codec);
  const unsigned frames = ptime_ms / (frame.units * wire::kVoiceUnitMs);
  return static_cast<uint16_t>((frames * frame.bits + 7) / 8);
}

// Bit/s on IPv4 and ESTOI (times 1000, bands to 3.4 kHz) were measured with tests/bench/voice_loop, through sender and
// receiver without loss: the median of 24 recorded prompts of 3 to 9 s (Debian's asterisk-core-sounds-en-wav). A study
// over four languages ranked the points alike and lower: .62 .70 .74 .78 for Codec2, .86 .92 .93 .94 .97 .98 .99 from
// opus-6k to opus-24k. ESTOI to 3.4 kHz does not hear what wideband adds (opus-10k and up). Packet times keep the delay
// of capture and packet at 500 ms or less, at 160 ms from 12 kbit/s. Between Codec2 3200 and 6 kbit/s on the wire
// nothing is better than Codec2; its modes 1300, 1400 and 1600 sound no better than 1200.
constexpr std::array kLadder = {
    //    name           codec        asked  ptime frame  bytes of frames                  ESTOI   on IPv4
    Rung{"codec2-700c", codec2_700c, 700, 480, 40, frames_bytes(codec2_700c, 480), 687},   //  1,455
    Rung{"codec2-1200", codec2_1200, 1200, 400, 40, frames_bytes(codec2_1200, 400), 774},  //  2,105
    Rung{"codec2-2400", codec2_2400, 2400, 480, 20, frames_bytes(codec2_2400, 480), 806},  //  3,155
    Rung{"codec2-3200", codec2_3200, 3200, 240, 20, frames_bytes(codec2_3200, 240), 853},  //  4,705
    Rung{"opus-6k", opus_nb, 5600, 480, 40, 332, 869},                                     //  6,289
    Rung{"opus-8k", opus_nb, 7250, 480, 40, 434, 936},                                     //  7,989
    Rung{"opus-10k", opus_wb, 9250, 480, 40, 554, 919},                                    //  9,989
    Rung{"opus-12k", opus_wb, 9750, 160, 40, 194, 925},                                    // 11,955
    Rung{"opus-16k", opus_wb, 13750, 160, 40, 274, 972},                                   // 15,955
    Rung{"opus-20k", opus_wb, 17750, 160, 40, 354, 989},                                   // 19,955
    Rung{"opus-24k", opus_wb, 21750, 160, 40, 434, 994},                                   // 23,955
    Rung{"opus-32k", opus_wb, 27500, 80, 40, 274, 997},                                    // 31,905
    Rung{"opus-48k", opus_wb, 43500, 80, 40, 434, 999},                                    // 47,905
};

}  // namespace

std::span<const Rung> ladder() {
  return kLadder;
}

const Rung* find_rung(std::string_view name) {
  for (const Rung& rung : kLadder)
    if (rung.name == name) return &rung;
  return nullptr;
}

const Rung& choose_rung(uint32_t max_wire_bps, uint32_t header_bytes) {
  const Rung* best = &kLadder[0];
  for (const Rung& rung : kLadder)
    if (wire_bps(rung, header_bytes) <= max_wire_bps) best = &rung;
  return *best;
}

}  // namespace farline::voice
