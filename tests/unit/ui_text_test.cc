#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "ui/text.h"
#include "ui/theme.h"
#include "ui/unicode.h"

using namespace farline;
using namespace farline::ui;

namespace {

Text& text() {
  static Text shared(system_fonts(""));
  return shared;
}

const Line& line_of(std::string_view words, float pixels = 20) {
  return text().shape(words, {.pixels = pixels, .bold = false, .width_max = 0, .ellipsis = false}).lines[0];
}

}  // namespace

TEST_CASE("no fonts: nothing is usable, and that is said") {
  Fonts none({.folders = {"/nonexistent"}});
  CHECK_FALSE(none.is_usable());
}

TEST_CASE("a font file that is empty or cut off is passed over, or does no harm") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("farline-fonts-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::ifstream whole("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", std::ios::binary);
  REQUIRE(whole);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), std::istreambuf_iterator<char>());
  for (const size_t size : {size_t{0}, size_t{10}, size_t{400}, bytes.size() / 2, bytes.size() - 1000}) {
    CAPTURE(size);
    std::ofstream(folder / "NotoSans-Regular.ttf", std::ios::binary) << bytes.substr(0, size);
    FontSources sources = system_fonts(folder.string());
    Text damaged(sources);
    REQUIRE(damaged.fonts().is_usable());
    for (const Glyph& glyph :
         damaged.shape("Amina", {.pixels = 20, .bold = false, .width_max = 0, .ellipsis = false}).lines[0].glyphs) {
      damaged.fonts().draw({.face = glyph.face, .id = glyph.id, .quarter_pixels = 80, .shift = 0});
    }
  }
  fs::remove_all(folder);
}

TEST_CASE("lines fit their width, begin where the last ended and lose nothing but spaces") {
  const std::string words = "Your link is weak; video paused to protect the call. اتصل الآن بمكتب الطوارئ रमेश श्रेष्ठ";
  for (const float width : {60.0F, 120.0F, 400.0F}) {
    const Paragraph& paragraph =
        text().shape(words, {.pixels = 20, .bold = false, .width_max = width, .ellipsis = false});
    size_t at = 0;
    for (const Line& line : paragraph.lines) {
      CHECK(line.begin >= at);
      CHECK(words.substr(at, line.begin - at).find_first_not_of(' ') == std::string::npos);
      CHECK(line.end > line.begin);
      CHECK((line.width <= width + 0.01F || next_grapheme(words, line.begin) == line.end));
      at = line.end;
    }
    CHECK(at == words.size());
  }
}

TEST_CASE("line feeds part paragraphs, each with its own direction") {
  const Paragraph& paragraph =
      text().shape("one\n\nسلام\n", {.pixels = 20, .bold = false, .width_max = 300, .ellipsis = false});
  REQUIRE(paragraph.lines.size() == 4);
  CHECK_FALSE(paragraph.lines[0].is_rtl);
  CHECK(paragraph.lines[1].glyphs.empty());
  CHECK(paragraph.lines[2].is_rtl);
  CHECK(paragraph.lines[3].begin == paragraph.lines[3].end);
}

TEST_CASE("a line that is too long is shortened at the end of what is said, in both directions") {
  for (const char* words : {"A name that is far too long for its place", "اسم طويل جدا لا يتسع له هذا المكان الضيق"}) {
    const Paragraph& paragraph = text().shape(words, {.pixels = 20, .bold = false, .width_max = 100, .ellipsis = true});
    REQUIRE(paragraph.lines.size() == 1);
    const Line& line = paragraph.lines[0];
    CHECK(line.width <= 100);
    CHECK(line.width > 60);
    const auto last = std::max_element(line.glyphs.begin(), line.glyphs.end(),
                                       [](const Glyph& a, const Glyph& b) { return a.cluster < b.cluster; });
    CHECK((line.is_rtl ? last == line.glyphs.begin() : last == line.glyphs.end() - 1));
  }
}

TEST_CASE("what no font has is a box with its code point, and beyond the BMP nothing is lost") {
  const Line& missing = line_of("a\U000E1234z");
  REQUIRE(missing.glyphs.size() == 3);
  CHECK(missing.glyphs[1].face == kNoFace);
  CHECK(missing.glyphs[1].id == 0xE1234);
  const Line& beyond = line_of("\U0001D4B3");
  REQUIRE(beyond.glyphs.size() == 1);
  CHECK(beyond.glyphs[0].face != kNoFace);
  CHECK(beyond.glyphs[0].id != 0);
  CHECK(text().fonts().draw({.face = kNoFace, .id = 0xE1234, .quarter_pixels = 80, .shift = 0}).width > 10);
}

