#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "ui/kit_state.h"

namespace farline::ui {
namespace {

// Drawn on a field of 24 by 24. M x y begins a line, L x y goes on, Z closes it, F closes and fills it; O x y r is a
// circle, D x y r a disc, A x y r from to an arc in degrees, clockwise from the right.
struct Drawing {
  Icon icon = Icon::none;
  bool has_direction = false;  // mirrored with the page
  std::string_view path{};
};

constexpr std::string_view kHandset =
    "M 5 3 L 9 3 L 10.5 8 L 8 10 L 14 16 L 16 13.5 L 21 15 L 21 19 L 19 21 L 12 19 "
    "L 5 12 L 3 5 F ";
constexpr Drawing kDrawings[] = {
    {Icon::phone, false, kHandset},
    {Icon::hang_up, false,
     "M 2 13 L 6 9.5 L 12 8 L 18 9.5 L 22 13 L 21 16.5 L 16.5 15.5 L 16 12.5 L 12 11.8 L 8 12.5 "
     "L 7.5 15.5 L 3 16.5 F"},
    {Icon::microphone, false,
     "M 9 5 L 10 3 L 14 3 L 15 5 L 15 12 L 14 14 L 10 14 L 9 12 F A 12 11 6.5 0 180 M 12 17.5 L 12 21 M 8 21 L 16 21"},
    {Icon::microphone_off, false,
     "M 9 5 L 10 3 L 14 3 L 15 5 L 15 12 L 14 14 L 10 14 L 9 12 Z A 12 11 6.5 0 180 M 12 17.5 L 12 21 M 8 21 L 16 21 M "
     "3 2 L 21 22"},
    {Icon::speaker, false, "M 3 9 L 7 9 L 12 4 L 12 20 L 7 15 L 3 15 F A 12 12 4 -50 50 A 12 12 8 -50 50"},
    {Icon::speaker_off, false, "M 3 9 L 7 9 L 12 4 L 12 20 L 7 15 L 3 15 F M 15 9 L 21 15 M 21 9 L 15 15"},
    {Icon::hold, false, "M 6 4 L 10 4 L 10 20 L 6 20 F M 14 4 L 18 4 L 18 20 L 14 20 F"},
    {Icon::record, false, "O 12 12 9 D 12 12 5"},
    {Icon::person, false, "D 12 8 4 M 4 20.5 L 5.5 16.5 L 9 14.5 L 15 14.5 L 18.5 16.5 L 20 20.5 F"},
    {Icon::people, false,
     "D 9 8 3.5 M 2 19.5 L 3.5 15.5 L 6.5 13.5 L 11.5 13.5 L 14.5 15.5 L 16 19.5 F O 16.5 8.5 2.6 M 17 13.7 L 20.5 15 "
     "L 22 19"},
    {Icon::clock, false, "O 12 12 9 M 12 6.5 L 12 12 L 16 14.5"},
    {Icon::link, false, "M 4 20 L 4 16 M 9 20 L 9 12 M 14 20 L 14 8 M 19 20 L 19 4"},
    {Icon::rules, false,
     "M 12 2.5 L 20 5.5 L 20 11 L 18 16.5 L 12 21.5 L 6 16.5 L 4 11 L 4 5.5 Z M 8.5 11.5 L 11 14.5 L 15.5 8.5"},
    {Icon::settings, false, "M 3 6 L 21 6 M 3 12 L 21 12 M 3 18 L 21 18 D 8 6 2.6 D 16 12 2.6 D 10 18 2.6"},
    {Icon::lock, false, "M 5 11 L 19 11 L 19 21 L 5 21 F A 12 8.5 4 180 360 M 8 8.5 L 8 11 M 16 8.5 L 16 11"},
    {Icon::search, false, "O 10 10 6.5 M 15 15 L 21 21"},
    {Icon::emergency, false, "M 12 2.5 L 22.5 21 L 1.5 21 Z M 12 9 L 12 15 D 12 18 1.2"},
    {Icon::check, false, "M 4 12.5 L 9.5 18 L 20 6"},
    {Icon::plus, false, "M 12 4 L 12 20 M 4 12 L 20 12"},
    {Icon::back, true, "M 15 4 L 7 12 L 15 20"},
    {Icon::down, false, "M 5 9 L 12 16 L 19 9"},
    {Icon::info, false, "O 12 12 9 D 12 7.5 1.3 M 12 11 L 12 17"},
    {Icon::help, false, "O 12 12 9 A 12 9.8 2.8 180 400 M 14.2 11.6 L 12 14 D 12 17.2 1.2"},
    {Icon::message, false, "M 3 4 L 21 4 L 21 17 L 10 17 L 5 21 L 5 17 L 3 17 Z"},
    {Icon::copy, false, "M 8 8 L 20 8 L 20 21 L 8 21 Z M 16 8 L 16 3 L 4 3 L 4 16 L 8 16"},
    {Icon::folder, false, "M 2.5 5 L 9 5 L 11 7.5 L 21.5 7.5 L 21.5 19 L 2.5 19 Z"},
    {Icon::trash, false,
     "M 4 6 L 20 6 M 9 6 L 9 3 L 15 3 L 15 6 M 6 6 L 7 21 L 17 21 L 18 6 M 10 10 L 10 17 M 14 10 L 14 17"},
    {Icon::refresh, false, "A 12 12 8 -30 250 M 19.5 3 L 19 8 L 14 7.5"},
    {Icon::play, false, "M 6 3 L 20 12 L 6 21 F"},
    {Icon::stop, false, "M 5 5 L 19 5 L 19 19 L 5 19 F"},
    {Icon::incoming, true, "M 19 5 L 6 18 M 6 9 L 6 18 L 15 18"},
    {Icon::outgoing, true, "M 5 19 L 18 6 M 9 6 L 18 6 L 18 15"},
    {Icon::missed, false, "M 3 7 L 11.5 15 L 20 6.5 M 14 6 L 20.5 6 L 20.5 12.5 M 3 13 L 3 7 L 9 7 M 6 20 L 18 20"},
    {Icon::block, false, "O 12 12 9 M 5.6 5.6 L 18.4 18.4"},
    {Icon::wave, false, "M 3 10 L 3 14 M 7.5 6 L 7.5 18 M 12 3 L 12 21 M 16.5 7 L 16.5 17 M 21 10 L 21 14"},
    {Icon::eye, false, "M 1.5 12 L 6 7 L 12 5 L 18 7 L 22.5 12 L 18 17 L 12 19 L 6 17 Z D 12 12 3.2"},
    {Icon::attach, false,
     "M 20 11 L 11.5 19.5 L 8.5 20.8 L 5.5 19.8 L 3.8 17 L 4.3 14 L 13.5 4.8 L 16 4 L 18.3 5 L 19 7.3 L 18.2 9 L 10 17 "
     "L 8 17 L 7.3 15.5 L 7.7 14.3 L 14.5 7.5"},
    {Icon::bell, false,
     "M 3.5 18 L 5.5 15.5 L 6.5 8 L 9 5 L 12 4 L 15 5 L 17.5 8 L 18.5 15.5 L 20.5 18 Z M 12 2 L 12 4 D 12 20.5 1.6"},
    {Icon::keypad, false,
     "D 5 4 2 D 12 4 2 D 19 4 2 D 5 10 2 D 12 10 2 D 19 10 2 D 5 16 2 D 12 16 2 D 19 16 2 D 12 22 2"},
};

class Pen {
 public:
  Pen(ImDrawList& list, ImVec2 origin, float unit, bool is_mirrored)
      : list_(list), origin_(origin), unit_(unit), mirrored_(is_mirrored) {}

