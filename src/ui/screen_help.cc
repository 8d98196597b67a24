#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr float kKeys = 150;

struct Shortcut {
  std::string keys;
  Key what;
};

}  // namespace

void draw_help(Screen& s, Box box) {
  const auto word = [&](Key key) { return std::string(s.words(key)); };
  const uint32_t talk = s.view.settings.talk_key;
  const Shortcut shortcuts[] = {
      {word("key.tab"), "help.keys.move"},
      {word("key.enter"), "help.keys.press"},
      {word("key.escape"), "help.keys.back"},
      {"Ctrl+1 … Ctrl+5", "help.keys.tabs"},
      {"Ctrl+F", "help.keys.find"},
      {"Ctrl+O", "messages.attach"},
      {"Ctrl+E", "help.keys.emergency"},
      {word("key.enter"), "help.keys.answer"},
      {"Ctrl+M", "help.keys.mute"},
      {"Ctrl+D", "help.keys.deafen"},
      {"Ctrl+H", "help.keys.hold"},
      {"Ctrl+Shift+H", "help.keys.hang_up"},
      {"0 … 9  *  #", "help.keys.keypad"},
      {talk == 0 ? word("key.space") : Kit::key_name(talk), "help.keys.talk"},
      {"Ctrl+L", "help.keys.lock"},
      {"Ctrl++  Ctrl+−", "help.keys.size"},
      {"F1", "help.keys.help"},
  };
  box = box.inset(kMargin, 12);
  Column column(s, "help", {box.x, box.y, std::min(box.w, 640.0F), box.h});
  column.text(s.words("help.title"), {.size = Size::title, .bold = true});
  column.paragraph(s.words("help.text"), {.role = Role::dim});
  column.gap();
  for (const Shortcut& shortcut : shortcuts) {
    const float width = column.width() - kKeys - kMargin;
    Box line = column.take(std::max(28.0F, s.kit.measure_paragraph(width, s.words(shortcut.what)) + 6));
    const Box keys = line.cut_start(kKeys).cut_top(24);
    s.kit.frame(keys, Role::line, 4);
    s.kit.text(keys, shortcut.keys, {.size = Size::small, .align = Align::centre});
    line.cut_start(kMargin);
    s.kit.paragraph(line, s.words(shortcut.what));
  }
  column.gap(kMargin);
  column.paragraph(s.words("help.reader"));
}

}  // namespace farline::ui
