// What Kit remembers between frames, and the tools its widgets share. ImGui gives ids, windows (one for each layer: the
// page, and what lies above it), the pointer, clipping and triangles; the focus and the keys are ours, because
// ImGui 1.86 tabs through input fields only and keeps no queue of keys.
#pragma once

#include <imgui.h>
#define IMGUI_DEFINE_MATH_OPERATORS
#include <imgui_internal.h>

#include <array>
#include <unordered_map>
#include <vector>

#include "ui/edit_text.h"
#include "ui/kit.h"
#include "ui/text.h"

namespace farline::ui {

inline constexpr size_t kLayersMax = 8;

// What became of a widget in this frame.
struct Touch {
  ImGuiID id = 0;
  ImRect rect{};
  bool is_hovered = false;
  bool is_held = false;
  bool is_pressed = false;  // by pointer or key
  bool is_focused = false;  // and may be pressed
  bool shows_focus = false;
};

struct Reach {
  bool is_enabled = true;
  std::string_view tooltip{};  // what cannot be pressed gets the focus only to say why
};

struct Focusable {
  ImGuiID id = 0;
  ImRect rect{};
  size_t layer = 0;
};

struct Scroll {
  float offset = 0;  // logical
  float offset_max = 0;
  Box box{};
};

// The one input that has the focus.
struct Editing {
  ImGuiID id = 0;
  EditText edit{};
  std::string composing{};  // by an input method
  size_t composing_at = 0;
  float scroll = 0;  // physical: across for one line, down for many
  bool is_wanted_in_view = false;
  bool is_selecting = false;  // with the pointer
};

struct Kit::State {
  State(Text& text, Clipboard clipboard);
  ~State();

  // --- Coordinates ---
  [[nodiscard]] ImRect rect(const Box& box) const;  // physical, on whole pixels, mirrored
  [[nodiscard]] ImVec2 point(Point at) const;
  [[nodiscard]] float logical_x(float physical) const;
  [[nodiscard]] bool is_visible(const ImRect& rect) const;  // in part

  // --- Drawing ---
  [[nodiscard]] ImU32 colour(Role role) const;
  [[nodiscard]] float pixels(Size size) const;  // of the em
  static ImDrawList& list();
  void fill(const ImRect& rect, ImU32 colour, float rounding = 0);  // rounding in logical pixels
  void frame(const ImRect& rect, ImU32 colour, float rounding = 0, float thickness = 1);
  void draw_line(const Line& line, ImVec2 top_left, float em, ImU32 colour);
  void draw_text(const ImRect& rect, std::string_view text, const Style& style);
  void draw_icon(const ImRect& rect, Icon icon, ImU32 colour);
  void draw_focus(const ImRect& rect);
  void draw_tooltip(const ImRect& rect, std::string_view text);

  // --- Behaviour ---
  Touch touch(std::string_view id, const Box& box, const Reach& reach = {});
  // The key of this frame is this one and nobody took it; takes it.
  bool take_key(const Chord& chord);
  bool take_key(uint32_t code) { return take_key(Chord{code, false, false, false}); }
  [[nodiscard]] bool is_on_top() const { return layer == top_layer; }
  void move_focus();
  void reveal(const ImRect& rect);  // by the scroll that it is in
  void settle_layers();
  [[nodiscard]] const Focusable* nearest(const Chord& chord) const;
  Box begin_layer(std::string_view id, const ImRect* beside, const Box& box);

  ImGuiContext* context = nullptr;
  Text& letters;
  Clipboard clipboard;
  Page page{};
  float scale = 1;
  Input input{};
  bool key_taken = false;
  std::array<bool, 512> down{};  // keys, by scancode
  bool wants_frame = false;
  std::optional<Duration> wants_frame_in{};
  int changed_frames = 0;  // in a row that the atlas made wrong

  std::vector<Focusable> focusables{};
  ImGuiID focus = 0;
  bool focus_visible = false;
  ImGuiID focus_scroll = 0;  // that it is in
  bool focus_next = false;
  bool focus_moved = false;  // to be brought into view
  size_t layer = 0;          // being drawn
  size_t layer_highest = 0;  // of this frame
  size_t top_layer = 0;      // of the last
  std::array<ImGuiID, kLayersMax> focus_below{};
  std::array<bool, kLayersMax> closing{};  // a click beside the popup
  std::unordered_map<ImGuiID, Scroll> scrolls{};
  std::vector<ImGuiID> scroll_stack{};
  ImGuiID choice_open = 0;
  size_t choice_at = 0;
  Editing editing{};
  bool editing_seen = false;
  std::optional<Box> text_entry{};
  std::vector<std::string> shortened{};
  std::string tooltip{};
  ImRect tooltip_at{};
};

}  // namespace farline::ui