  void draw(std::string_view path, ImU32 colour) {
    const float thickness = std::max(unit_ * 2, 1.3F);
    while (!path.empty()) {
      const char command = path.front();
      path.remove_prefix(1);
      if (command == 'M') stroke(colour, thickness, false);
      if (command == 'M' || command == 'L') {
        const float x = number(path);
        list_.PathLineTo(place(x, number(path)));
      } else if (command == 'Z') {
        stroke(colour, thickness, true);
      } else if (command == 'F') {
        fill(colour);
      } else if (command == 'O' || command == 'D' || command == 'A') {
        stroke(colour, thickness, false);
        round(command, path, colour, thickness);
      }
    }
    stroke(colour, thickness, false);
  }

 private:
  static float number(std::string_view& path) {
    path.remove_prefix(std::min(path.find_first_not_of(' '), path.size()));
    float value = 0;
    const auto read = std::from_chars(path.data(), path.data() + path.size(), value);
    path.remove_prefix(static_cast<size_t>(read.ptr - path.data()));
    return value;
  }
  [[nodiscard]] ImVec2 place(float x, float y) const {
    return {origin_.x + (mirrored_ ? 24 - x : x) * unit_, origin_.y + y * unit_};
  }
  void stroke(ImU32 colour, float thickness, bool is_closed) {
    if (list_._Path.Size > 1)
      list_.AddPolyline(list_._Path.Data, list_._Path.Size, colour, is_closed ? ImDrawFlags_Closed : 0, thickness);
    list_.PathClear();
  }
  void fill(ImU32 colour);
  void round(char command, std::string_view& path, ImU32 colour, float thickness) {
    const float x = number(path);
    const float y = number(path);
    const float radius = number(path) * unit_;
    if (command == 'O') list_.AddCircle(place(x, y), radius, colour, 0, thickness);
    if (command == 'D') list_.AddCircleFilled(place(x, y), radius, colour);
    if (command != 'A') return;
    constexpr float kDegree = 3.14159265F / 180;
    const float from = number(path) * kDegree;
    list_.PathArcTo(place(x, y), radius, from, number(path) * kDegree);
    stroke(colour, thickness, false);
  }

