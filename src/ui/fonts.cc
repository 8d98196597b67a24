#include "ui/fonts.h"

#include <freetype/freetype.h>
#include <freetype/ftoutln.h>
#include <ft2build.h>
#include <hb.h>

#include <algorithm>
#include <cmath>

#include "ui/font_table.h"
#include "ui/unicode.h"

namespace farline::ui {
namespace {

constexpr int kGlyphPixelsMax = 512;  // a side of a picture: more is a damaged font

struct Face {
  Face() = default;
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;
  Face(Face&& other) noexcept : path(std::move(other.path)) {
    std::swap(blob, other.blob);
    std::swap(font, other.font);
    std::swap(drawer, other.drawer);
    units = other.units;
  }
  ~Face() {
    if (drawer) FT_Done_Face(drawer);
    hb_font_destroy(font);
    hb_blob_destroy(blob);
  }

  [[nodiscard]] bool has(uint32_t code_point) const {
    hb_codepoint_t glyph = 0;
    return hb_font_get_nominal_glyph(font, code_point, &glyph) && glyph != 0;
  }

  std::string path{};
  hb_blob_t* blob = nullptr;
  hb_font_t* font = nullptr;
  FT_Face drawer = nullptr;
  float units = 1;
};

// One column of a row of the table.
enum class Looked : uint8_t { not_yet, found, absent };
struct FontFile {
  Looked looked = Looked::not_yet;
  FaceId face = kNoFace;
};

bool open_face(FT_Library library, const std::string& path, Face& face) {
  face.path = path;
  face.blob = hb_blob_create_from_file_or_fail(path.c_str());
  if (!face.blob) return false;
  unsigned length = 0;
  const char* data = hb_blob_get_data(face.blob, &length);
  if (FT_New_Memory_Face(library, reinterpret_cast<const FT_Byte*>(data), static_cast<FT_Long>(length), 0,
                         &face.drawer) != 0) {
    face.drawer = nullptr;
    return false;
  }
  hb_face_t* tables = hb_face_create(face.blob, 0);
  face.units = static_cast<float>(std::max(hb_face_get_upem(tables), 1U));
  face.font = hb_font_create(tables);
  hb_face_destroy(tables);
  return true;
}

// Colour bitmaps come in few sizes: the smallest that is large enough, else the largest.
void select_strike(FT_Face face, float pixels) {
  int best = 0;
  for (int i = 1; i < face->num_fixed_sizes; ++i) {
    const auto height = [&](int strike) { return static_cast<float>(face->available_sizes[strike].y_ppem) / 64; };
    const bool is_enough = height(i) >= pixels;
    if (is_enough == (height(best) >= pixels) ? (height(i) < height(best)) == is_enough : is_enough) best = i;
  }
  FT_Select_Size(face, best);
}

uint32_t argb(uint32_t a, uint32_t r, uint32_t g, uint32_t b) {
  return a << 24 | r << 16 | g << 8 | b;
}

GlyphPicture from_alpha(const FT_Bitmap& bitmap) {
  GlyphPicture picture;
  picture.width = static_cast<int>(bitmap.width);
  picture.height = static_cast<int>(bitmap.rows);
  picture.pixels.reserve(bitmap.width * bitmap.rows);
  for (unsigned y = 0; y < bitmap.rows; ++y) {
    const uint8_t* row = bitmap.buffer + static_cast<ptrdiff_t>(y) * bitmap.pitch;
    for (unsigned x = 0; x < bitmap.width; ++x) {
      const uint32_t alpha = bitmap.pixel_mode == FT_PIXEL_MODE_MONO ? (row[x / 8] >> (7 - x % 8) & 1) * 255U : row[x];
      picture.pixels.push_back(argb(alpha, 255, 255, 255));
    }
  }
  return picture;
}

// A colour bitmap made smaller: each pixel is the mean of those it covers.
GlyphPicture from_colour(const FT_Bitmap& bitmap, float scale) {
  GlyphPicture picture;
  picture.width = std::max(static_cast<int>(std::lround(static_cast<float>(bitmap.width) * scale)), 1);
  picture.height = std::max(static_cast<int>(std::lround(static_cast<float>(bitmap.rows) * scale)), 1);
  const auto part = [](int index, int of, unsigned size) {
    return static_cast<unsigned>(static_cast<uint64_t>(index) * size / static_cast<unsigned>(of));
  };
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      uint32_t sum[4] = {};
      uint32_t count = 0;
      const unsigned bottom =
          std::max(part(y + 1, picture.height, bitmap.rows), part(y, picture.height, bitmap.rows) + 1);
      const unsigned right =
          std::max(part(x + 1, picture.width, bitmap.width), part(x, picture.width, bitmap.width) + 1);
      for (unsigned row = part(y, picture.height, bitmap.rows); row < std::min(bottom, bitmap.rows); ++row) {
        for (unsigned column = part(x, picture.width, bitmap.width); column < std::min(right, bitmap.width); ++column) {
          const uint8_t* pixel = bitmap.buffer + static_cast<ptrdiff_t>(row) * bitmap.pitch + column * 4;
          for (int i = 0; i < 4; ++i) sum[i] += pixel[i];
          ++count;
        }
      }
      const uint32_t alpha = sum[3] / std::max(count, 1U);
      // FreeType's colours are premultiplied.
      const auto colour = [&](uint32_t total) { return sum[3] > 0 ? std::min(total * 255 / sum[3], 255U) : 0; };
      picture.pixels.push_back(argb(alpha, colour(sum[2]), colour(sum[1]), colour(sum[0])));
    }
  }
  return picture;
}

}  // namespace

