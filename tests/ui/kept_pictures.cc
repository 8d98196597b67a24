#include "ui/kept_pictures.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace farline::test {
namespace {

// Of 255, the sum over two by two squares. Ink that moves by a pixel stays within them, ink that is lost does not.
constexpr int kTolerance = 32;
// Of one square: something moved, or is drawn the other way round.
constexpr int kSquareTolerance = 32;

int brightness(const Canvas& canvas, int x, int y) {
  const uint32_t rgb = canvas.pixel(x, y);
  return static_cast<int>(((rgb >> 16 & 255) * 3 + (rgb >> 8 & 255) * 6 + (rgb & 255)) / 10);
}

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

}  // namespace

SmallPicture small_picture(const Canvas& canvas, int width, int height) {
  SmallPicture out{width / kSquare, height / kSquare};
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int sum = 0;
      for (int i = 0; i < kSquare * kSquare; ++i)
        sum += brightness(canvas, x * kSquare + i % kSquare, y * kSquare + i / kSquare);
      out.grey.push_back(static_cast<uint8_t>(sum / (kSquare * kSquare)));
    }
  }
  return out;
}

bool write_pgm(const SmallPicture& picture, const std::string& path) {
  const File file(std::fopen(path.c_str(), "wb"));
  if (!file) return false;
  std::fprintf(file.get(), "P5\n%d %d\n255\n", picture.width, picture.height);
  return std::fwrite(picture.grey.data(), 1, picture.grey.size(), file.get()) == picture.grey.size();
}

std::optional<SmallPicture> read_pgm(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  SmallPicture out;
  if (!file || std::fscanf(file.get(), "P5 %4d %4d 255%*c", &out.width, &out.height) != 2) return {};
  if (out.width <= 0 || out.height <= 0) return {};
  out.grey.resize(static_cast<size_t>(out.width) * static_cast<size_t>(out.height));
  if (std::fread(out.grey.data(), 1, out.grey.size(), file.get()) != out.grey.size()) return {};
  return out;
}

std::optional<std::array<int, 2>> first_difference(const SmallPicture& kept, const SmallPicture& now) {
  if (kept.width != now.width || kept.height != now.height) return std::array{0, 0};
  const auto by = [&](int x, int y) { return now.at(x, y) - kept.at(x, y); };
  for (int y = 0; y + 1 < kept.height; ++y) {
    for (int x = 0; x + 1 < kept.width; ++x) {
      const int sum = by(x, y) + by(x + 1, y) + by(x, y + 1) + by(x + 1, y + 1);
      if (std::abs(sum) > kTolerance || std::abs(by(x, y)) > kSquareTolerance) return std::array{x, y};
    }
  }
  return {};
}

int words_not_missed(const Canvas& canvas, int width, int height) {
  constexpr int kWordWidth = 32, kWordHeight = 16,
                kInk = 32;  // the mean, of 255, that a thin word darkens its place by
  const SmallPicture whole = small_picture(canvas, width, height);
  int out = 0;
  for (int top = 0; top + kWordHeight <= whole.height * kSquare; top += 5) {
    for (int start = 0; start + kWordWidth <= whole.width * kSquare; start += 11) {
      const int ground = brightness(canvas, start, top);
      std::array<int, 6> lost{};  // three squares by two, from the one of the corner
      int ink = 0;
      for (int i = 0; i < kWordWidth * kWordHeight; ++i) {
        const int x = start + i % kWordWidth, y = top + i / kWordWidth;
        const int by = ground - brightness(canvas, x, y);
        ink += by;
        lost[static_cast<size_t>((y / kSquare - top / kSquare) * 3 + x / kSquare - start / kSquare)] += by;
      }
      if (std::abs(ink) < kInk * kWordWidth * kWordHeight) continue;
      SmallPicture without = whole;
      for (size_t i = 0; i < lost.size(); ++i) {
        const int x = start / kSquare + static_cast<int>(i % 3), y = top / kSquare + static_cast<int>(i / 3);
        if (x >= whole.width || y >= whole.height) continue;
        const int now = whole.at(x, y) + lost[i] / (kSquare * kSquare);
        without.grey[static_cast<size_t>(y * whole.width + x)] = static_cast<uint8_t>(std::clamp(now, 0, 255));
      }
      if (!first_difference(whole, without)) ++out;
    }
  }
  return out;
}

}  // namespace farline::test