  ImDrawList& list_;
  ImVec2 origin_;
  float unit_;
  bool mirrored_;
};

float turn(const ImVec2& a, const ImVec2& b, const ImVec2& c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

// Ear clipping; the outline of 1 pixel makes the edge smooth.
void Pen::fill(ImU32 colour) {
  std::vector<ImVec2> points(list_._Path.begin(), list_._Path.end());
  list_.AddPolyline(points.data(), static_cast<int>(points.size()), colour, ImDrawFlags_Closed, 1.0F);
  list_.PathClear();
  const ImDrawListFlags smooth = list_.Flags;
  list_.Flags &= ~ImDrawListFlags_AntiAliasedFill;  // the triangles share edges
  float area = 0;
  for (size_t i = 0; i < points.size(); ++i) area += turn({0, 0}, points[i], points[(i + 1) % points.size()]);
  const float sign = area < 0 ? -1.0F : 1.0F;
  while (points.size() > 2) {
    size_t ear = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      const ImVec2& a = points[(i + points.size() - 1) % points.size()];
      const ImVec2& b = points[i];
      const ImVec2& c = points[(i + 1) % points.size()];
      bool is_ear = turn(a, b, c) * sign > 0;
      for (const ImVec2& other : points) {
        const bool is_inside =
            turn(a, b, other) * sign > 0 && turn(b, c, other) * sign > 0 && turn(c, a, other) * sign > 0;
        is_ear = is_ear && !is_inside;
      }
      if (is_ear) {
        ear = i;
        break;
      }
    }
    const auto at = points.begin() + static_cast<ptrdiff_t>(ear);
    list_.AddTriangleFilled(points[(ear + points.size() - 1) % points.size()], *at, points[(ear + 1) % points.size()],
                            colour);
    points.erase(at);
  }
  list_.Flags = smooth;
}

}  // namespace

void Kit::State::draw_icon(const ImRect& area, Icon icon, ImU32 tone) {
  if (!is_visible(area)) return;
  const float side = std::min(area.GetWidth(), area.GetHeight());
  const ImVec2 origin{std::floor(area.GetCenter().x - side / 2), std::floor(area.GetCenter().y - side / 2)};
  for (const Drawing& drawing : kDrawings) {
    if (drawing.icon != icon) continue;
    Pen(list(), origin, side / 24, drawing.has_direction && page.is_rtl).draw(drawing.path, tone);
  }
}

}  // namespace farline::ui
