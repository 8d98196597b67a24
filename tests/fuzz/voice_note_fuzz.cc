// A voice note that somebody sent: refused, or played to its end by the real decoders. Input: the codec, the note.
#include "voice/note.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  static const auto codecs = voice::real_codecs(0);
  if (size == 0) return 0;
  const Bytes bytes = Bytes(data, size).subspan(1);
  const auto shape = voice::parse_note(data[0], bytes);
  if (!shape) return 0;
  auto player = voice::NotePlayer::open(*codecs, {.codec = static_cast<wire::VoiceCodec>(data[0]),
                                                  .bytes = to_vector(bytes.first(std::min<size_t>(size - 1, 2000)))});
  if (!player) return 0;  // what was cut
  std::array<int16_t, voice::kUnitSamples> unit;
  for (size_t i = 0; i < player->shape().units; ++i) INVARIANT(player->next(unit));
  INVARIANT(!player->next(unit));
  return 0;
}
