// One texture for everything that is drawn: pictures of glyphs, placed when first needed, and a white pixel for shapes.
// It grows to a bound; when that is full it is emptied. Either makes what was placed before wrong, so the frame that
// did it is drawn once more: see changed().
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "ui/fonts.h"

namespace farline::ui {

class Atlas {
 public:
  static constexpr int kSideMin = 512;
  static constexpr int kSideMax = 2048;

  struct Place {
    int x = 0;  // in the texture
    int y = 0;
    int width = 0;  // 0: nothing to draw
    int height = 0;
    int left = 0;  // as GlyphPicture
    int top = 0;
    bool is_colour = false;
  };

  Atlas();

  Place find(Fonts& fonts, const GlyphKey& key);
  // A quarter of a filled circle, its centre below and to the right: the corner of a rounded box.
  Place corner(int radius);
  // Stripes from bottom left to top right, `step` pixels apart and `width` wide, that go on into the next such tile.
  Place stripes(int step, int width);

  [[nodiscard]] int side() const { return side_; }
  [[nodiscard]] std::span<const uint32_t> pixels() const { return pixels_; }  // ARGB, side() squared
  // Places found before are no longer right; asking clears it.
  bool changed();
  // The rows that were drawn into since last asked.
  struct Rows {
    int begin = 0;
    int end = 0;
  };
  Rows take_dirty();
  [[nodiscard]] bool is_dirty() const { return dirty_.begin != dirty_.end; }

 private:
  struct Hash {
    size_t operator()(const GlyphKey& key) const;
  };

  Place place(const GlyphPicture& picture);
  Place shape(uint32_t id, GlyphPicture (*make)(int, int), int first, int second);
  void clear(int side);

  int side_ = kSideMin;
  int shelf_x_ = 0;
  int shelf_y_ = 0;
  int shelf_height_ = 0;
  bool changed_ = false;
  Rows dirty_{};
  std::vector<uint32_t> pixels_{};
  std::unordered_map<GlyphKey, Place, Hash> places_{};
};

}  // namespace farline::ui
