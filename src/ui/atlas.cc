#include "ui/atlas.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace farline::ui {
namespace {

constexpr int kWhite = 2;            // a side of the white square in the corner
constexpr int kApart = 1;            // between pictures, so that none bleeds into the next
constexpr FaceId kShapes = kNoFace;  // with no size: shapes live among the glyphs

GlyphPicture corner_picture(int radius, int) {
  GlyphPicture picture{.width = radius, .height = radius, .left = 0, .top = 0, .pixels = {}};
  const auto r = static_cast<float>(radius);
  for (int y = 0; y < radius; ++y) {
    for (int x = 0; x < radius; ++x) {
      const float distance = std::hypot(r - static_cast<float>(x) - 0.5F, r - static_cast<float>(y) - 0.5F);
      const float share = std::clamp(r - distance + 0.5F, 0.0F, 1.0F);
      picture.pixels.push_back(static_cast<uint32_t>(std::lround(share * 255)) << 24 | 0xFFFFFF);
    }
  }
  return picture;
}

GlyphPicture stripes_picture(int step, int width) {
  const int side = step * 8;
  GlyphPicture picture{.width = side, .height = side, .left = 0, .top = 0, .pixels = {}};
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int along = (x + y) % step;
      const int from_middle = std::min(along, step - along);  // times the root of 2
      const float share =
          std::clamp(static_cast<float>(width) / 2 + 0.5F - static_cast<float>(from_middle) * 0.707F, 0.0F, 1.0F);
      picture.pixels.push_back(static_cast<uint32_t>(std::lround(share * 255)) << 24 | 0xFFFFFF);
    }
  }
  return picture;
}

}  // namespace

Atlas::Atlas() {
  clear(kSideMin);
}

size_t Atlas::Hash::operator()(const GlyphKey& key) const {
  uint64_t hash = key.id;
  hash = hash << 16 ^ key.face;
  hash = hash << 16 ^ static_cast<uint64_t>(key.quarter_pixels << 2 ^ key.shift);
  return static_cast<size_t>(hash * 0x9E3779B97F4A7C15ULL >> 7);
}

void Atlas::clear(int side) {
  side_ = side;
  pixels_.assign(static_cast<size_t>(side) * static_cast<size_t>(side), 0x00FFFFFF);
  places_.clear();
  shelf_x_ = shelf_y_ = shelf_height_ = 0;
  place(
      {.width = kWhite, .height = kWhite, .left = 0, .top = 0, .pixels = std::vector<uint32_t>(kWhite * kWhite, ~0U)});
  dirty_ = {0, side};
}

Atlas::Place Atlas::place(const GlyphPicture& picture) {
  Place found{.x = 0, .y = 0, .width = 0, .height = 0, .left = picture.left, .top = picture.top, .is_colour = false};
  if (picture.pixels.empty()) return found;
  if (shelf_x_ + picture.width > side_) {
    shelf_y_ += shelf_height_ + kApart;
    shelf_x_ = shelf_height_ = 0;
  }
  if (shelf_y_ + picture.height > side_) {
    changed_ = true;
    clear(std::min(side_ * 2, kSideMax));
    return place(picture);
  }
  found = {.x = shelf_x_,
           .y = shelf_y_,
           .width = picture.width,
           .height = picture.height,
           .left = picture.left,
           .top = picture.top,
           .is_colour = false};
  for (int y = 0; y < picture.height; ++y) {
    const auto row = picture.pixels.begin() + static_cast<ptrdiff_t>(y) * picture.width;
    std::copy(row, row + picture.width, pixels_.begin() + static_cast<ptrdiff_t>(found.y + y) * side_ + found.x);
  }
  found.is_colour = std::any_of(picture.pixels.begin(), picture.pixels.end(),
                                [](uint32_t pixel) { return pixel >> 24 != 0 && (pixel & 0xFFFFFF) != 0xFFFFFF; });
  dirty_ = dirty_.begin == dirty_.end
               ? Rows{found.y, found.y + found.height}
               : Rows{std::min(dirty_.begin, found.y), std::max(dirty_.end, found.y + found.height)};
  shelf_x_ += picture.width + kApart;
  shelf_height_ = std::max(shelf_height_, picture.height);
  return found;
}

Atlas::Place Atlas::find(Fonts& fonts, const GlyphKey& key) {
  if (const auto known = places_.find(key); known != places_.end()) return known->second;
  const Place made = place(fonts.draw(key));
  places_.emplace(key, made);
  return made;
}

Atlas::Place Atlas::shape(uint32_t id, GlyphPicture (*make)(int, int), int first, int second) {
  const GlyphKey key{.face = kShapes, .id = id, .quarter_pixels = 0, .shift = 0};
  if (const auto known = places_.find(key); known != places_.end()) return known->second;
  const Place made = place(make(first, second));
  places_.emplace(key, made);
  return made;
}

Atlas::Place Atlas::corner(int radius) {
  INVARIANT(radius > 0 && radius <= 128);
  return shape(static_cast<uint32_t>(radius), corner_picture, radius, 0);
}

Atlas::Place Atlas::stripes(int step, int width) {
  INVARIANT(step > 0 && step <= 32 && width > 0 && width < step);
  return shape(static_cast<uint32_t>(step << 16 | width << 8), stripes_picture, step, width);
}

bool Atlas::changed() {
  return std::exchange(changed_, false);
}

Atlas::Rows Atlas::take_dirty() {
  return std::exchange(dirty_, Rows{});
}

}  // namespace farline::ui
