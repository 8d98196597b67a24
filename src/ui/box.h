// Rectangles are cut from rectangles: all the layout there is. Logical pixels (at 100 %), y downward, x from the edge
// where reading starts: the left, or the right in a right-to-left language, which only Kit knows.
#pragma once

#include <algorithm>

namespace farline::ui {

struct Box {
  float x = 0;
  float y = 0;
  float w = 0;
  float h = 0;

  [[nodiscard]] float end() const { return x + w; }
  [[nodiscard]] float bottom() const { return y + h; }

  // Takes a strip off this box and returns it: never more than there is.
  Box cut_top(float size) {
    const float taken = std::clamp(size, 0.0F, std::max(h, 0.0F));
    const Box strip{x, y, w, taken};
    y += taken;
    h -= taken;
    return strip;
  }
  Box cut_bottom(float size) {
    const float taken = std::clamp(size, 0.0F, std::max(h, 0.0F));
    h -= taken;
    return {x, y + h, w, taken};
  }
  Box cut_start(float size) {
    const float taken = std::clamp(size, 0.0F, std::max(w, 0.0F));
    const Box strip{x, y, taken, h};
    x += taken;
    w -= taken;
    return strip;
  }
  Box cut_end(float size) {
    const float taken = std::clamp(size, 0.0F, std::max(w, 0.0F));
    w -= taken;
    return {x + w, y, taken, h};
  }

  [[nodiscard]] Box inset(float margin) const { return inset(margin, margin); }
  [[nodiscard]] Box inset(float across, float down) const {
    return {x + across, y + down, std::max(w - 2 * across, 0.0F), std::max(h - 2 * down, 0.0F)};
  }
  // A box of this size in the middle of this one, no larger than it.
  [[nodiscard]] Box centred(float width, float height) const {
    const float across = std::min(width, w);
    const float down = std::min(height, h);
    return {x + (w - across) / 2, y + (h - down) / 2, across, down};
  }
};

}  // namespace farline::ui
