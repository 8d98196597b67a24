// Whatever is typed, erased and pasted: the text is valid, within its limit, the caret between graphemes, and undoing
// it all gives back what was there.
#include "base/bytes.h"
#include "base/check.h"
#include "ui/edit_text.h"
#include "ui/unicode.h"

namespace {

void check(const farline::ui::EditText& edit, size_t most) {
  using namespace farline::ui;
  const std::string_view text = edit.text();
  INVARIANT(text.size() <= most);
  bool is_boundary = edit.caret() == 0;
  for (size_t at = 0; at < text.size(); is_boundary = is_boundary || at == edit.caret()) at = next_grapheme(text, at);
  INVARIANT(is_boundary);
  INVARIANT(edit.selection_begin() <= edit.selection_end() && edit.selection_end() <= text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    INVARIANT(decode(text, at) != kReplacement || text.substr(start, at - start) == "\xEF\xBF\xBD");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::ui;
  constexpr size_t kMost = 64;
  const std::string start = "aب\xCC\x81";
  EditText edit(start, {.max_bytes = kMost, .multiline = size % 2 == 1});
  size_t steps = 0;
  for (size_t at = 0; at + 1 < size && steps < 60; ++steps) {
    const uint8_t act = data[at];
    const size_t where = data[at + 1];
    at += 2;
    switch (act % 8) {
      case 0:
      case 1:
      case 2: {
        const size_t length = std::min<size_t>(where % 16, size - at);
        edit.insert(as_text({data + at, length}));
        at += length;
        break;
      }
      case 3:
        edit.erase(where);
        break;
      case 4:
        edit.move(where, act >= 128);
        break;
      case 5:
        edit.select(where, where / 2);
        break;
      case 6:
        edit.undo();
        break;
      default:
        edit.redo();
        break;
    }
    check(edit, kMost);
  }
  for (size_t i = 0; i <= steps; ++i) edit.undo();
  INVARIANT(edit.text() == start);
  return 0;
}
