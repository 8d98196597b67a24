// What our shaping makes of each line of standard input, one line of JSON each, for reference_test.py: the glyphs from
// left to right in thousandths of an em. shape_text PICTURES also writes each line's picture there, 0.bmp, 1.bmp, ...
#include <cstdio>
#include <iostream>

#include "ui/canvas.h"

int main(int argc, char** argv) {
  using namespace farline;
  using namespace farline::ui;
  test::Canvas canvas(2400, 160, system_fonts(""));
  canvas.page.text_percent = 400;  // 60 pixels
  Text& text = canvas.text();
  std::string line;
  for (int number = 0; std::getline(std::cin, line); ++number) {
    const Line shaped = text.shape(line, {.pixels = 1000, .bold = false, .width_max = 0, .ellipsis = false}).lines[0];
    std::printf("[");
    const char* between = "";
    for (const Glyph& glyph : shaped.glyphs) {
      const std::string file = glyph.face == kNoFace ? "" : text.fonts().file(glyph.face);
      std::printf("%s{\"g\":%u,\"cl\":%u,\"ax\":%.0f,\"rtl\":%d,\"file\":\"%s\"}", between, glyph.id, glyph.cluster,
                  static_cast<double>(glyph.advance), glyph.is_rtl ? 1 : 0, file.c_str());
      between = ",";
    }
    std::printf("]\n");
    if (argc < 2) continue;
    canvas.show([&](Kit& kit) {
      kit.fill(kit.page(), Role::surface);
      kit.text(kit.page().inset(10), line);
    });
    if (!canvas.save(std::string(argv[1]) + "/" + std::to_string(number) + ".bmp")) return 1;
  }
  return 0;
}
