// A page without a window: the kit draws through SDL's software renderer into memory, keys and clicks are handed in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ui/kit.h"
#include "ui/text.h"

namespace farline::test {

class Canvas {
 public:
  Canvas(uint32_t width, uint32_t height, ui::FontSources fonts);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  using Draw = std::function<void(ui::Kit&)>;

  ui::Page page{};
  std::string clipboard{};

  // One frame for the input, then as many as the kit wants.
  void show(const Draw& draw, const ui::Input& input = {});
  void key(const Draw& draw, const ui::Chord& chord);
  void type(const Draw& draw, const std::string& text);
  void click(const Draw& draw, float x, float y);  // physical pixels
  [[nodiscard]] int frames() const { return frames_; }
  [[nodiscard]] uint32_t pixel(int x, int y) const;  // RGB
  bool save(const std::string& path) const;          // a BMP
  ui::Text& text();
  ui::Kit& kit();

 private:
  struct State;
  std::unique_ptr<State> s_;
  int frames_ = 0;
};

}  // namespace farline::test
