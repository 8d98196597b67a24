// Opus (libopus) behind the codec interfaces: SILK only, mono, variable rate within the packet's budget.
#pragma once

#include <memory>

#include "voice/codec.h"

namespace farline::voice {

std::unique_ptr<FrameEncoder> make_opus_encoder(const Rung& rung, int complexity);
std::unique_ptr<FrameDecoder> make_opus_decoder();

}  // namespace farline::voice