struct Fonts::State {
  explicit State(FontSources from) : sources(std::move(from)), regular(font_table().size()), bold(regular.size()) {
    if (FT_Init_FreeType(&library) != 0) library = nullptr;
  }
  ~State() {
    faces.clear();
    if (library) FT_Done_FreeType(library);
  }

  FaceId open(const char* name) {
    if (!library || !name) return kNoFace;
    for (const std::string& folder : sources.folders) {
      const std::string path = folder + "/" + name;
      for (size_t i = 0; i < faces.size(); ++i) {
        if (faces[i].path == path) return static_cast<FaceId>(i);
      }
      Face face;
      if (!open_face(library, path, face)) continue;
      faces.push_back(std::move(face));
      return static_cast<FaceId>(faces.size() - 1);
    }
    return kNoFace;
  }

  FaceId face_of(size_t row, bool is_bold) {
    FontFile& source = (is_bold ? bold : regular)[row];
    if (source.looked == Looked::not_yet) {
      source.face = open(is_bold ? font_table()[row].bold : font_table()[row].regular);
      source.looked = source.face == kNoFace ? Looked::absent : Looked::found;
    }
    return is_bold && source.looked == Looked::absent ? face_of(row, false) : source.face;
  }

  FaceId latin() {
    for (size_t row = 0; row < regular.size(); ++row) {
      if (font_table()[row].script != HB_SCRIPT_LATIN) continue;
      const FaceId id = face_of(row, false);
      if (id != kNoFace && faces[id].has('A')) return id;
    }
    return kNoFace;
  }

  FontSources sources;
  FT_Library library = nullptr;
  std::vector<Face> faces{};
  std::vector<FontFile> regular;  // as font_table()
  std::vector<FontFile> bold;
};

FontSources system_fonts(const std::string& beside) {
  FontSources sources;
  if (!beside.empty()) sources.folders.push_back(beside);
#ifdef _WIN32
  sources.folders.emplace_back("C:/Windows/Fonts");
#else
  for (const char* folder :
       {"/usr/share/fonts/truetype/noto", "/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/opentype/noto",
        "/usr/share/fonts/truetype/wqy", "/usr/share/fonts/noto", "/usr/share/fonts/google-noto",
        "/usr/share/fonts/TTF", "/usr/share/fonts/dejavu", "/usr/share/fonts/dejavu-sans-fonts"}) {
    sources.folders.emplace_back(folder);
  }
#endif
  return sources;
}

Fonts::Fonts(FontSources sources) : s_(std::make_unique<State>(std::move(sources))) {}
Fonts::~Fonts() = default;

bool Fonts::is_usable() {
  return s_->latin() != kNoFace;
}

// The code point in hex, in two lines, in a frame.
GlyphPicture Fonts::draw_missing(uint32_t code_point, float pixels) {
  const int height = std::max(static_cast<int>(pixels * 0.9F), 8);
  const int width = std::max(static_cast<int>(pixels * kMissingAdvance) - 2, 6);
  GlyphPicture box{.width = width, .height = height, .left = 1, .top = static_cast<int>(pixels * 0.75F), .pixels = {}};
  box.pixels.assign(static_cast<size_t>(width) * static_cast<size_t>(height), argb(0, 255, 255, 255));
  const auto at = [&](int x, int y) -> uint32_t& { return box.pixels[static_cast<size_t>(y * width + x)]; };
  for (int x = 0; x < width; ++x) at(x, 0) = at(x, height - 1) = ~0U;
  for (int y = 0; y < height; ++y) at(0, y) = at(width - 1, y) = ~0U;
  const int digits = code_point > 0xFFFF ? 6 : 4;
  const auto size = static_cast<uint16_t>(std::max(pixels * 1.6F, 16.0F));  // quarters of a pixel
  for (int i = 0; i < digits; ++i) {
    const uint32_t digit = code_point >> (4 * (digits - 1 - i)) & 0xF;
    hb_codepoint_t id = 0;
    hb_font_get_nominal_glyph(shaper(s_->latin()), digit < 10 ? '0' + digit : 'A' + digit - 10, &id);
    const GlyphPicture glyph = draw({.face = s_->latin(), .id = id, .quarter_pixels = size, .shift = 0});
    const int cells = digits / 2;
    const int left = 1 + (width - 2) * (i % cells) / cells + ((width - 2) / cells - glyph.width) / 2;
    const int top = 1 + (height - 2) * (i / cells) / 2 + ((height - 2) / 2 - glyph.height) / 2;
    for (int y = 0; y < glyph.height; ++y) {
      for (int x = 0; x < glyph.width; ++x) {
        if (left + x <= 0 || left + x >= width - 1 || top + y <= 0 || top + y >= height - 1) continue;
        at(left + x, top + y) |= glyph.pixels[static_cast<size_t>(y * glyph.width + x)];
      }
    }
  }
  return box;
}

