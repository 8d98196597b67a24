// The keypad of a telephone, over a call: by the pointer, by Tab and Enter, and by the keyboard's own digits.
#include <algorithm>

#include "ui/screen.h"

namespace farline::ui {
namespace {

constexpr std::string_view kKeypadKeys = "123456789*0#";  // as on every telephone
constexpr size_t kKeypadColumns = 3;
constexpr size_t kKeypadRows = kKeypadKeys.size() / kKeypadColumns;
constexpr float kKeypadRow = 52;
constexpr float kKeypadWidth = 300;
constexpr float kKeypadWords = 22;

// Scancodes beside those of kit.h: the block of digits, and where * and # are on the layouts that have them there.
constexpr uint32_t kDigit0 = 39, kHash = 50, kPadTimes = 85, kPad1 = 89, kPad0 = 98;
constexpr uint32_t kDigit3 = key::digit_1 + 2, kDigit8 = key::digit_1 + 7;

// The key of the keypad that was typed in this frame; 0: none. One that speaks is none of them.
char typed_key(Screen& s) {
  const uint32_t talk = s.view.call->push_to_talk ? s.view.settings.talk_key : 0;
  const auto is_typed = [&](const Chord& chord) { return chord.code != talk && s.kit.pressed(chord); };
  for (uint32_t i = 0; i < 9; ++i)
    if (is_typed({key::digit_1 + i}) || is_typed({kPad1 + i})) return static_cast<char>('1' + i);
  if (is_typed({kDigit0}) || is_typed({kPad0})) return '0';
  if (is_typed({kPadTimes}) || is_typed({.code = kDigit8, .shift = true})) return '*';
  if (is_typed({kHash}) || is_typed({.code = kDigit3, .shift = true})) return '#';
  return 0;
}

// 1 is on the left in every language.
Box keypad_cell(Screen& s, Box box, size_t i) {
  const size_t column = i % kKeypadColumns;
  const size_t place = s.words.is_right_to_left() ? kKeypadColumns - 1 - column : column;
  const float width = (box.w - (kKeypadColumns - 1) * kGap) / kKeypadColumns;
  const float height = (box.h - (kKeypadRows - 1) * kGap) / kKeypadRows;
  return {box.x + static_cast<float>(place) * (width + kGap),
          box.y + static_cast<float>(i / kKeypadColumns) * (height + kGap), width, height};
}

// Returns the key that was pressed; 0: none.
char draw_key_cells(Screen& s, Box box) {
  char pressed = 0;
  for (size_t i = 0; i < kKeypadKeys.size(); ++i) {
    const std::string_view label = kKeypadKeys.substr(i, 1);
    if (s.kit.button("keypad." + std::string(label), keypad_cell(s, box, i), label)) pressed = label[0];
  }
  return pressed;
}

}  // namespace

void draw_keypad_button(Screen& s, Box& line) {
  if (!s.view.call->stats.takes_keys) return;
  const ButtonOptions options{.icon = Icon::keypad, .tooltip = s.words("call.keys")};
  if (s.kit.button("call.keys", line.cut_end(kControl).centred(kControl, kControl), {}, options))
    s.state.is_keypad_open = true;
  line.cut_end(kGap);
}

void draw_keypad(Screen& s) {
  const client::CallView& call = *s.view.call;
  s.state.is_keypad_open = s.state.is_keypad_open && call.stats.takes_keys;
  if (!call.stats.takes_keys) return;
  char pressed = 0;
  if (s.state.is_keypad_open) {
    constexpr float kAround = 2 * kMargin + 2 * kKeypadWords + kControl + 3 * kGap;
    Box box = s.kit.begin_modal("call.keypad", kKeypadWidth, kAround + kKeypadRows * kKeypadRow);
    const auto say = [&](Key key, const std::string& keys) {
      const Box line = box.cut_top(kKeypadWords);
      if (!keys.empty())
        s.kit.text(line, s.words(key, {{"name", call.peer}, {"keys", keys}}), {.align = Align::centre, .bold = true});
    };
    say("call.keys.pressed", call.keys_pressed);
    say("call.keys.heard", call.stats.keys_heard);
    box.cut_top(kGap);
    Box foot = box.cut_bottom(kControl);
    box.cut_bottom(kGap);
    pressed = draw_key_cells(s, box);
    const std::string_view close = s.words("button.close");
    const bool is_closed = s.kit.button_at_end("keypad.close", foot, close);
    if (const char typed = typed_key(s)) pressed = typed;
    if (s.kit.end_modal() || is_closed) s.state.is_keypad_open = false;
  } else {
    pressed = typed_key(s);
  }
  if (pressed != 0) s.ask.push_back(client::command::PressKey{pressed});
}

}  // namespace farline::ui
