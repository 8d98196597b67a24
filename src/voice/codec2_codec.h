// Codec2 (libcodec2) behind the codec interfaces; resampled from and to 8 kHz inside. voice/codec.h has the warnings.
#pragma once

#include <memory>

#include "voice/codec.h"

namespace farline::voice {

std::unique_ptr<FrameEncoder> make_codec2_encoder(wire::VoiceCodec codec);
std::unique_ptr<FrameDecoder> make_codec2_decoder(wire::VoiceCodec codec);

}  // namespace farline::voice
