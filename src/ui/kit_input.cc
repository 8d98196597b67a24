#include <algorithm>
#include <cmath>

#include "ui/kit_state.h"
#include "ui/unicode.h"

namespace farline::ui {
namespace {

constexpr float kPaddingAcross = 10;
constexpr std::string_view kDot = "\xE2\x80\xA2";  // U+2022

// What is seen of the text: dots for a password, and what an input method is composing.
struct Shown {
  std::string text{};
  size_t caret = 0;
  size_t begin = 0;  // of the selection, or of what is composed
  size_t end = 0;
};

size_t graphemes(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); at = next_grapheme(text, at)) ++count;
  return count;
}

Shown shown_of(const Editing& editing, bool is_password) {
  const EditText& edit = editing.edit;
  if (is_password) {
    const auto dots = [&](size_t at) { return graphemes(std::string_view(edit.text()).substr(0, at)) * kDot.size(); };
    Shown shown{{}, dots(edit.caret()), dots(edit.selection_begin()), dots(edit.selection_end())};
    for (size_t i = 0; i < graphemes(edit.text()); ++i) shown.text += kDot;
    return shown;
  }
  Shown shown{edit.text(), edit.caret(), edit.selection_begin(), edit.selection_end()};
  if (!editing.composing.empty()) {
    shown.text.insert(shown.caret, editing.composing);
    shown.begin = shown.caret;
    shown.end = shown.caret + editing.composing.size();
    shown.caret += std::min(editing.composing_at, editing.composing.size());
  }
  return shown;
}

size_t unmasked(const std::string& text, size_t dots, bool is_password) {
  if (!is_password) return dots;
  size_t at = 0;
  for (size_t i = 0; i < dots / kDot.size(); ++i) at = next_grapheme(text, at);
  return at;
}

size_t line_of(const Paragraph& paragraph, size_t at) {
  size_t index = 0;
  while (index + 1 < paragraph.lines.size() && paragraph.lines[index + 1].begin <= at) ++index;
  return index;
}

}  // namespace

// One input while it is drawn.
struct Field {
  Kit::State& s;
  const InputOptions& options;
  ImRect area{};  // of the text
  float em = 0;
  float height = 0;  // of a line

  [[nodiscard]] TextSpec spec() const {
    return {.pixels = em,
            .bold = false,
            .width_max = options.multiline ? std::max(area.GetWidth(), 1.0F) : 0,
            .ellipsis = false};
  }
  [[nodiscard]] float line_x(const Line& line) const {
    const float room = area.GetWidth() - line.width;
    const bool is_at_right = line.is_neutral ? s.page.is_rtl : line.is_rtl;
    if (options.multiline || room >= 0) return area.Min.x + (is_at_right ? room : 0);
    return area.Min.x - s.editing.scroll;
  }
  [[nodiscard]] float top() const {
    return options.multiline ? area.Min.y - s.editing.scroll : area.Min.y + std::floor((area.GetHeight() - height) / 2);
  }

  Edited keys();
  bool move_key();
  bool edit_key();
  void pointer(const Touch& touch);
  void keep_caret_in_view(const Shown& shown, const Paragraph& paragraph);
  void draw(const Shown& shown, const Paragraph& paragraph);
};

bool Field::move_key() {
  const Chord chord = s.input.chord;
  EditText& edit = s.editing.edit;
  const std::string& text = edit.text();
  const Shown shown = shown_of(s.editing, options.password);
  const Paragraph& paragraph = s.letters.shape(shown.text, spec());
  const size_t index = line_of(paragraph, shown.caret);
  const Line& line = paragraph.lines[index];
  const auto take = [&](uint32_t code) { return s.take_key(Chord{code, chord.ctrl, chord.shift, false}); };
  const auto go = [&](size_t to) {
    edit.move(unmasked(text, to, options.password), chord.shift);
    return true;
  };
  for (const bool to_right : {false, true}) {
    if (!take(to_right ? key::right : key::left)) continue;
    const bool is_forward = to_right != line.is_rtl;
    if (chord.ctrl) {
      edit.move(is_forward ? next_word(text, edit.caret()) : previous_word(text, edit.caret()), chord.shift);
      return true;
    }
    if (!chord.shift && !edit.selected().empty()) return go(is_forward ? shown.end : shown.begin);
    if (const auto beside = caret_beside(line, shown.text, std::min(shown.caret, line.end), to_right)) {
      return go(*beside);
    }
    return go(is_forward ? (index + 1 < paragraph.lines.size() ? paragraph.lines[index + 1].begin : shown.text.size())
                         : (index > 0 ? paragraph.lines[index - 1].end : 0));
  }
  if (take(key::home)) return go(chord.ctrl ? 0 : line.begin);
  if (take(key::end)) return go(chord.ctrl ? shown.text.size() : line.end);
  if (!options.multiline) return false;
  const float x = line_x(line) + caret_x(line, shown.text, std::min(shown.caret, line.end));
  const auto onto = [&](const Line& other) { return go(caret_near(other, shown.text, x - line_x(other))); };
  if (take(key::up)) return index > 0 ? onto(paragraph.lines[index - 1]) : go(0);
  if (take(key::down)) {
    return index + 1 < paragraph.lines.size() ? onto(paragraph.lines[index + 1]) : go(shown.text.size());
  }
  return false;
}

