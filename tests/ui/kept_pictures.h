// Pictures of screens kept in tests/ui/pictures, so small that other hinting or another patch level of FreeType looks
// the same in them and a widget that is lost does not: the mean brightness of squares of 16 by 16 pixels, as a PGM.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ui/canvas.h"

namespace farline::test {

inline constexpr int kSquare = 16;

struct SmallPicture {
  int width = 0;  // in squares
  int height = 0;
  std::vector<uint8_t> grey{};  // row by row

  int at(int x, int y) const { return grey[static_cast<size_t>(y * width + x)]; }
};

// What is drawn on the canvas, which is `width` by `height` pixels; what is left over at the edges is not in it.
SmallPicture small_picture(const Canvas& canvas, int width, int height);
bool write_pgm(const SmallPicture& picture, const std::string& path);
std::optional<SmallPicture> read_pgm(const std::string& path);

// Where they differ by more than other hinting explains, in squares; nothing where they look the same.
std::optional<std::array<int, 2>> first_difference(const SmallPicture& kept, const SmallPicture& now);
// A short word, wherever it stands in the picture, would be missed if it were not drawn: the number of places where it
// would not, which is 0 unless the tolerance is too wide.
int words_not_missed(const Canvas& canvas, int width, int height);

}  // namespace farline::test
