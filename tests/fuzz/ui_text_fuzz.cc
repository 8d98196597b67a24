// Whatever is written: it is laid out, every line lies inside the text and fits where it can, and the caret finds its
// way from edge to edge.
#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "ui/text.h"
#include "ui/unicode.h"

namespace {

void check_line(const farline::ui::Line& line, std::string_view text) {
  using namespace farline::ui;
  INVARIANT(line.begin <= line.end && line.end <= text.size());
  for (const Glyph& glyph : line.glyphs) INVARIANT(glyph.cluster >= line.begin && glyph.cluster < line.end);
  size_t at = caret_near(line, text, -1e9F);
  for (size_t steps = 0;; ++steps) {
    INVARIANT(at >= line.begin && at <= line.end && steps <= text.size() + 1);
    const auto next = caret_beside(line, text, at, true);
    if (!next) break;
    INVARIANT(caret_x(line, text, *next) > caret_x(line, text, at));
    at = *next;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::ui;
  static Text letters(system_fonts(""));
  if (size < 1 || size > 400 || !letters.fonts().is_usable()) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  const float width = static_cast<float>(data[0]) + 1;

  size_t before = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t next = next_grapheme(text, at);
    INVARIANT(next > at && next <= text.size() && previous_grapheme(text, next) == at);
    before = at;
    at = next;
  }
  INVARIANT(previous_grapheme(text, text.size()) == before);

  letters.begin_frame();
  for (const bool is_short : {false, true}) {
    const TextSpec spec{.pixels = 15, .bold = is_short, .width_max = width, .ellipsis = is_short};
    const Paragraph& paragraph = letters.shape(text, spec);
    INVARIANT(!paragraph.lines.empty() && (!is_short || paragraph.lines.size() == 1));
    if (is_short) continue;
    size_t at = 0;
    for (const Line& line : paragraph.lines) {
      INVARIANT(line.begin >= at);
      at = line.end;
      check_line(line, text);
    }
  }
  return 0;
}
