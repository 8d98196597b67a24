// What screens are drawn with: widgets in immediate mode. A screen is a function that is called for every frame;
// widgets say at once what happened to them. Frames are drawn only when something happened, one for each key or click.
//
// Coordinates: box.h. The scale of the display and of the text is applied, and a right-to-left page mirrored, in here.
// Text is UTF-8 (text.h); its direction is that of its first strong letter. Ids name a widget among those of one frame;
// push_id tells repeated ones apart.
//
// Keyboard: Tab and arrows move the focus in the order of drawing, Enter or Space press, Esc closes. The focused widget
// sees a key first, then pressed() in the order of calls. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ui/box.h"
#include "ui/theme.h"

namespace farline::ui {

class Text;

// Logical pixels.
inline constexpr float kControl = 36;  // the height of what is clicked
inline constexpr float kGap = 8;
inline constexpr float kMargin = 16;

enum class Size : uint8_t { small, body, title, huge };
enum class Align : uint8_t {
  start,
  centre,
  end,
  content,  // where the text itself starts: for what people wrote
};
struct Style {
  Size size = Size::body;
  Role role = Role::text;
  Align align = Align::start;
  bool bold = false;
};

enum class Icon : uint8_t {
  none,
  phone,
  hang_up,
  microphone,
  microphone_off,
  speaker,
  speaker_off,
  hold,
  record,
  person,
  people,
  clock,
  link,
  rules,
  settings,
  lock,
  search,
  emergency,
  check,
  plus,
  back,
  down,
  info,
  help,
  message,
  copy,
  folder,
  trash,
  refresh,
  play,
  stop,
  incoming,
  outgoing,
  missed,
  block,
  wave,
  eye,
  keypad,
  attach,
  bell,
};

enum class Kind : uint8_t { normal, primary, quiet, danger, emergency };
struct ButtonOptions {
  Kind kind = Kind::normal;
  Icon icon = Icon::none;
  bool enabled = true;
  bool padlock = false;         // set by the organisation
  bool pressed_in = false;      // of a switch: it is on
  std::string_view shortcut{};  // shown behind the label: "Ctrl+M"
  std::string_view tooltip{};   // shown at once when pointed at or focused
};
struct InputOptions {
  std::string_view hint{};  // shown while empty
  bool password = false;
  bool multiline = false;  // Enter is a new line, Ctrl+Enter submits
  bool enabled = true;
  bool padlock = false;
  size_t max_bytes = 1024;
  Icon icon = Icon::none;
  std::string_view tooltip{};
};
struct Edited {
  bool changed = false;
  bool submitted = false;
};
struct Tab {
  std::string_view label{};
  Icon icon = Icon::none;
  uint32_t count = 0;  // of what is new there; 0: none
};

// Keys by their place on the keyboard: SDL's scancodes, USB HID usages.
namespace key {
inline constexpr uint32_t a = 4, z = 29, digit_1 = 30, enter = 40, escape = 41, backspace = 42, tab = 43, space = 44,
                          f1 = 58, f12 = 69, home = 74, page_up = 75, del = 76, end = 77, page_down = 78, right = 79,
                          left = 80, down = 81, up = 82, enter_pad = 88;
}
struct Chord {
  uint32_t code = 0;  // a scancode; for Ctrl+letters use letter()
  bool ctrl = false;
  bool shift = false;
  bool alt = false;
};
// By the letter that the key writes, for Ctrl+M on every Latin layout; by its place where the layout is not Latin.
constexpr Chord ctrl(char letter) {
  return {key::a + static_cast<uint32_t>(letter - 'a'), true, false, false};
}

// What happened, as the window hands it in: one frame for each.
struct Input {
  enum class What : uint8_t { none, key_down, key_up, text, composing, mouse_move, mouse_down, mouse_up, wheel };
  What what = What::none;
  Chord chord{};           // key_down, key_up
  std::string text{};      // text, composing (an input method's, not final)
  bool is_repeat = false;  // of a key that is held
  size_t at = 0;           // composing: the caret in it, bytes
  float x = 0;             // mouse: physical pixels; wheel: lines in y
  float y = 0;
  uint8_t clicks = 1;  // mouse_down
};

struct Page {
  uint32_t width = 0;  // physical pixels
  uint32_t height = 0;
  float display_scale = 1;
  uint32_t text_percent = 100;
  client::Theme theme = client::Theme::light;
  bool is_rtl = false;  // of the language of the labels
};

struct Clipboard {
  std::function<std::string()> paste{};
  std::function<void(const std::string&)> copy{};
};

class Kit {
 public:
  // `text` outlives it.
  Kit(Text& text, Clipboard clipboard);
  ~Kit();
  Kit(const Kit&) = delete;
  Kit& operator=(const Kit&) = delete;

