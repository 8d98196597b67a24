#include "voice/ladder.h"

#include <array>

namespace farline::voice {
namespace {

using enum wire::VoiceCodec;

// Bytes of the frames of one packet: exact for Codec2.
constexpr uint16_t codec2_bytes(wire::VoiceCodec codec, unsigned ptime_ms) {
  const wire::Codec2Frame frame = wire::codec2_frame(codec);
  const unsigned frames = ptime_ms / (frame.units * wire::kVoiceUnitMs);
  return static_cast<uint16_t>((frames * frame.bits + 7) / 8);
}

constexpr std::array kLadder = {
    Rung{"codec2-700c", codec2_700c, 700, 480, 40, codec2_bytes(codec2_700c, 480), 620},
    Rung{"codec2-1200", codec2_1200, 1200, 400, 40, codec2_bytes(codec2_1200, 400), 696},
    Rung{"codec2-2400", codec2_2400, 2400, 480, 20, codec2_bytes(codec2_2400, 480), 737},
    Rung{"codec2-3200", codec2_3200, 3200, 240, 20, codec2_bytes(codec2_3200, 240), 778},
    Rung{"opus-6k", opus_nb, 5650, 480, 40, 338, 0},
    Rung{"opus-8k", opus_nb, 7250, 480, 40, 434, 0},
    Rung{"opus-10k", opus_wb, 9250, 480, 40, 554, 0},
    Rung{"opus-12k", opus_wb, 9750, 160, 40, 194, 0},
    Rung{"opus-16k", opus_wb, 13750, 160, 40, 274, 0},
    Rung{"opus-20k", opus_wb, 17750, 160, 40, 354, 0},
    Rung{"opus-24k", opus_wb, 21750, 160, 40, 434, 0},
    Rung{"opus-32k", opus_wb, 27500, 80, 40, 274, 0},
    Rung{"opus-48k", opus_wb, 43500, 80, 40, 434, 0},
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
    if (wire_bps(rung, header_bytes) <= max_wire_bps && rung.estoi_permille >= best->estoi_permille) best = &rung;
  return *best;
}

}  // namespace farline::voice