bool Field::edit_key() {
  const Chord chord = s.input.chord;
  EditText& edit = s.editing.edit;
  const std::string text = edit.text();
  if (s.take_key(Chord{key::backspace, chord.ctrl, chord.shift, false})) {
    edit.erase(chord.ctrl ? previous_word(text, edit.caret()) : previous_grapheme(text, edit.caret()));
  } else if (s.take_key(Chord{key::del, chord.ctrl, false, false})) {
    edit.erase(chord.ctrl ? next_word(text, edit.caret()) : next_grapheme(text, edit.caret()));
  } else if (s.take_key(ctrl('a'))) {
    edit.select(0, text.size());
  } else if (s.take_key(ctrl('z'))) {
    edit.undo();
  } else if (s.take_key(ctrl('y')) || s.take_key(Chord{key::z, true, true, false})) {
    edit.redo();
  } else if (s.take_key(ctrl('v'))) {
    if (s.clipboard.paste) edit.insert(s.clipboard.paste());
  } else if (s.take_key(ctrl('c')) || s.input.chord.code == ctrl('x').code) {
    const bool is_cut = s.take_key(ctrl('x'));
    if (!options.password && s.clipboard.copy && !edit.selected().empty() && s.key_taken) {
      s.clipboard.copy(std::string(edit.selected()));
      if (is_cut) edit.erase(edit.caret());
    }
  }
  return edit.text() != text;
}

Edited Field::keys() {
  Edited edited;
  EditText& edit = s.editing.edit;
  if (s.input.what == Input::What::composing) {
    s.editing.composing = s.input.text;
    s.editing.composing_at = s.input.at;
  }
  if (s.input.what == Input::What::text) {
    s.editing.composing.clear();
    const std::string before = edit.text();
    edit.insert(s.input.text);
    edited.changed = edit.text() != before;
    s.editing.is_wanted_in_view = true;
  }
  if (s.input.what != Input::What::key_down || s.key_taken || !s.editing.composing.empty()) return edited;
  for (const uint32_t enter : {key::enter, key::enter_pad}) {
    if (options.multiline && s.take_key(enter)) {
      edit.insert("\n");
      edited.changed = true;
    }
    if (s.take_key(Chord{enter, options.multiline, false, false})) edited.submitted = true;
  }
  if (!s.key_taken) edited.changed = edit_key();
  if (!s.key_taken) move_key();
  if (s.key_taken) s.editing.is_wanted_in_view = true;
  return edited;
}

void Field::pointer(const Touch& touch) {
  EditText& edit = s.editing.edit;
  if (!touch.is_held) {
    s.editing.is_selecting = false;
    return;
  }
  if (s.input.what != Input::What::mouse_down && s.input.what != Input::What::mouse_move) return;
  const Shown shown = shown_of(s.editing, options.password);
  const Paragraph& paragraph = s.letters.shape(shown.text, spec());
  const ImVec2 at = ImGui::GetIO().MousePos;
  const float row = std::clamp((at.y - top()) / height, 0.0F, static_cast<float>(paragraph.lines.size() - 1));
  const Line& line = paragraph.lines[static_cast<size_t>(row)];
  const size_t byte = unmasked(edit.text(), caret_near(line, shown.text, at.x - line_x(line)), options.password);
  if (s.input.what == Input::What::mouse_down && s.input.clicks == 2) {
    edit.select(previous_word(edit.text(), next_grapheme(edit.text(), byte)), next_word(edit.text(), byte));
    s.editing.is_selecting = true;
    return;
  }
  edit.move(byte, s.editing.is_selecting);
  s.editing.is_selecting = true;
  s.editing.is_wanted_in_view = true;
}

void Field::keep_caret_in_view(const Shown& shown, const Paragraph& paragraph) {
  float& scroll = s.editing.scroll;
  if (options.multiline) {
    const float y = static_cast<float>(line_of(paragraph, shown.caret)) * height;
    scroll = std::clamp(scroll, y + height - area.GetHeight(), y);
    scroll = std::max(std::min(scroll, height * static_cast<float>(paragraph.lines.size()) - area.GetHeight()), 0.0F);
    return;
  }
  const Line& line = paragraph.lines[0];
  const float x = caret_x(line, shown.text, shown.caret);
  scroll = std::clamp(scroll, x - area.GetWidth() + 2, x);
  scroll = std::max(std::min(scroll, line.width - area.GetWidth() + 2), 0.0F);
}

