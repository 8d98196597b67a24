#include <algorithm>
#include <cmath>

#include "ui/kit_state.h"

namespace farline::ui {
namespace {

constexpr float kIcon = 18;
constexpr float kPadding = 12;
constexpr float kRounding = 5;

struct Paint {
  Role background = Role::raised;
  Role text = Role::text;
  bool is_filled = true;
};

Paint paint_of(Kind kind) {
  switch (kind) {
    case Kind::normal:
      return {Role::raised, Role::text, true};
    case Kind::primary:
      return {Role::accent, Role::on_accent, true};
    case Kind::quiet:
      return {Role::raised, Role::text, false};
    case Kind::danger:
      return {Role::surface, Role::bad, true};
    case Kind::emergency:
      return {Role::bad, Role::on_accent, true};
  }
  return {};
}

// A step towards the text's colour: pointed at, or held down.
ImU32 shaded(ImU32 from, ImU32 to, int percent) {
  const auto mix = [&](int shift) {
    const int a = static_cast<int>(from >> shift & 0xFF);
    const int b = static_cast<int>(to >> shift & 0xFF);
    return static_cast<ImU32>(a + (b - a) * percent / 100) << shift;
  };
  return mix(0) | mix(8) | mix(16) | 0xFF000000;
}

int percent_of(const Touch& touch) {
  return touch.is_held ? 22 : touch.is_hovered ? 10 : 0;
}

}  // namespace

bool Kit::button(std::string_view id, Box box, std::string_view label, const ButtonOptions& options) {
  State& s = *s_;
  const Touch touch = s.touch(id, box, {options.enabled, options.tooltip});
  const bool is_pressed =
      touch.is_pressed ||
      (touch.is_focused && (s.take_key(key::enter) || s.take_key(key::enter_pad) || s.take_key(key::space)));
  if (!s.is_visible(touch.rect)) return is_pressed;
  const Paint look = paint_of(options.kind);
  const Role ink = options.enabled ? look.text : Role::dim;
  const ImU32 back = s.colour(options.enabled ? look.background : Role::raised);
  if (look.is_filled || touch.is_hovered || touch.is_held || options.pressed_in) {
    const int percent = percent_of(touch) + (options.pressed_in ? 15 : 0);
    s.fill(touch.rect, options.enabled ? shaded(back, s.colour(ink), percent) : back, kRounding);
  }
  const bool is_outlined =
      options.kind == Kind::danger || options.pressed_in || (s.page.theme == client::Theme::contrast && look.is_filled);
  if (is_outlined) s.frame(touch.rect, s.colour(ink), kRounding, options.pressed_in ? 2 : 1);

  Box inside = box.inset(std::min(kPadding, std::max((box.w - kIcon) / 2, 0.0F)), 0);
  if (options.icon != Icon::none) {
    Box place = label.empty() ? inside : inside.cut_start(kIcon);
    if (!label.empty()) inside.cut_start(kGap);
    s.draw_icon(s.rect(place.centred(kIcon, kIcon)), options.icon, s.colour(ink));
  }
  if (options.padlock) {
    s.draw_icon(s.rect(inside.cut_end(14).centred(14, 14)), Icon::lock, s.colour(ink));
    inside.cut_end(kGap / 2);
  }
  if (!options.shortcut.empty()) {
    const Style dim{.size = Size::small, .role = ink, .align = Align::end, .bold = false};
    text(inside.cut_end(measure(options.shortcut, dim)), options.shortcut, dim);
    inside.cut_end(kGap);
  }
  const bool has_start = options.icon != Icon::none || !options.shortcut.empty();
  text(inside, label,
       {.size = Size::body, .role = ink, .align = has_start ? Align::start : Align::centre, .bold = false});
  if (touch.shows_focus) s.draw_focus(touch.rect);
  return is_pressed;
}

float Kit::button_width(std::string_view label, const ButtonOptions& options) {
  float width = 2 * kPadding + measure(label);
  if (options.icon != Icon::none) width += kIcon + (label.empty() ? 0 : kGap);
  if (options.padlock) width += 14 + kGap / 2;
  if (!options.shortcut.empty()) width += kGap + measure(options.shortcut, {.size = Size::small});
  return std::ceil(width) + 1;
}

bool Kit::button_at_start(std::string_view id, Box& row, std::string_view label, const ButtonOptions& options) {
  const Box box = row.cut_start(button_width(label, options));
  row.cut_start(kGap);
  return button(id, box, label, options);
}

bool Kit::button_at_end(std::string_view id, Box& row, std::string_view label, const ButtonOptions& options) {
  const Box box = row.cut_end(button_width(label, options));
  row.cut_end(kGap);
  return button(id, box, label, options);
}

bool Kit::toggle(std::string_view id, Box box, std::string_view label, bool& on, const ButtonOptions& options) {
  State& s = *s_;
  const Touch touch = s.touch(id, box, {options.enabled, options.tooltip});
  const bool is_pressed = touch.is_pressed || (touch.is_focused && (s.take_key(key::space) || s.take_key(key::enter)));
  if (is_pressed) on = !on;
  if (!s.is_visible(touch.rect)) return is_pressed;
  const Role ink = options.enabled ? Role::text : Role::dim;
  Box inside = box;
  const Box mark = inside.cut_start(22).centred(22, 22);
  inside.cut_start(kGap);
  const ImRect area = s.rect(mark);
  s.fill(area, s.colour(on && options.enabled ? Role::accent : Role::surface), 4);
  s.frame(area, s.colour(on && options.enabled ? Role::accent : ink), 4, touch.is_hovered ? 2 : 1);
  if (on) s.draw_icon(s.rect(mark.inset(3)), Icon::check, s.colour(options.enabled ? Role::on_accent : Role::dim));
  if (options.padlock) {
    s.draw_icon(s.rect(inside.cut_start(14).centred(14, 14)), Icon::lock, s.colour(ink));
    inside.cut_start(kGap / 2);
  }
  text(inside, label, {.size = Size::body, .role = ink, .align = Align::start, .bold = false});
  if (touch.shows_focus) s.draw_focus(touch.rect);
  return is_pressed;
}

bool Kit::choice(std::string_view id, Box box, std::span<const std::string> items, size_t& chosen,
                 const ButtonOptions& options) {
  State& s = *s_;
  const Touch touch = s.touch(id, box, {options.enabled && !items.empty(), options.tooltip});
  const ImGuiID key = touch.id;
  const bool is_opening = touch.is_pressed || (touch.is_focused && (s.take_key(key::space) || s.take_key(key::enter)));
  size_t wanted = chosen;
  if (touch.is_focused && s.choice_open == 0) {
    if (s.take_key(key::down) && chosen + 1 < items.size()) ++wanted;
    if (s.take_key(key::up) && chosen > 0) --wanted;
  }
  const Role ink = options.enabled ? Role::text : Role::dim;
  s.fill(touch.rect, s.colour(Role::surface), kRounding);
  s.frame(touch.rect, s.colour(touch.is_hovered ? Role::text : Role::line), kRounding);
  Box inside = box.inset(kPadding, 0);
  s.draw_icon(s.rect(inside.cut_end(14).centred(14, 14)), options.padlock ? Icon::lock : Icon::down, s.colour(ink));
  inside.cut_end(kGap);
  if (chosen < items.size()) text(inside, items[chosen], {.role = ink});
  if (touch.shows_focus) s.draw_focus(touch.rect);

  if (s.choice_open == key) {
    const float most = std::max(page().h - 2 * kGap, kControl);
    const Box at{box.x, box.bottom() + 2, box.w, std::min(kControl * static_cast<float>(items.size()) + 2, most)};
    Box area = begin_popup(id, at);
    Box page_of = begin_scroll("items", area, kControl * static_cast<float>(items.size()));
    for (size_t i = 0; i < items.size(); ++i) {
      ImGui::PushID(static_cast<int>(i));
      const Box line = page_of.cut_top(kControl);
      if (i == chosen && s.choice_at != i) {  // just opened: begin where it stands
        s.choice_at = i;
        focus_next();
      }
      if (row("item", line, i == chosen)) {
        wanted = i;
        s.choice_open = 0;
      }
      text(line.inset(kPadding, 0), items[i]);
      ImGui::PopID();
    }
    end_scroll();
    if (end_modal()) s.choice_open = 0;
  } else if (is_opening) {
    s.choice_open = key;
    s.choice_at = items.size();
    s.wants_frame = true;
  }
  const bool is_changed = wanted != chosen;
  chosen = wanted;
  return is_changed;
}

bool Kit::slider(std::string_view id, Box box, float& value, float min, float max, float step) {
  State& s = *s_;
  const Touch touch = s.touch(id, box);
  const float before = value;
  constexpr float kKnob = 20;
  if (touch.is_held) {
    const float at = (s.logical_x(ImGui::GetIO().MousePos.x) - box.x - kKnob / 2) / std::max(box.w - kKnob, 1.0F);
    value = min + std::round(std::clamp(at, 0.0F, 1.0F) * (max - min) / step) * step;
  }
  if (touch.is_focused) {
    const float forward = s.page.is_rtl ? -step : step;
    if (s.take_key(key::right)) value += forward;
    if (s.take_key(key::left)) value -= forward;
    if (s.take_key(key::home)) value = min;
    if (s.take_key(key::end)) value = max;
  }
  value = std::clamp(value, min, max);
  const float share = max > min ? (value - min) / (max - min) : 0;
  const float middle = box.y + box.h / 2;
  s.fill(s.rect({box.x, middle - 3, box.w, 6}), s.colour(Role::line), 3);
  s.fill(s.rect({box.x, middle - 3, kKnob / 2 + (box.w - kKnob) * share, 6}), s.colour(Role::accent), 3);
  const Box knob{box.x + (box.w - kKnob) * share, middle - kKnob / 2, kKnob, kKnob};
  s.fill(s.rect(knob), s.colour(Role::accent), kKnob / 2);
  s.fill(s.rect(knob.inset(touch.is_held ? 6 : 4)), s.colour(Role::on_accent), kKnob / 2);
  if (touch.shows_focus) s.draw_focus(touch.rect);
  return value != before;
}

bool Kit::tabs(std::string_view id, Box box, std::span<const Tab> tabs, size_t& chosen) {
  State& s = *s_;
  push_id(id);
  size_t wanted = chosen;
  constexpr float kBadge = 22;
  const auto width_of = [&](const Tab& tab, std::string_view label) {
    return button_width(label, {.icon = tab.icon}) + (tab.count > 0 ? kBadge + kGap : 0) + kGap;
  };
  float natural = 0;
  for (const Tab& tab : tabs) natural += width_of(tab, tab.label);
  const bool is_narrow = natural > box.w;  // then the words are tooltips
  fill({box.x, box.bottom() - 1, box.w, 1}, Role::line);
  for (size_t i = 0; i < tabs.size(); ++i) {
    const Tab& tab = tabs[i];
    ImGui::PushID(static_cast<int>(i));
    const std::string_view label = is_narrow && tab.icon != Icon::none ? std::string_view() : tab.label;
    const Box place = box.cut_start(width_of(tab, label));
    const Touch touch = s.touch("tab", place, {true, is_narrow ? tab.label : std::string_view()});
    const bool is_chosen = i == chosen;
    if (touch.is_pressed || (touch.is_focused && (s.take_key(key::enter) || s.take_key(key::space)))) wanted = i;
    const Role ink = is_chosen ? Role::accent : Role::text;
    if (touch.is_hovered) s.fill(touch.rect, s.colour(Role::raised), kRounding);
    Box inside = place.inset(kPadding, 0);
    if (tab.icon != Icon::none) {
      icon(inside.cut_start(kIcon).centred(kIcon, kIcon), tab.icon, ink);
      inside.cut_start(kGap);
    }
    if (tab.count > 0) {
      const Box badge = inside.cut_end(kBadge).centred(kBadge, 20);
      fill(badge, Role::bad, 10);
      text(badge, tab.count > 99 ? "99" : std::to_string(tab.count),
           {.size = Size::small, .role = Role::on_accent, .align = Align::centre, .bold = true});
    }
    text(inside, label, {.size = Size::body, .role = ink, .align = Align::start, .bold = is_chosen});
    if (is_chosen) fill({place.x + 4, place.bottom() - 3, std::max(place.w - 8, 0.0F), 3}, Role::accent);
    if (touch.shows_focus) s.draw_focus(s.rect(place.inset(3)));
    ImGui::PopID();
  }
  pop_id();
  const bool is_changed = wanted != chosen;
  chosen = wanted;
  return is_changed;
}

bool Kit::row(std::string_view id, Box box, bool selected) {
  State& s = *s_;
  const Touch touch = s.touch(id, box);
  const bool is_pressed = touch.is_pressed || (touch.is_focused && (s.take_key(key::enter) || s.take_key(key::space)));
  if (selected || touch.is_hovered || touch.is_held) {
    s.fill(touch.rect,
           shaded(s.colour(selected ? Role::raised : Role::surface), s.colour(Role::text), touch.is_hovered ? 6 : 0),
           0);
  }
  if (selected) s.fill(s.rect({box.x, box.y, 4, box.h}), s.colour(Role::accent));
  if (touch.shows_focus) s.frame(touch.rect, s.colour(Role::focus), 0, 2);
  return is_pressed;
}

void Kit::meter(Box box, float level, Zone zone, bool clipped) {
  constexpr float kBlock = 6;  // blocks are counted by those who see no colour
  const float share = std::clamp(level, 0.0F, 1.0F);
  fill(box, Role::surface, 2);
  fill({box.x + box.w * zone.min, box.y, box.w * (zone.max - zone.min), box.h}, Role::raised);
  for (float x = 2; x + kBlock <= box.w * share; x += kBlock + 2) {
    const float at = x / box.w;
    const Role role = at > zone.max ? Role::bad : at >= zone.min ? Role::good : Role::dim;
    fill({box.x + x, box.y + 3, kBlock, std::max(box.h - 6, 2.0F)}, role);
  }
  for (const float edge : {zone.min, zone.max}) fill({box.x + box.w * edge - 1, box.y, 2, box.h}, Role::text);
  frame(box, clipped ? Role::bad : Role::line, 0, clipped ? 2 : 1);
}

void Kit::tooltip(Box box, std::string_view text) {
  const ImRect area = s_->rect(box);
  if (!s_->is_on_top() || !ImGui::IsMouseHoveringRect(area.Min, area.Max)) return;
  s_->tooltip = text;
  s_->tooltip_at = area;
}

}  // namespace farline::ui
