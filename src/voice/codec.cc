#include "voice/codec.h"

#include "voice/codec2_codec.h"
#include "voice/opus_codec.h"

namespace farline::voice {
namespace {

class RealCodecs final : public CodecFactory {
 public:
  explicit RealCodecs(int opus_complexity) : opus_complexity_(opus_complexity) {}

  std::unique_ptr<FrameEncoder> encoder(const Rung& rung) override {
    if (wire::is_opus(rung.codec)) return make_opus_encoder(rung, opus_complexity_);
    return make_codec2_encoder(rung.codec);
  }
  std::unique_ptr<FrameDecoder> decoder(wire::VoiceCodec codec) override {
    if (wire::is_opus(codec)) return make_opus_decoder();
    return make_codec2_decoder(codec);
  }

 private:
  int opus_complexity_;
};

}  // namespace

std::unique_ptr<CodecFactory> real_codecs(int opus_complexity) {
  return std::make_unique<RealCodecs>(opus_complexity);
}

}  // namespace farline::voice
