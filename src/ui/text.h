// People's own scripts: from UTF-8 to glyphs in their places. Bidirectional order by FriBidi (UAX #9), shapes by
// HarfBuzz, pictures by FreeType, fonts by script with fallback for each cluster (fonts.h). Invalid UTF-8 shows as
// U+FFFD; what no font has, as a box with its code point in hex. Lines break after spaces and hyphens, and between
// ideographs (of UAX #14 that much; Thai, Lao, Khmer and Burmese need dictionaries: they break between clusters when a
// line is full).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ui/atlas.h"
#include "ui/fonts.h"

namespace farline::ui {

inline constexpr size_t kTextBytesMax = 1 << 16;  // of one paragraph; the rest is not shown

// First strong isolate: keeps a name or a number in one piece within a sentence of the other direction.
std::string isolate(std::string_view text);

struct Glyph {
  FaceId face = 0;
  uint32_t id = 0;  // in its face; of the box of a missing one, the code point
  float x = 0;      // pen position in its line, plus the offset of shaping: pixels
  float y = 0;      // downward, from the baseline
  float advance = 0;
  uint32_t cluster = 0;  // first byte of the cluster in the paragraph's text
  bool is_rtl = false;
};

struct Line {
  size_t begin = 0;             // bytes
  size_t end = 0;               // without the spaces or the line feed it broke at
  std::vector<Glyph> glyphs{};  // from left to right
  float width = 0;              // pixels
  bool is_shortened = false;    // by an ellipsis
  bool is_rtl = false;          // of the first strong letter of what it is of
  bool is_neutral = false;      // there is none
};

struct Paragraph {
  std::vector<Line> lines{};
  float width = 0;  // of the widest line
};

struct TextSpec {
  float pixels = 15;  // of the em
  bool bold = false;
  float width_max = 0;    // 0: as wide as it is
  bool ellipsis = false;  // one line, shortened where it is wider than width_max; else it wraps

  friend bool operator==(const TextSpec&, const TextSpec&) = default;
};

// The caret stands at the leading edge of the grapheme at byte `at`; at the end of the line, at the trailing edge of
// the last. line.begin <= at <= line.end.
float caret_x(const Line& line, std::string_view text, size_t at);
// The boundary whose caret is nearest to x, and the next one to the right (or left) of the caret at `at`, as seen;
// nothing: there is none on this line.
size_t caret_near(const Line& line, std::string_view text, float x);
std::optional<size_t> caret_beside(const Line& line, std::string_view text, size_t at, bool to_right);

class Text {
 public:
  explicit Text(FontSources sources);
  ~Text();
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  // Valid until the next begin_frame(), which forgets what was not used for long.
  const Paragraph& shape(std::string_view text, const TextSpec& spec);
  void begin_frame();

  [[nodiscard]] float line_height(float pixels) const;
  [[nodiscard]] float ascent(float pixels) const;

  Fonts& fonts() { return fonts_; }
  Atlas& atlas() { return atlas_; }

 private:
  struct Cache;

  Paragraph lay_out(std::string_view text, const TextSpec& spec);
  Line shorten(std::string_view text, const TextSpec& spec);

  Fonts fonts_;
  Atlas atlas_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace farline::ui
