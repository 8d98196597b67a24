#include "ui/kit.h"

#include <SDL_keyboard.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "ui/kit_state.h"

namespace farline::ui {
namespace {

constexpr int kFramesRedrawnMax = 3;  // for the atlas' sake
constexpr float kWheelStep = 56;
constexpr float kScrollBar = 12;

void open_window(size_t layer, ImVec2 size) {
  std::array<char, 16> name{};
  ImFormatString(name.data(), name.size(), "layer%u", static_cast<unsigned>(layer));
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(size);
  ImGui::Begin(name.data(), nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav);
}

// What moves and erases does so again while the key is held.
bool repeats(uint32_t code) {
  return (code >= key::home && code <= key::up) || code == key::tab || code == key::backspace || code == key::z;
}

bool is_bare_letter(const Chord& chord) {
  return !chord.ctrl && !chord.alt && (chord.code < key::f1 || chord.code > key::f12) && chord.code != key::escape;
}

}  // namespace

Kit::State::State(Text& text, Clipboard board) : letters(text), clipboard(std::move(board)) {
  context = ImGui::CreateContext();
  ImGui::SetCurrentContext(context);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
  // ImGui wants a font of its own; nothing is drawn with it.
  io.Fonts->Flags |= ImFontAtlasFlags_NoBakedLines | ImFontAtlasFlags_NoMouseCursors;
  io.Fonts->AddFontDefault();
  io.Fonts->Build();
  io.Fonts->ClearTexData();
  io.Fonts->SetTexID(this);
  ImGuiStyle& style = ImGui::GetStyle();
  style.WindowPadding = {0, 0};
  style.WindowBorderSize = 0;
  style.WindowMinSize = {1, 1};
  style.AntiAliasedLinesUseTex = false;
}

Kit::State::~State() {
  ImGui::DestroyContext(context);
}

Kit::Kit(Text& text, Clipboard clipboard) : s_(std::make_unique<State>(text, std::move(clipboard))) {}
Kit::~Kit() = default;

// --- Frames ---
void Kit::begin(const Page& page, const Input& input) {
  State& s = *s_;
  ImGui::SetCurrentContext(s.context);
  s.letters.begin_frame();
  s.page = page;
  s.scale = page.display_scale * static_cast<float>(page.text_percent) / 100;
  s.input = input;
  s.key_taken = false;
  const bool is_key = input.what == Input::What::key_down || input.what == Input::What::key_up;
  if (is_key && input.chord.code < s.down.size()) s.down[input.chord.code] = input.what == Input::What::key_down;
  s.wants_frame = false;
  s.wants_frame_in.reset();
  s.focusables.clear();
  s.layer = s.layer_highest = 0;
  s.text_entry.reset();
  s.tooltip.clear();
  s.shortened.clear();
  s.editing_seen = false;

  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {static_cast<float>(page.width), static_cast<float>(page.height)};
  io.DeltaTime = 1.0F / 60;
  const auto side = static_cast<float>(s.letters.atlas().side());
  io.Fonts->TexUvWhitePixel = {1 / side, 1 / side};
  if (input.what == Input::What::mouse_move || input.what == Input::What::mouse_down ||
      input.what == Input::What::mouse_up) {
    io.MousePos = {input.x, input.y};
  }
  if (input.what == Input::What::mouse_down) io.MouseDown[0] = true;
  if (input.what == Input::What::mouse_up) io.MouseDown[0] = false;
  ImGui::NewFrame();
  open_window(0, io.DisplaySize);
  s.fill({{0, 0}, io.DisplaySize}, s.colour(Role::background));
}

void Kit::end() {
  State& s = *s_;
  INVARIANT(s.layer == 0 && s.scroll_stack.empty());
  if (!s.tooltip.empty()) s.draw_tooltip(s.tooltip_at, s.tooltip);
  ImGui::End();
  ImGui::Render();
  if (s.input.what == Input::What::key_down && !s.key_taken) s.move_focus();
  s.settle_layers();
  if (!s.editing_seen) s.editing = {};
  if (s.input.what == Input::What::mouse_down || s.input.what == Input::What::mouse_up) s.wants_frame = true;
  s.changed_frames = s.letters.atlas().changed() ? s.changed_frames + 1 : 0;
  if (s.changed_frames > 0 && s.changed_frames <= kFramesRedrawnMax) s.wants_frame = true;
}

bool Kit::wants_frame() const {
  return s_->wants_frame;
}
std::optional<Duration> Kit::wants_frame_in() const {
  return s_->wants_frame_in;
}
std::optional<Box> Kit::text_entry() const {
  return s_->text_entry;
}

Box Kit::page() const {
  return {0, 0, static_cast<float>(s_->page.width) / s_->scale, static_cast<float>(s_->page.height) / s_->scale};
}
bool Kit::is_by_hand() const {
  return s_->input.what != Input::What::none;
}
void Kit::redraw_in(Duration time) {
  s_->wants_frame_in = s_->wants_frame_in ? std::min(*s_->wants_frame_in, time) : time;
}

// --- Keys ---
bool Kit::State::take_key(const Chord& chord) {
  const bool is_it = input.what == Input::What::key_down && !key_taken && input.chord.code == chord.code &&
                     input.chord.ctrl == chord.ctrl && input.chord.shift == chord.shift &&
                     input.chord.alt == chord.alt && (!input.is_repeat || repeats(chord.code));
  if (is_it) key_taken = wants_frame = true;
  return is_it;
}

bool Kit::pressed(const Chord& chord) {
  if (!s_->is_on_top() || (s_->editing.id != 0 && is_bare_letter(chord))) return false;
  return s_->take_key(chord);
}
std::string Kit::pasted() const {
  return s_->clipboard.paste ? s_->clipboard.paste() : std::string();
}
bool Kit::is_down(uint32_t code) const {
  return code < s_->down.size() && s_->down[code];
}
uint32_t Kit::key_now() const {
  return s_->input.what == Input::What::key_down ? s_->input.chord.code : 0;
}
std::string Kit::key_name(uint32_t code) {
  return SDL_GetScancodeName(static_cast<SDL_Scancode>(code));
}

// --- Focus ---
const Focusable* Kit::State::nearest(const Chord& chord) const {
  const auto here =
      std::find_if(focusables.begin(), focusables.end(), [&](const Focusable& item) { return item.id == focus; });
  if (here == focusables.end()) return nullptr;
  const bool across = chord.code == key::left || chord.code == key::right;
  const bool ahead = chord.code == key::right || chord.code == key::down;
  const auto along = [&](const ImRect& rect) { return across ? rect.GetCenter().x : rect.GetCenter().y; };
  const auto apart = [&](const ImRect& rect) {  // across the direction: none where the two overlap
    return across ? std::max({rect.Min.y - here->rect.Max.y, here->rect.Min.y - rect.Max.y, 0.0F})
                  : std::max({rect.Min.x - here->rect.Max.x, here->rect.Min.x - rect.Max.x, 0.0F});
  };
  const Focusable* best = nullptr;
  float best_score = 0;
  for (const Focusable& item : focusables) {
    const float distance = ahead ? along(item.rect) - along(here->rect) : along(here->rect) - along(item.rect);
    if (item.layer != top_layer || item.id == focus || distance < 1) continue;
    const float score = distance + 3 * apart(item.rect);
    if (best && score >= best_score) continue;
    best = &item;
    best_score = score;
  }
  return best;
}

void Kit::State::move_focus() {
  const Chord& chord = input.chord;
  const bool is_tab = chord.code == key::tab && !chord.ctrl && !chord.alt;
  const bool is_arrow = chord.code >= key::right && chord.code <= key::up && !chord.ctrl && !chord.alt;
  if (!is_tab && !is_arrow) return;
  std::vector<ImGuiID> order;
  for (const Focusable& item : focusables) {
    if (item.layer == top_layer) order.push_back(item.id);
  }
  if (order.empty()) return;
  const auto here = std::find(order.begin(), order.end(), focus);
  const auto index = static_cast<size_t>(here - order.begin());
  if (here == order.end()) {
    focus = chord.shift ? order.back() : order.front();
  } else if (is_tab) {
    focus = order[(index + (chord.shift ? order.size() - 1 : 1)) % order.size()];
  } else if (const Focusable* found = nearest(chord)) {
    focus = found->id;
  }
  focus_visible = focus_moved = wants_frame = true;
}

// A layer that opens takes the focus, one that closes gives it back.
void Kit::State::settle_layers() {
  if (layer_highest != top_layer) {
    wants_frame = true;
    focus_visible = focus_visible || input.what == Input::What::key_down;
    if (layer_highest > top_layer) {
      const bool is_inside = std::any_of(focusables.begin(), focusables.end(), [&](const Focusable& item) {
        return item.id == focus && item.layer == layer_highest;
      });
      if (!is_inside) {
        focus_below[top_layer] = focus;
        const auto first = std::find_if(focusables.begin(), focusables.end(),
                                        [&](const Focusable& item) { return item.layer == layer_highest; });
        focus = first != focusables.end() ? first->id : 0;
      }
    } else {
      focus = focus_below[layer_highest];
    }
    top_layer = layer_highest;
  }
  const bool is_there =
      std::any_of(focusables.begin(), focusables.end(), [&](const Focusable& item) { return item.id == focus; });
  if (!is_there) focus = focus_scroll = 0;
}

void Kit::focus_next() {
  s_->focus_next = true;
}
bool Kit::is_held(std::string_view id) const {
  const ImGuiID key = ImGui::GetID(id.data(), id.data() + id.size());
  return ImGui::GetActiveID() == key || (s_->focus == key && (is_down(key::enter) || is_down(key::space)));
}
const std::vector<std::string>& Kit::shortened() const {
  return s_->shortened;
}
bool Kit::is_focused(std::string_view id) const {
  return s_->focus == ImGui::GetID(id.data(), id.data() + id.size());
}
void Kit::push_id(std::string_view id) {
  ImGui::PushID(id.data(), id.data() + id.size());
}
void Kit::pop_id() {
  ImGui::PopID();
}

Touch Kit::State::touch(std::string_view id, const Box& box, const Reach& reach) {
  Touch touch;
  touch.id = ImGui::GetID(id.data(), id.data() + id.size());
  touch.rect = rect(box);
  if (touch.rect.GetWidth() <= 0 || touch.rect.GetHeight() <= 0) return touch;
  ImGui::ItemAdd(touch.rect, touch.id);
  if (!reach.is_enabled && reach.tooltip.empty()) return touch;
  focusables.push_back({touch.id, touch.rect, layer});
  if (std::exchange(focus_next, false)) {
    if (layer > top_layer) focus_below[top_layer] = focus;
    focus = touch.id;
    focus_moved = wants_frame = true;
  }
  bool is_hovered = false;
  const bool is_pressed =
      ImGui::ButtonBehavior(touch.rect, touch.id, &is_hovered, &touch.is_held, ImGuiButtonFlags_AllowItemOverlap);
  ImGui::SetItemAllowOverlap();
  if (touch.is_held && input.what == Input::What::mouse_down) {
    focus = touch.id;
    focus_visible = false;
  }
  const bool is_focused = focus == touch.id;
  touch.shows_focus = is_focused && focus_visible;
  if (is_focused) focus_scroll = scroll_stack.empty() ? 0 : scroll_stack.back();
  if (is_focused && std::exchange(focus_moved, false)) reveal(touch.rect);
  if (!reach.tooltip.empty() && (is_hovered || touch.shows_focus)) {
    tooltip = reach.tooltip;
    tooltip_at = touch.rect;
  }
  touch.is_held = touch.is_held && reach.is_enabled;
  touch.is_hovered = is_hovered && reach.is_enabled;
  touch.is_focused = is_focused && reach.is_enabled && is_on_top();
  touch.is_pressed = is_pressed && reach.is_enabled;
  if (touch.is_pressed) wants_frame = true;
  return touch;
}

// --- Scrolling ---
Box Kit::begin_scroll(std::string_view id, Box box, float content_height) {
  State& s = *s_;
  const ImGuiID key = ImGui::GetID(id.data(), id.data() + id.size());
  Scroll& scroll = s.scrolls[key];
  scroll.box = box;
  scroll.offset_max = std::max(content_height - box.h, 0.0F);
  const ImRect area = s.rect(box);
  const bool is_here = s.is_on_top() && area.Contains(ImGui::GetIO().MousePos);
  if (is_here && s.input.what == Input::What::wheel) scroll.offset -= s.input.y * kWheelStep;
  const bool is_focus_elsewhere = s.focus_scroll != 0 && s.focus_scroll != key;
  if (s.is_on_top() && !is_focus_elsewhere) {
    if (s.take_key(key::page_down)) scroll.offset += box.h * 0.9F;
    if (s.take_key(key::page_up)) scroll.offset -= box.h * 0.9F;
  }
  if (scroll.offset_max > 0) {
    Box bar = box.cut_end(kScrollBar);
    const float thumb_height = std::max(bar.h * bar.h / content_height, kControl);
    const float path = std::max(bar.h - thumb_height, 1.0F);
    bool is_hovered = false;
    bool is_held = false;
    const ImGuiID bar_id = key + 1;
    ImGui::ItemAdd(s.rect(bar), bar_id);
    ImGui::ButtonBehavior(s.rect(bar), bar_id, &is_hovered, &is_held);
    if (is_held) {
      const float at = ImGui::GetIO().MousePos.y / s.scale - bar.y - thumb_height / 2;
      scroll.offset = at / path * scroll.offset_max;
    }
    scroll.offset = std::clamp(scroll.offset, 0.0F, scroll.offset_max);
    const Box thumb{bar.x, bar.y + path * scroll.offset / scroll.offset_max, bar.w, thumb_height};
    s.fill(s.rect(thumb.inset(3, 2)), s.colour(is_held || is_hovered ? Role::dim : Role::line), 3);
  }
  scroll.offset = std::clamp(scroll.offset, 0.0F, scroll.offset_max);
  s.scroll_stack.push_back(key);
  ImGui::PushClipRect(area.Min, area.Max, true);
  return {box.x, box.y - scroll.offset, box.w, std::max(content_height, box.h)};
}

void Kit::end_scroll() {
  INVARIANT(!s_->scroll_stack.empty());
  s_->scroll_stack.pop_back();
  ImGui::PopClipRect();
}

float Kit::scrolled(std::string_view id) const {
  const auto found = s_->scrolls.find(ImGui::GetID(id.data(), id.data() + id.size()));
  return found == s_->scrolls.end() ? 0 : found->second.offset;
}

void Kit::scroll_to(std::string_view id, float offset) {
  s_->scrolls[ImGui::GetID(id.data(), id.data() + id.size())].offset = offset;
}

void Kit::State::reveal(const ImRect& rect) {
  if (scroll_stack.empty()) return;
  Scroll& scroll = scrolls[scroll_stack.back()];
  const float top = rect.Min.y / scale - scroll.box.y;
  const float bottom = rect.Max.y / scale - scroll.box.y;
  const float before = scroll.offset;
  if (bottom > scroll.box.h) scroll.offset += bottom - scroll.box.h + kGap;
  if (top < 0) scroll.offset += top - kGap;
  wants_frame = wants_frame || scroll.offset != before;
}

// --- Layers ---
Box Kit::State::begin_layer(std::string_view id, const ImRect* beside, const Box& box) {
  INVARIANT(layer + 1 < kLayersMax);
  ++layer;
  layer_highest = std::max(layer_highest, layer);
  ImGuiIO& io = ImGui::GetIO();
  open_window(layer, io.DisplaySize);
  ImGui::PushID(id.data(), id.data() + id.size());
  const ImRect all{{0, 0}, io.DisplaySize};
  const ImRect area = rect(box);
  if (!beside) list().AddRectFilled(all.Min, all.Max, IM_COL32(0, 0, 0, 110));
  const bool is_outside = input.what == Input::What::mouse_down && is_on_top() && !area.Contains(io.MousePos);
  closing[layer] = beside && is_outside;
  fill(area, colour(Role::surface), 6);
  frame(area, colour(Role::line), 6);
  return box;
}

Box Kit::begin_modal(std::string_view id, float width, float height) {
  return s_->begin_layer(id, nullptr, page().inset(kGap).centred(width, height)).inset(kMargin);
}

Box Kit::begin_popup(std::string_view id, Box at) {
  const Box all = page();
  at.y = std::max(std::min(at.y, all.h - at.h), 0.0F);
  at.x = std::max(std::min(at.x, all.w - at.w), 0.0F);
  const ImRect area = s_->rect(at);
  return s_->begin_layer(id, &area, at).inset(1, 1);
}

bool Kit::end_modal() {
  State& s = *s_;
  INVARIANT(s.layer > 0);
  const bool is_closing = s.closing[s.layer] || (s.is_on_top() && s.take_key(key::escape));
  if (is_closing) s.wants_frame = true;
  ImGui::PopID();
  ImGui::End();
  --s.layer;
  return is_closing;
}

}  // namespace farline::ui
