#include "ui/text.h"

#include <fribidi.h>
#include <hb.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/check.h"
#include "ui/unicode.h"

namespace farline::ui {
namespace {

// Code points of one paragraph, in logical order, with all that is known of each.
struct Source {
  std::vector<uint32_t> code_points{};  // as shaped: controls are spaces
  std::vector<uint32_t> bytes{};        // where each begins; one more: the end
  std::vector<FriBidiLevel> levels{};
  std::vector<FriBidiCharType> types{};
  std::vector<uint32_t> scripts{};
  std::vector<FaceId> faces{};
  std::vector<bool> starts{};  // a grapheme
  bool is_rtl = false;
  bool is_neutral = true;
};

struct Range {
  size_t begin = 0;  // indices of code points
  size_t end = 0;
};

bool is_plain_script(hb_script_t script) {
  return script != HB_SCRIPT_COMMON && script != HB_SCRIPT_INHERITED && script != HB_SCRIPT_UNKNOWN;
}

void find_levels(Source& source) {
  const auto length = static_cast<FriBidiStrIndex>(source.code_points.size());
  source.types.resize(source.code_points.size());
  source.levels.resize(source.code_points.size());
  std::vector<FriBidiBracketType> brackets(source.code_points.size());
  fribidi_get_bidi_types(source.code_points.data(), length, source.types.data());
  fribidi_get_bracket_types(source.code_points.data(), length, source.types.data(), brackets.data());
  FriBidiParType base = FRIBIDI_PAR_ON;
  const auto* types = source.types.data();
  if (fribidi_get_par_embedding_levels_ex(types, brackets.data(), length, &base, source.levels.data()) == 0) {
    std::fill(source.levels.begin(), source.levels.end(), FriBidiLevel{0});
  }
  source.is_rtl = FRIBIDI_IS_RTL(base);
  source.is_neutral = fribidi_get_par_direction(types, length) == FRIBIDI_PAR_ON;
}

// What belongs to no script goes with what stands before it, at the beginning with what follows (UAX #24, 5.1).
void find_scripts(Source& source) {
  hb_unicode_funcs_t* unicode = hb_unicode_funcs_get_default();
  const size_t length = source.code_points.size();
  source.scripts.assign(length, HB_SCRIPT_LATIN);
  uint32_t current = 0;
  for (size_t i = 0; i < length; ++i) {
    const hb_script_t script = hb_unicode_script(unicode, source.code_points[i]);
    if (is_plain_script(script)) {
      if (current == 0) std::fill_n(source.scripts.begin(), i, uint32_t{script});
      current = script;
    }
    if (current != 0) source.scripts[i] = current;
  }
}

void find_faces(Source& source, std::string_view text, Fonts& fonts, bool bold) {
  const size_t length = source.code_points.size();
  source.faces.resize(length);
  source.starts.assign(length, false);
  size_t index = 0;
  while (index < length) {
    const size_t end_byte = next_grapheme(text, source.bytes[index]);
    size_t end = index + 1;
    while (end < length && source.bytes[end] < end_byte) ++end;
    const std::span<const uint32_t> grapheme(source.code_points.data() + index, end - index);
    const FaceId face = fonts.choose(source.scripts[index], grapheme, bold);
    std::fill(source.faces.begin() + static_cast<ptrdiff_t>(index), source.faces.begin() + static_cast<ptrdiff_t>(end),
              face);
    // A colour of skin that the font does not know is better not seen than a box.
    for (size_t i = index + 1; i < end && face != kNoFace; ++i) {
      uint32_t& code_point = source.code_points[i];
      if (code_point > 0xFFFF && is_extender(code_point) && !fonts.has(face, code_point)) code_point = kZeroWidthJoiner;
    }
    source.starts[index] = true;
    index = end;
  }
}

// `text` has no line feed and begins at byte `at` of all.
Source analyse(std::string_view all, Range bytes, Fonts& fonts, bool bold) {
  Source source;
  const std::string_view text = all.substr(0, bytes.end);
  for (size_t byte = bytes.begin; byte < bytes.end;) {
    source.bytes.push_back(static_cast<uint32_t>(byte));
    const uint32_t code_point = decode(text, byte);
    source.code_points.push_back(code_point < 0x20 || code_point == 0x7F ? ' ' : code_point);
  }
  source.bytes.push_back(static_cast<uint32_t>(bytes.end));
  if (source.code_points.empty()) return source;
  find_levels(source);
  find_scripts(source);
  find_faces(source, text, fonts, bold);
  return source;
}

// The next stretch of one level, script and face.
size_t run_end(const Source& source, const std::vector<FriBidiLevel>& levels, Range range) {
  size_t end = range.begin + 1;
  while (end < range.end && levels[end] == levels[range.begin] && source.scripts[end] == source.scripts[range.begin] &&
         source.faces[end] == source.faces[range.begin]) {
    ++end;
  }
  return end;
}

void shape_missing(const Source& source, Range run, bool is_rtl, float pixels, std::vector<Glyph>& glyphs) {
  const size_t first = glyphs.size();
  for (size_t i = run.begin; i < run.end; ++i) {
    if (!source.starts[i]) continue;
    glyphs.push_back({.face = kNoFace,
                      .id = source.code_points[i],
                      .x = 0,
                      .y = 0,
                      .advance = pixels * kMissingAdvance,
                      .cluster = source.bytes[i],
                      .is_rtl = is_rtl});
  }
  if (is_rtl) std::reverse(glyphs.begin() + static_cast<ptrdiff_t>(first), glyphs.end());
}

// Appends the run's glyphs from left to right; x and y are the offsets of shaping only.
void shape_run(const Source& source, Range run, FriBidiLevel level, float pixels, Fonts& fonts,
               std::vector<Glyph>& glyphs) {
  const bool is_rtl = level % 2 == 1;
  const FaceId face = source.faces[run.begin];
  if (face == kNoFace) {
    shape_missing(source, run, is_rtl, pixels, glyphs);
    return;
  }
  hb_buffer_t* buffer = hb_buffer_create();
  hb_buffer_set_cluster_level(buffer, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_GRAPHEMES);
  hb_buffer_add_utf32(buffer, source.code_points.data(), static_cast<int>(source.code_points.size()),
                      static_cast<unsigned>(run.begin), static_cast<int>(run.end - run.begin));
  hb_buffer_set_direction(buffer, is_rtl ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
  hb_buffer_set_script(buffer, static_cast<hb_script_t>(source.scripts[run.begin]));
  hb_buffer_set_language(buffer, hb_language_from_string("und", -1));
  hb_shape(fonts.shaper(face), buffer, nullptr, 0);
  unsigned count = 0;
  const hb_glyph_info_t* infos = hb_buffer_get_glyph_infos(buffer, &count);
  const hb_glyph_position_t* positions = hb_buffer_get_glyph_positions(buffer, &count);
  const float scale = pixels / fonts.units_per_em(face);
  for (unsigned i = 0; i < count; ++i) {
    glyphs.push_back({.face = face,
                      .id = infos[i].codepoint,
                      .x = static_cast<float>(positions[i].x_offset) * scale,
                      .y = -static_cast<float>(positions[i].y_offset) * scale,
                      .advance = static_cast<float>(positions[i].x_advance) * scale,
                      .cluster = source.bytes[infos[i].cluster],
                      .is_rtl = is_rtl});
  }
  hb_buffer_destroy(buffer);
}

// UAX #9, L1 and L2: the runs of one line in the order they are seen.
struct Run {
  Range range{};
  FriBidiLevel level = 0;
};
std::vector<Run> visual_runs(const Source& source, Range line) {
  std::vector<FriBidiLevel> levels = source.levels;
  for (size_t i = line.end;
       i > line.begin && (is_space(source.code_points[i - 1]) || FRIBIDI_IS_EXPLICIT_OR_BN_OR_WS(source.types[i - 1]) ||
                          FRIBIDI_IS_ISOLATE(source.types[i - 1]));
       --i) {
    levels[i - 1] = source.is_rtl ? 1 : 0;
  }
  std::vector<Run> runs;
  for (size_t begin = line.begin; begin < line.end;) {
    const size_t end = run_end(source, levels, {begin, line.end});
    runs.push_back({{begin, end}, levels[begin]});
    begin = end;
  }
  FriBidiLevel highest = 0;
  for (const Run& run : runs) highest = std::max(highest, run.level);
  for (int level = highest; level > 0; --level) {
    for (auto begin = runs.begin(); begin != runs.end();) {
      if (begin->level < level) {
        ++begin;
        continue;
      }
      const auto end = std::find_if(begin, runs.end(), [level](const Run& run) { return run.level < level; });
      std::reverse(begin, end);
      begin = end;
    }
  }
  return runs;
}

Line make_line(const Source& source, Range range, float pixels, Fonts& fonts) {
  Line line;
  line.begin = source.bytes[range.begin];
  line.end = source.bytes[range.end];
  line.is_rtl = source.is_rtl;
  line.is_neutral = source.is_neutral;
  if (range.begin == range.end) return line;
  for (const Run& run : visual_runs(source, range)) shape_run(source, run.range, run.level, pixels, fonts, line.glyphs);
  for (Glyph& glyph : line.glyphs) {
    glyph.x += line.width;
    line.width += glyph.advance;
  }
  return line;
}

// Advances of all that begins at each code point, shaped as one long line.
std::vector<float> advances(const Source& source, float pixels, Fonts& fonts) {
  std::vector<Glyph> glyphs;
  for (size_t begin = 0; begin < source.code_points.size();) {
    const size_t end = run_end(source, source.levels, {begin, source.code_points.size()});
    shape_run(source, {begin, end}, source.levels[begin], pixels, fonts, glyphs);
    begin = end;
  }
  std::vector<float> widths(source.code_points.size(), 0.0F);
  for (const Glyph& glyph : glyphs) {
    const auto at = std::lower_bound(source.bytes.begin(), source.bytes.end(), glyph.cluster);
    widths[static_cast<size_t>(at - source.bytes.begin())] += glyph.advance;
  }
  return widths;
}

// Where the line that begins at `begin` ends, and the next begins: at the last place where it may break, or between
// graphemes when a word is wider than a line.
size_t break_line(const Source& source, const std::vector<float>& widths, size_t begin, float width_max) {
  const auto& code_points = source.code_points;
  float width = 0;
  size_t good = begin;
  size_t index = begin;
  for (; index < code_points.size(); ++index) {
    if (index > begin && source.starts[index] && may_break(code_points[index - 1], code_points[index])) good = index;
    width += widths[index];
    if (width > width_max && !is_space(code_points[index])) break;
  }
  if (index == code_points.size()) return index;
  if (good > begin) return good;
  while (index > begin + 1 && !source.starts[index]) --index;
  return std::max(index, begin + 1);
}

void wrap(const Source& source, const TextSpec& spec, Fonts& fonts, Paragraph& paragraph) {
  const auto& code_points = source.code_points;
  const std::vector<float> widths = advances(source, spec.pixels, fonts);
  for (size_t begin = 0; begin < code_points.size();) {
    const size_t next = break_line(source, widths, begin, spec.width_max);
    size_t end = next;
    if (next < code_points.size()) {
      while (end > begin && is_space(code_points[end - 1])) --end;
    }
    paragraph.lines.push_back(make_line(source, {begin, end}, spec.pixels, fonts));
    begin = next;
  }
}

}  // namespace

std::string isolate(std::string_view text) {
  return std::string("\xE2\x81\xA8").append(text).append("\xE2\x81\xA9");  // U+2068 FSI, U+2069 PDI
}

// --- Cache: what was used since the last turn, and what was used in the turn before ---
struct Text::Cache {
  static constexpr size_t kEntriesMax = 1024;
  struct Key {
    std::string text{};
    TextSpec spec{};
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      const size_t text = std::hash<std::string>{}(key.text);
      const size_t size = std::hash<float>{}(key.spec.pixels) ^ std::hash<float>{}(key.spec.width_max) * 31;
      return text ^ size * 131 ^ static_cast<size_t>(key.spec.bold ? 17 : 0);
    }
  };
  using Map = std::unordered_map<Key, Paragraph, Hash>;
  Map recent{};
  Map older{};
};

Text::Text(FontSources sources) : fonts_(std::move(sources)), cache_(std::make_unique<Cache>()) {}
Text::~Text() = default;

void Text::begin_frame() {
  if (cache_->recent.size() < Cache::kEntriesMax) return;
  cache_->older = std::move(cache_->recent);
  cache_->recent.clear();
}

const Paragraph& Text::shape(std::string_view text, const TextSpec& spec) {
  Cache::Key key{std::string(whole_characters(text, kTextBytesMax)), spec};
  if (const auto known = cache_->recent.find(key); known != cache_->recent.end()) return known->second;
  if (auto old = cache_->older.extract(key)) return cache_->recent.insert(std::move(old)).position->second;
  Paragraph made = lay_out(key.text, spec);
  return cache_->recent.emplace(std::move(key), std::move(made)).first->second;
}

Paragraph Text::lay_out(std::string_view text, const TextSpec& spec) {
  Paragraph paragraph;
  for (size_t begin = 0;;) {
    const size_t feed = spec.ellipsis ? text.size() : std::min(text.find('\n', begin), text.size());
    const Source source = analyse(text, {begin, feed}, fonts_, spec.bold);
    const Range all{0, source.code_points.size()};
    Line line = make_line(source, all, spec.pixels, fonts_);
    if (spec.width_max <= 0 || line.width <= spec.width_max) {
      paragraph.lines.push_back(std::move(line));
    } else if (spec.ellipsis) {
      const std::vector<float> widths = advances(source, spec.pixels, fonts_);
      float width = 0;
      size_t fitting = 0;
      while (fitting < widths.size() && (width += widths[fitting]) < spec.width_max) ++fitting;
      paragraph.lines.push_back(shorten(text.substr(0, source.bytes[fitting]), spec));
    } else {
      wrap(source, spec, fonts_, paragraph);
    }
    if (feed == text.size()) break;
    begin = feed + 1;
  }
  for (const Line& line : paragraph.lines) paragraph.width = std::max(paragraph.width, line.width);
  return paragraph;
}

// `text` fits, or nearly, without the ellipsis: grapheme by grapheme, as a letter that goes changes its neighbours.
Line Text::shorten(std::string_view text, const TextSpec& spec) {
  for (size_t end = text.size();; end = previous_grapheme(text, end)) {
    const std::string shorter = std::string(text.substr(0, end)) + "\xE2\x80\xA6";
    const Source source = analyse(shorter, {0, shorter.size()}, fonts_, spec.bold);
    Line line = make_line(source, {0, source.code_points.size()}, spec.pixels, fonts_);
    line.is_shortened = true;
    if (line.width <= spec.width_max || end == 0) return line;
  }
}

float Text::line_height(float pixels) const {
  return std::ceil((fonts_.ascent() + fonts_.descent()) * pixels);
}
float Text::ascent(float pixels) const {
  return std::round(fonts_.ascent() * pixels);
}

}  // namespace farline::ui
