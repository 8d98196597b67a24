#include "app/desktop_window_place.h"

#include <cstdio>

#include "host/file.h"

namespace farline::app {
namespace {

constexpr int kSideMax = 20'000;  // pixels, of any desktop

std::string path_in(const std::string& folder) {
  return folder + "/window.place";
}

}  // namespace

ui::WindowPlace read_window_place(const std::string& folder) {
  const auto file = host::read_file(path_in(folder), 100);
  ui::WindowPlace place;
  int maximised = 0;
  const std::string text(file ? as_text(*file) : "");
  const int read =
      std::sscanf(text.c_str(), "%d %d %d %d %d", &place.x, &place.y, &place.width, &place.height, &maximised);
  const auto is_side = [](int side) { return side >= 200 && side <= kSideMax; };
  if (read != 5 || !is_side(place.width) || !is_side(place.height)) return {};
  place.is_known = place.x > -kSideMax && place.x < kSideMax && place.y > -kSideMax && place.y < kSideMax;
  place.is_maximised = maximised != 0;
  return place;
}

void write_window_place(const std::string& folder, const ui::WindowPlace& place) {
  char text[100];
  const int size = std::snprintf(text, sizeof text, "%d %d %d %d %d\n", place.x, place.y, place.width, place.height,
                                 place.is_maximised ? 1 : 0);
  (void)host::write_file_durable(path_in(folder), as_bytes(std::string_view(text, static_cast<size_t>(size))));
}

}  // namespace farline::app
