// SRC and DST of a call: refused, or a kind whose name is part of the text.
#include "base/bytes.h"
#include "host/audio.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const std::string_view text = as_text({data, size});
  if (const auto source = host::parse_audio_source(text)) {
    using Kind = host::AudioSourceSpec::Kind;
    const bool is_file = source->kind == Kind::wav || source->kind == Kind::wav_loop;
    INVARIANT(text.ends_with(source->name) && (source->name.empty() || is_file || source->kind == Kind::device));
    INVARIANT(!is_file || source->name.size() > 4);
  }
  if (const auto sink = host::parse_audio_sink(text)) {
    using Kind = host::AudioSinkSpec::Kind;
    INVARIANT(text.ends_with(sink->name) &&
              (sink->name.empty() || sink->kind == Kind::wav || sink->kind == Kind::device));
    INVARIANT(sink->kind != Kind::wav || sink->name.size() > 4);
  }
  return 0;
}
