#include <algorithm>
#include <cmath>

#include "ui/kit_state.h"

namespace farline::ui {
namespace {

float em_of(Size size) {
  switch (size) {
    case Size::small:
      return 12.5F;
    case Size::body:
      return 15;
    case Size::title:
      return 20;
    case Size::huge:
      return 34;
  }
  return 15;
}

}  // namespace

// --- Coordinates ---
ImRect Kit::State::rect(const Box& box) const {
  const auto width = static_cast<float>(page.width);
  float left = std::round(box.x * scale);
  float right = std::round(box.end() * scale);
  if (page.is_rtl) {
    const float mirrored = width - right;
    right = width - left;
    left = mirrored;
  }
  return {left, std::round(box.y * scale), right, std::round(box.bottom() * scale)};
}

ImVec2 Kit::State::point(Point at) const {
  return {page.is_rtl ? static_cast<float>(page.width) - at.x * scale : at.x * scale, at.y * scale};
}

float Kit::State::logical_x(float physical) const {
  return (page.is_rtl ? static_cast<float>(page.width) - physical : physical) / scale;
}

bool Kit::State::is_visible(const ImRect& area) const {
  return ImGui::IsRectVisible(area.Min, area.Max);
}

// --- Shapes ---
ImU32 Kit::State::colour(Role role) const {
  const Colour c = colour_of(page.theme, role);
  return IM_COL32(c.r, c.g, c.b, 255);
}

ImDrawList& Kit::State::list() {
  return *ImGui::GetWindowDrawList();
}

// Rounded corners are pictures: quads are what SDL's software renderer is fast at.
void Kit::State::fill(const ImRect& area, ImU32 tone, float rounding) {
  if (!is_visible(area) || area.GetWidth() <= 0 || area.GetHeight() <= 0) return;
  ImDrawList& draw = list();
  const float most = std::floor(std::min(area.GetWidth(), area.GetHeight()) / 2);
  const float r = std::min({std::round(rounding * scale), most, 128.0F});
  if (r < 1) {
    draw.AddRectFilled(area.Min, area.Max, tone);
    return;
  }
  Atlas& atlas = letters.atlas();
  const Atlas::Place corner = atlas.corner(static_cast<int>(r));
  const auto side = static_cast<float>(atlas.side());
  const ImVec2 from{static_cast<float>(corner.x) / side, static_cast<float>(corner.y) / side};
  const ImVec2 to{(static_cast<float>(corner.x) + r) / side, (static_cast<float>(corner.y) + r) / side};
  draw.AddRectFilled({area.Min.x + r, area.Min.y}, {area.Max.x - r, area.Max.y}, tone);
  draw.AddRectFilled({area.Min.x, area.Min.y + r}, {area.Min.x + r, area.Max.y - r}, tone);
  draw.AddRectFilled({area.Max.x - r, area.Min.y + r}, {area.Max.x, area.Max.y - r}, tone);
  draw.PrimReserve(24, 16);
  draw.PrimRectUV(area.Min, {area.Min.x + r, area.Min.y + r}, from, to, tone);
  draw.PrimRectUV({area.Max.x - r, area.Min.y}, {area.Max.x, area.Min.y + r}, {to.x, from.y}, {from.x, to.y}, tone);
  draw.PrimRectUV({area.Min.x, area.Max.y - r}, {area.Min.x + r, area.Max.y}, {from.x, to.y}, {to.x, from.y}, tone);
  draw.PrimRectUV({area.Max.x - r, area.Max.y - r}, area.Max, to, from, tone);
}

void Kit::State::frame(const ImRect& area, ImU32 tone, float rounding, float thickness) {
  if (!is_visible(area)) return;
  const float width = std::max(std::round(thickness * scale), 1.0F);
  ImDrawList& draw = list();
  if (rounding <= 0) {
    draw.AddRectFilled(area.Min, {area.Max.x, area.Min.y + width}, tone);
    draw.AddRectFilled({area.Min.x, area.Max.y - width}, area.Max, tone);
    draw.AddRectFilled({area.Min.x, area.Min.y + width}, {area.Min.x + width, area.Max.y - width}, tone);
    draw.AddRectFilled({area.Max.x - width, area.Min.y + width}, {area.Max.x, area.Max.y - width}, tone);
    return;
  }
  const float half = width / 2;
  draw.AddRect({area.Min.x + half, area.Min.y + half}, {area.Max.x - half, area.Max.y - half}, tone,
               std::round(rounding * scale), 0, width);
}

void Kit::State::draw_focus(const ImRect& area) {
  ImRect ring = area;
  ring.Expand(std::round(2 * scale));
  ImGui::PushClipRect({0, 0}, ImGui::GetIO().DisplaySize, scroll_stack.empty() ? false : true);
  frame(ring, colour(Role::focus), 0, 2);
  ImGui::PopClipRect();
}

void Kit::fill(Box box, Role role, float rounding) {
  s_->fill(s_->rect(box), s_->colour(role), rounding);
}
void Kit::frame(Box box, Role role, float rounding, float thickness) {
  s_->frame(s_->rect(box), s_->colour(role), rounding, thickness);
}

void Kit::hatch(Box box, Role role) {
  State& s = *s_;
  const ImRect area = s.rect(box);
  if (!s.is_visible(area)) return;
  Atlas& atlas = s.letters.atlas();
  const int width = std::clamp(static_cast<int>(s.scale), 1, 4);
  const Atlas::Place tile = atlas.stripes(std::clamp(static_cast<int>(6 * s.scale), 4, 32), width);
  const auto side = static_cast<float>(atlas.side());
  const auto size = static_cast<float>(tile.width);
  const ImVec2 from{static_cast<float>(tile.x) / side, static_cast<float>(tile.y) / side};
  ImDrawList& draw = State::list();
  for (float y = area.Min.y; y < area.Max.y; y += size) {
    for (float x = area.Min.x; x < area.Max.x; x += size) {
      const ImVec2 part{std::min(size, area.Max.x - x), std::min(size, area.Max.y - y)};
      draw.PrimReserve(6, 4);
      draw.PrimRectUV({x, y}, {x + part.x, y + part.y}, from, {from.x + part.x / side, from.y + part.y / side},
                      s.colour(role));
    }
  }
}

void Kit::line(Point from, Point to, Role role, float thickness) {
  const ImVec2 a = s_->point(from);
  const ImVec2 b = s_->point(to);
  const float width = std::max(std::round(thickness * s_->scale), 1.0F);
  if (a.x == b.x || a.y == b.y) {  // quads are faster, and sharp
    const ImVec2 low{std::round(std::min(a.x, b.x)), std::round(std::min(a.y, b.y))};
    const ImVec2 high{std::round(std::max(a.x, b.x)), std::round(std::max(a.y, b.y))};
    State::list().AddRectFilled(low, {std::max(high.x, low.x + width), std::max(high.y, low.y + width)},
                                s_->colour(role));
    return;
  }
  State::list().AddLine(a, b, s_->colour(role), width);
}

void Kit::polyline(std::span<const Point> points, Role role, float thickness) {
  std::vector<ImVec2> physical;
  physical.reserve(points.size());
  for (const Point& at : points) physical.push_back(s_->point(at));
  State::list().AddPolyline(physical.data(), static_cast<int>(physical.size()), s_->colour(role), 0,
                            std::max(thickness * s_->scale, 1.0F));
}

void Kit::icon(Box box, Icon icon, Role role) {
  s_->draw_icon(s_->rect(box), icon, s_->colour(role));
}

// --- Text ---
float Kit::State::pixels(Size size) const {
  return std::round(em_of(size) * scale * 4) / 4;
}

void Kit::State::draw_line(const Line& line, ImVec2 top_left, float em, ImU32 tone) {
  ImDrawList& draw = list();
  Atlas& atlas = letters.atlas();
  const float baseline = std::round(top_left.y + letters.ascent(em));
  const auto quarters = static_cast<uint16_t>(std::clamp(em * 4, 4.0F, 1024.0F));
  for (const Glyph& glyph : line.glyphs) {
    const float x = top_left.x + glyph.x;
    const float whole = std::floor(x);
    const auto shift = static_cast<uint8_t>((x - whole) * 4);
    const Atlas::Place place =
        atlas.find(letters.fonts(), {.face = glyph.face, .id = glyph.id, .quarter_pixels = quarters, .shift = shift});
    if (place.width == 0) continue;
    const auto side = static_cast<float>(atlas.side());
    const ImVec2 min{whole + static_cast<float>(place.left),
                     std::round(baseline + glyph.y) - static_cast<float>(place.top)};
    const ImVec2 max{min.x + static_cast<float>(place.width), min.y + static_cast<float>(place.height)};
    draw.PrimReserve(6, 4);
    draw.PrimRectUV(
        min, max, {static_cast<float>(place.x) / side, static_cast<float>(place.y) / side},
        {static_cast<float>(place.x + place.width) / side, static_cast<float>(place.y + place.height) / side},
        place.is_colour ? tone | IM_COL32(255, 255, 255, 0) : tone);
  }
}

void Kit::State::draw_text(const ImRect& area, std::string_view text, const Style& style) {
  if (text.empty() || !is_visible(area) || area.GetWidth() < 1) return;
  const float em = pixels(style.size);
  const Line& line =
      letters.shape(text, {.pixels = em, .bold = style.bold, .width_max = area.GetWidth(), .ellipsis = true}).lines[0];
  if (line.is_shortened) shortened.emplace_back(text);
  bool to_right = style.align == Align::end;
  if (style.align == Align::content) to_right = !line.is_neutral && line.is_rtl != page.is_rtl;
  if (page.is_rtl) to_right = !to_right;
  const float room = area.GetWidth() - line.width;
  const float x = area.Min.x + (style.align == Align::centre ? std::floor(room / 2) : to_right ? room : 0);
  const float y = area.Min.y + std::floor((area.GetHeight() - letters.line_height(em)) / 2);
  draw_line(line, {x, y}, em, colour(style.role));
}

void Kit::text(Box box, std::string_view text, const Style& style) {
  s_->draw_text(s_->rect(box), text, style);
}

float Kit::paragraph(Box box, std::string_view text, const Style& style) {
  State& s = *s_;
  const ImRect area = s.rect(box);
  if (area.GetWidth() < 1) return 0;
  const float em = s.pixels(style.size);
  const float height = s.letters.line_height(em);
  const Paragraph& paragraph =
      s.letters.shape(text, {.pixels = em, .bold = style.bold, .width_max = area.GetWidth(), .ellipsis = false});
  float y = area.Min.y;
  for (const Line& line : paragraph.lines) {
    const ImRect row{area.Min.x, y, area.Max.x, y + height};
    bool to_right = style.align == Align::end;
    if (style.align == Align::content) to_right = !line.is_neutral && line.is_rtl != s.page.is_rtl;
    if (s.page.is_rtl) to_right = !to_right;
    const float room = area.GetWidth() - line.width;
    const float x = area.Min.x + (style.align == Align::centre ? std::floor(room / 2) : to_right ? room : 0);
    if (s.is_visible(row)) s.draw_line(line, {x, y}, em, s.colour(style.role));
    y += height;
  }
  return (y - area.Min.y) / s.scale;
}

float Kit::measure(std::string_view text, const Style& style) {
  const TextSpec spec{.pixels = s_->pixels(style.size), .bold = style.bold, .width_max = 0, .ellipsis = true};
  return std::ceil(s_->letters.shape(text, spec).width) / s_->scale;
}

float Kit::measure_paragraph(float width, std::string_view text, const Style& style) {
  const float em = s_->pixels(style.size);
  const ImRect area = s_->rect({0, 0, width, 0});
  const TextSpec spec{
      .pixels = em, .bold = style.bold, .width_max = std::max(area.GetWidth(), 1.0F), .ellipsis = false};
  return static_cast<float>(s_->letters.shape(text, spec).lines.size()) * s_->letters.line_height(em) / s_->scale;
}

float Kit::line_height(Size size) const {
  return s_->letters.line_height(s_->pixels(size)) / s_->scale;
}

void Kit::State::draw_tooltip(const ImRect& beside, std::string_view text) {
  const float em = pixels(Size::small);
  const float margin = std::round(6 * scale);
  const TextSpec spec{.pixels = em, .bold = false, .width_max = std::round(360 * scale), .ellipsis = false};
  const Paragraph& paragraph = letters.shape(text, spec);
  const float height = letters.line_height(em);
  const ImVec2 size{std::ceil(paragraph.width) + 2 * margin,
                    height * static_cast<float>(paragraph.lines.size()) + 2 * margin};
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  ImVec2 at{page.is_rtl ? beside.Max.x - size.x : beside.Min.x, beside.Max.y + margin};
  if (at.y + size.y > screen.y) at.y = beside.Min.y - size.y - margin;
  at.x = std::max(std::min(at.x, screen.x - size.x), 0.0F);
  const ImRect area{at, {at.x + size.x, at.y + size.y}};
  // Above all layers.
  ImDrawList& draw = *ImGui::GetForegroundDrawList();
  draw.AddRectFilled(area.Min, area.Max, colour(Role::text));
  ImGuiWindow* window = ImGui::GetCurrentWindow();
  ImDrawList* const normal = window->DrawList;
  window->DrawList = &draw;
  float y = at.y + margin;
  for (const Line& line : paragraph.lines) {
    const float x = line.is_rtl ? area.Max.x - margin - line.width : at.x + margin;
    draw_line(line, {x, y}, em, colour(Role::surface));
    y += height;
  }
  window->DrawList = normal;
}

}  // namespace farline::ui