  // --- Frames, for the window. What was drawn is ImGui::GetDrawData() until the next begin(). ---
  void begin(const Page& page, const Input& input);
  void end();
  // Another frame is wanted at once, because of what this one did; or after a while, because a widget asked.
  [[nodiscard]] bool wants_frame() const;
  [[nodiscard]] std::optional<Duration> wants_frame_in() const;
  // Text is being entered here: for the input method's window. Physical pixels.
  [[nodiscard]] std::optional<Box> text_entry() const;

  // --- The page ---
  [[nodiscard]] Box page() const;  // all of it
  void redraw_in(Duration time);
  [[nodiscard]] bool is_by_hand() const;  // the person did something that led to this frame

  // --- Keys ---
  [[nodiscard]] std::string pasted() const;  // what the clipboard holds
  bool pressed(const Chord& chord);          // now, and nobody else took it; with a focused input no bare letters
  [[nodiscard]] bool is_down(uint32_t code) const;  // held, whatever has the focus
  [[nodiscard]] uint32_t key_now() const;           // pressed in this frame, to choose a key by pressing it; 0: none
  static std::string key_name(uint32_t code);

  // --- Text: one line, shortened with an ellipsis; or wrapped, returning its height ---
  void text(Box box, std::string_view text, const Style& style = {});
  float paragraph(Box box, std::string_view text, const Style& style = {});
  float measure(std::string_view text, const Style& style = {});
  float measure_paragraph(float width, std::string_view text, const Style& style = {});
  [[nodiscard]] float line_height(Size size) const;
  // The lines of this frame that did not fit and were shortened.
  [[nodiscard]] const std::vector<std::string>& shortened() const;

  // --- Widgets ---
  bool button(std::string_view id, Box box, std::string_view label, const ButtonOptions& options = {});
  // Whether that button is held down now, by the pointer or by Enter or Space.
  [[nodiscard]] bool is_held(std::string_view id) const;
  // As wide as its label needs.
  float button_width(std::string_view label, const ButtonOptions& options = {});
  // The same, taken from that side of `row` with the gap beside it.
  bool button_at_start(std::string_view id, Box& row, std::string_view label, const ButtonOptions& options = {});
  bool button_at_end(std::string_view id, Box& row, std::string_view label, const ButtonOptions& options = {});
  bool toggle(std::string_view id, Box box, std::string_view label, bool& on, const ButtonOptions& options = {});
  bool choice(std::string_view id, Box box, std::span<const std::string> items, size_t& chosen,
              const ButtonOptions& options = {});
  bool slider(std::string_view id, Box box, float& value, float min, float max, float step);
  bool tabs(std::string_view id, Box box, std::span<const Tab> tabs, size_t& chosen);
  Edited input(std::string_view id, Box box, std::string& text, const InputOptions& options = {});
  // Background and behaviour of a line in a list: draw over it, buttons too.
  bool row(std::string_view id, Box box, bool selected);
  // 0 to 1, with the zone where it should be.
  struct Zone {
    float min = 0;
    float max = 0;
  };
  void meter(Box box, float level, Zone zone, bool clipped = false);
  // What is drawn between is clipped to `box`; returns where to draw: `content_height` high, moved as scrolled.
  Box begin_scroll(std::string_view id, Box box, float content_height);
  void end_scroll();
  // How far down that one is, and where it is to be from its next begin_scroll() on.
  [[nodiscard]] float scrolled(std::string_view id) const;
  void scroll_to(std::string_view id, float offset);
  // Above all else; what is below does not react. end_modal says that the person wants it closed (Esc, or for a popup
  // a click beside it).
  Box begin_modal(std::string_view id, float width, float height);
  Box begin_popup(std::string_view id, Box at);
  bool end_modal();
  // The next widget gets the focus.
  void focus_next();
  [[nodiscard]] bool is_focused(std::string_view id) const;
  void tooltip(Box box, std::string_view text);  // when pointed at
  void push_id(std::string_view id);
  void pop_id();

  // --- Shapes ---
  void fill(Box box, Role role, float rounding = 0);
  void frame(Box box, Role role, float rounding = 0, float thickness = 1);
  void hatch(Box box, Role role);  // stripes: what is said by fill's colour, to those who do not see it
  struct Point {
    float x = 0;
    float y = 0;
  };
  void line(Point from, Point to, Role role, float thickness = 1);
  void polyline(std::span<const Point> points, Role role, float thickness = 1);
  void icon(Box box, Icon icon, Role role = Role::text);  // in the middle, as large as fits

  struct State;

 private:
  std::unique_ptr<State> s_;
};

}  // namespace farline::ui
