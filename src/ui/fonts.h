// The fonts of this machine: which face draws a character, and its glyphs' pictures. Faces are opened when first needed
// and mapped, not read. The files looked for, script by script, stand in one table, font_table.cc. A damaged file is as
// none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct hb_font_t;

namespace farline::ui {

using FaceId = uint16_t;
inline constexpr FaceId kNoFace = 0xFFFF;  // no font has it: a box with its code point

inline constexpr float kMissingAdvance = 1.1F;  // em: the width of that box

struct FontSources {
  std::vector<std::string> folders{};  // the first that has a file wins
};
// Where this system keeps its fonts, behind those shipped with the program (`beside`, may be empty).
FontSources system_fonts(const std::string& beside);

struct GlyphPicture {
  int width = 0;
  int height = 0;
  int left = 0;                    // of the pen
  int top = 0;                     // above the baseline
  std::vector<uint32_t> pixels{};  // ARGB, not premultiplied; of a plain glyph white
};

struct GlyphKey {
  FaceId face = 0;
  uint32_t id = 0;
  uint16_t quarter_pixels = 0;  // of the em: pixels * 4
  uint8_t shift = 0;            // quarters of a pixel to the right

  friend bool operator==(const GlyphKey&, const GlyphKey&) = default;
};

class Fonts {
 public:
  explicit Fonts(FontSources sources);
  ~Fonts();
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;

  // Without a face for Latin letters nothing can be shown.
  bool is_usable();
  // The face for these code points of one grapheme, of a script (ISO 15924 tag, as hb_script_t). kNoFace: none.
  FaceId choose(uint32_t script, std::span<const uint32_t> grapheme, bool bold);
  [[nodiscard]] bool has(FaceId face, uint32_t code_point) const;
  [[nodiscard]] hb_font_t* shaper(FaceId face) const;  // its unit is the font's own
  [[nodiscard]] float units_per_em(FaceId face) const;
  [[nodiscard]] const std::string& file(FaceId face) const;
  // Of kNoFace: a box with the code point `id`.
  GlyphPicture draw(const GlyphKey& key);
  // Of the face for Latin letters, as a share of the em.
  [[nodiscard]] float ascent() const;
  [[nodiscard]] float descent() const;

 private:
  GlyphPicture draw_missing(uint32_t code_point, float pixels);

  struct State;
  std::unique_ptr<State> s_;
};

}  // namespace farline::ui
