// Whatever is taken as an answer's line is written back as it was, but for a code's leading zeros and an empty text.
#include "app/answer_line.h"
#include "base/bytes.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto line = app::parse_answer_line(as_text(Bytes(data, size)));
  if (!line) return 0;
  const std::string written = app::format_answer_line(*line);
  INVARIANT(written.size() <= size);
  const auto again = app::parse_answer_line(written);
  INVARIANT(again && again->code == line->code && again->text == line->text);
  return 0;
}