FaceId Fonts::choose(uint32_t script, std::span<const uint32_t> grapheme, bool bold) {
  const auto rows = font_table();
  FaceId partly = kNoFace;  // has the letter, if not its marks
  const auto suits = [&](size_t row) {
    const FaceId id = s_->face_of(row, bold);
    if (id == kNoFace) return kNoFace;
    const Face& face = s_->faces[id];
    const auto has = [&](uint32_t code_point) { return is_invisible(code_point) || face.has(code_point); };
    if (std::all_of(grapheme.begin(), grapheme.end(), has)) return id;
    if (partly == kNoFace && has(grapheme.front())) partly = id;
    return kNoFace;
  };
  const auto search = [&](uint32_t wanted) {
    for (size_t row = 0; row < rows.size(); ++row) {
      if (rows[row].script != wanted) continue;
      if (const FaceId id = suits(row); id != kNoFace) return id;
    }
    return kNoFace;
  };
  const bool is_emoji = grapheme.front() >= 0x1F000;  // some are in fonts for letters too, without colours
  for (const uint32_t wanted : {is_emoji ? 0 : script, script, uint32_t{HB_SCRIPT_LATIN}, uint32_t{0}}) {
    if (const FaceId id = search(wanted); id != kNoFace) return id;
  }
  return partly;
}

bool Fonts::has(FaceId face, uint32_t code_point) const {
  return s_->faces[face].has(code_point);
}
hb_font_t* Fonts::shaper(FaceId face) const {
  return s_->faces[face].font;
}
float Fonts::units_per_em(FaceId face) const {
  return s_->faces[face].units;
}
const std::string& Fonts::file(FaceId face) const {
  return s_->faces[face].path;
}

GlyphPicture Fonts::draw(const GlyphKey& key) {
  const float pixels = static_cast<float>(key.quarter_pixels) / 4;
  if (key.face == kNoFace) return draw_missing(key.id, pixels);
  FT_Face face = s_->faces[key.face].drawer;
  const bool is_bitmap = !FT_IS_SCALABLE(face) && face->num_fixed_sizes > 0;
  if (is_bitmap) {
    select_strike(face, pixels);
  } else {
    FT_Set_Char_Size(face, 0, static_cast<FT_F26Dot6>(pixels * 64), 72, 72);
  }
  // Light hinting moves outlines up and down only, so that what HarfBuzz measured stays right.
  if (FT_Load_Glyph(face, key.id, FT_LOAD_TARGET_LIGHT | FT_LOAD_COLOR) != 0) return {};
  FT_GlyphSlot slot = face->glyph;
  if (slot->format == FT_GLYPH_FORMAT_OUTLINE) FT_Outline_Translate(&slot->outline, key.shift * 16, 0);
  if (FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL) != 0) return {};
  const FT_Bitmap& bitmap = slot->bitmap;
  if (bitmap.width > kGlyphPixelsMax || bitmap.rows > kGlyphPixelsMax || bitmap.width * bitmap.rows == 0) return {};
  GlyphPicture picture;
  float scale = 1;
  if (bitmap.pixel_mode == FT_PIXEL_MODE_BGRA) {
    if (is_bitmap) scale = pixels / static_cast<float>(std::max<int>(face->size->metrics.y_ppem, 1));
    picture = from_colour(bitmap, scale);
  } else {
    picture = from_alpha(bitmap);
  }
  picture.left = static_cast<int>(std::lround(static_cast<float>(slot->bitmap_left) * scale));
  picture.top = static_cast<int>(std::lround(static_cast<float>(slot->bitmap_top) * scale));
  return picture;
}

float Fonts::ascent() const {
  FT_Face face = s_->faces[s_->latin()].drawer;
  return static_cast<float>(face->ascender) / static_cast<float>(face->units_per_EM);
}

float Fonts::descent() const {
  FT_Face face = s_->faces[s_->latin()].drawer;
  return static_cast<float>(-face->descender) / static_cast<float>(face->units_per_EM);
}

}  // namespace farline::ui