void Field::draw(const Shown& shown, const Paragraph& paragraph) {
  const bool is_composing = !s.editing.composing.empty();
  ImGui::PushClipRect({area.Min.x - 2, area.Min.y}, {area.Max.x + 2, area.Max.y}, true);
  for (size_t i = 0; i < paragraph.lines.size(); ++i) {
    const Line& line = paragraph.lines[i];
    const float x = line_x(line);
    const float y = top() + static_cast<float>(i) * height;
    float pen = x;
    for (const Glyph& glyph : line.glyphs) {
      if (glyph.cluster >= shown.begin && glyph.cluster < shown.end) {
        const float underline = is_composing ? height - std::max(s.scale, 1.0F) : 0;
        const Role role = is_composing ? Role::text : Role::accent;
        const ImU32 tone = is_composing ? s.colour(role) : (s.colour(role) & 0x00FFFFFF) | 0x60000000;
        s.fill({std::floor(pen), y + underline, std::floor(pen + glyph.advance), y + height}, tone);
      }
      pen += glyph.advance;
    }
    s.draw_line(line, {x, y}, em, s.colour(Role::text));
  }
  const size_t index = line_of(paragraph, shown.caret);
  const Line& line = paragraph.lines[index];
  const float x = std::round(line_x(line) + caret_x(line, shown.text, std::min(shown.caret, line.end)));
  const float y = top() + static_cast<float>(index) * height;
  const float width = std::max(std::round(2 * s.scale), 1.0F);
  const bool is_leftward = line.is_neutral ? s.page.is_rtl : line.is_rtl;
  s.fill({x - (is_leftward ? width : 0), y, x + (is_leftward ? 0 : width), y + height}, s.colour(Role::focus));
  ImGui::PopClipRect();
  s.text_entry = Box{x, y, width, height};
}

Edited Kit::input(std::string_view id, Box box, std::string& text, const InputOptions& options) {
  State& s = *s_;
  const Touch touch = s.touch(id, box, {options.enabled && !options.padlock, options.tooltip});
  const Role ink = options.enabled ? Role::text : Role::dim;
  s.fill(touch.rect, s.colour(Role::surface), 4);
  s.frame(touch.rect,
          s.colour(touch.is_focused   ? Role::focus
                   : touch.is_hovered ? Role::text
                                      : Role::line),
          0, touch.is_focused ? 2 : 1);
  Box inside = box.inset(kPaddingAcross, options.multiline ? 6 : 2);
  if (options.icon != Icon::none) {
    icon(inside.cut_start(18).centred(18, 18), options.icon, Role::dim);
    inside.cut_start(kGap);
  }
  if (options.padlock) icon(inside.cut_end(16).centred(14, 14), Icon::lock, ink);
  Field field{.s = s, .options = options, .area = s.rect(inside), .em = s.pixels(Size::body), .height = 0};
  field.height = s.letters.line_height(field.em);

  const Box hint = options.multiline ? Box(inside).cut_top(line_height(Size::body)) : inside;  // where one types
  if (touch.is_focused) {
    Editing& editing = s.editing;
    if (editing.id != touch.id || editing.edit.text() != text) {
      const bool is_same = editing.id == touch.id;
      editing = {.id = touch.id,
                 .edit = EditText(text, {.max_bytes = options.max_bytes, .multiline = options.multiline}),
                 .composing = {},
                 .composing_at = 0,
                 .scroll = is_same ? editing.scroll : 0,
                 .is_wanted_in_view = true,
                 .is_selecting = false};
    }
    s.editing_seen = true;
    const Edited edited = field.keys();
    field.pointer(touch);
    if (edited.changed) text = editing.edit.text();
    if (edited.changed || edited.submitted) s.wants_frame = true;
    const Shown shown = shown_of(editing, options.password);
    const Paragraph& paragraph = s.letters.shape(shown.text, field.spec());
    if (std::exchange(editing.is_wanted_in_view, false)) field.keep_caret_in_view(shown, paragraph);
    if (shown.text.empty()) this->text(hint, options.hint, {.role = Role::dim});
    field.draw(shown, paragraph);
    return edited;
  }
  if (text.empty()) {
    this->text(hint, options.hint, {.role = Role::dim});
  } else if (options.password) {
    std::string dots;
    for (size_t i = 0; i < graphemes(text); ++i) dots += kDot;
    this->text(inside, dots, {.role = ink, .align = Align::content});
  } else if (options.multiline) {
    ImGui::PushClipRect(field.area.Min, field.area.Max, true);
    paragraph(inside, text, {.role = ink, .align = Align::content});
    ImGui::PopClipRect();
  } else {
    this->text(inside, text, {.role = ink, .align = Align::content});
  }
  return {};
}

}  // namespace farline::ui