TEST_CASE("a colour of skin that no font knows leaves no box") {
  Text plain({.folders = {"/usr/share/fonts/truetype/dejavu"}});
  const Line& line = plain.shape("👍🏽", {.pixels = 20, .bold = false, .width_max = 0, .ellipsis = false}).lines[0];
  CHECK(std::none_of(line.glyphs.begin(), line.glyphs.end(), [](const Glyph& glyph) { return glyph.id == 0; }));
  CHECK_FALSE(line.glyphs.empty());
}

TEST_CASE("the caret walks a line from edge to edge as it is seen") {
  for (const char* words : {"plain words", "سلام عليكم", "abc سلام def", "רמה 123 ab", "श्रेष्ठ क्षेत्र"}) {
    CAPTURE(std::string(words));
    const Line& line = line_of(words);
    size_t at = caret_near(line, words, -1);
    float x = caret_x(line, words, at);
    CHECK(x == doctest::Approx(0));
    size_t steps = 0;
    while (const auto next = caret_beside(line, words, at, true)) {
      at = *next;
      CHECK(caret_x(line, words, at) > x);
      x = caret_x(line, words, at);
      REQUIRE(++steps < 100);
    }
    CHECK(x == doctest::Approx(line.width));
    while (const auto next = caret_beside(line, words, at, false)) at = *next;
    CHECK(caret_x(line, words, at) == doctest::Approx(0));
  }
}

TEST_CASE("the caret stands before the letter that follows it") {
  const Line& latin = line_of("ab");
  CHECK(caret_x(latin, "ab", 0) == 0);
  CHECK(caret_x(latin, "ab", 1) == doctest::Approx(latin.glyphs[0].advance));
  CHECK(caret_x(latin, "ab", 2) == doctest::Approx(latin.width));
  const std::string_view arabic = "دا";  // letters that do not join
  const Line& right = line_of(arabic);
  CHECK(caret_x(right, arabic, 0) == doctest::Approx(right.width));
  CHECK(caret_x(right, arabic, 2) == doctest::Approx(right.glyphs[0].advance));
  CHECK(caret_x(right, arabic, 4) == doctest::Approx(0));
  CHECK(caret_near(right, arabic, right.width) == 0);
}

TEST_CASE("a number within a name of the other direction stays in one piece when isolated") {
  const std::string number = "+880 1711";
  const auto order = [&](const std::string& words) {
    std::string seen;
    for (const Glyph& glyph : line_of(words).glyphs) {
      const char letter = words[glyph.cluster];
      if ((letter >= '0' && letter <= '9') || letter == '+') seen += letter;
    }
    return seen;
  };
  CHECK(order("اتصل " + number) != "+8801711");
  CHECK(order("اتصل " + isolate(number)) == "+8801711");
}

TEST_CASE("the atlas grows to its bound, then begins anew, and every picture stays inside") {
  Fonts fonts(system_fonts(""));
  Atlas atlas;
  const uint32_t letter[] = {'A'};
  const FaceId face = fonts.choose(0x4C61746EU, letter, false);  // Latn
  REQUIRE(face != kNoFace);
  int sides_seen = 0;
  for (uint32_t id = 1; id < 1200; ++id) {
    const Atlas::Place place = atlas.find(fonts, {.face = face, .id = id, .quarter_pixels = 400, .shift = 0});
    CHECK(place.x + place.width <= atlas.side());
    CHECK(place.y + place.height <= atlas.side());
    if (atlas.changed()) ++sides_seen;
  }
  CHECK(atlas.side() == Atlas::kSideMax);
  CHECK(sides_seen > 2);                    // twice doubled, then emptied
  CHECK((atlas.pixels()[0] >> 24) == 255);  // the white pixel is there again
}

TEST_CASE("every colour that is read has a contrast of 4.5 to 1 in every theme") {
  const auto luminance = [](Colour colour) {
    const auto linear = [](uint8_t value) {
      const double share = value / 255.0;
      return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
  };
  const auto contrast = [&](client::Theme theme, Role a, Role b) {
    const double x = luminance(colour_of(theme, a));
    const double y = luminance(colour_of(theme, b));
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
  };
  for (const auto theme : {client::Theme::light, client::Theme::dark, client::Theme::contrast}) {
    CAPTURE(static_cast<int>(theme));
    for (const Role back : {Role::background, Role::surface, Role::raised}) {
      CAPTURE(static_cast<int>(back));
      for (const Role ink : {Role::text, Role::dim, Role::accent, Role::good, Role::warn, Role::bad}) {
        CAPTURE(static_cast<int>(ink));
        CHECK(contrast(theme, ink, back) >= 4.5);
      }
      CHECK(contrast(theme, Role::focus, back) >= 3);
    }
    for (const Role back : {Role::accent, Role::good, Role::bad}) CHECK(contrast(theme, Role::on_accent, back) >= 4.5);
  }
}
