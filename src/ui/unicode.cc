#include "ui/unicode.h"

#include <hb.h>

#include "wire/utf8.h"

namespace farline::ui {
namespace {

hb_unicode_general_category_t category(uint32_t code_point) {
  return hb_unicode_general_category(hb_unicode_funcs_get_default(), code_point);
}

bool is_regional_indicator(uint32_t code_point) {
  return code_point >= 0x1F1E6 && code_point <= 0x1F1FF;
}

bool is_pictograph(uint32_t code_point) {
  return (code_point >= 0x1F000 && code_point <= 0x1FAFF) || (code_point >= 0x2600 && code_point <= 0x27BF);
}

bool is_ideograph(uint32_t code_point) {
  return (code_point >= 0x2E80 && code_point <= 0xD7AF) || (code_point >= 0xF900 && code_point <= 0xFAFF) ||
         (code_point >= 0x20000 && code_point <= 0x3FFFD);
}

bool is_closing(uint32_t code_point) {
  const auto kind = category(code_point);
  return kind == HB_UNICODE_GENERAL_CATEGORY_CLOSE_PUNCTUATION ||
         kind == HB_UNICODE_GENERAL_CATEGORY_FINAL_PUNCTUATION || kind == HB_UNICODE_GENERAL_CATEGORY_OTHER_PUNCTUATION;
}

bool is_of_word(uint32_t code_point) {
  const auto kind = category(code_point);
  return is_mark(code_point) || kind == HB_UNICODE_GENERAL_CATEGORY_LOWERCASE_LETTER ||
         kind == HB_UNICODE_GENERAL_CATEGORY_MODIFIER_LETTER || kind == HB_UNICODE_GENERAL_CATEGORY_OTHER_LETTER ||
         kind == HB_UNICODE_GENERAL_CATEGORY_TITLECASE_LETTER || kind == HB_UNICODE_GENERAL_CATEGORY_UPPERCASE_LETTER ||
         kind == HB_UNICODE_GENERAL_CATEGORY_DECIMAL_NUMBER || kind == HB_UNICODE_GENERAL_CATEGORY_LETTER_NUMBER ||
         code_point == '_' || code_point == kZeroWidthJoiner || code_point == 0x200C;
}

uint32_t code_point_at(std::string_view text, size_t at) {
  return decode(text, at);
}

// The beginning of the code point that ends at `at` > 0.
size_t step_back(std::string_view text, size_t at) {
  for (size_t length = 1; length <= 4 && length <= at; ++length) {
    size_t end = at - length;
    if (decode(text, end) != kReplacement && end == at) return at - length;
  }
  // U+FFFD itself, or a byte that is no UTF-8.
  return text.substr(0, at).ends_with("\xEF\xBF\xBD") ? at - 3 : at - 1;
}

}  // namespace

uint32_t decode(std::string_view text, size_t& at) {
  std::string_view rest = text.substr(at);
  if (const auto code_point = wire::take_code_point(rest)) {
    at = text.size() - rest.size();
    return *code_point;
  }
  ++at;
  return kReplacement;
}

void append_utf8(std::string& text, uint32_t code_point) {
  const auto put = [&](uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::string_view whole_characters(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = 0;
  for (size_t at = 0; at <= max_bytes;) {
    end = at;
    decode(text, at);
  }
  return text.substr(0, end);
}

bool is_extender(uint32_t code_point) {
  return (code_point >= 0x1F3FB && code_point <= 0x1F3FF) || (code_point >= 0xE0020 && code_point <= 0xE007F);
}

bool is_mark(uint32_t code_point) {
  const auto kind = category(code_point);
  return kind == HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK || kind == HB_UNICODE_GENERAL_CATEGORY_SPACING_MARK ||
         kind == HB_UNICODE_GENERAL_CATEGORY_ENCLOSING_MARK;
}

bool is_invisible(uint32_t code_point) {
  const auto kind = category(code_point);
  return kind == HB_UNICODE_GENERAL_CATEGORY_FORMAT || kind == HB_UNICODE_GENERAL_CATEGORY_CONTROL ||
         kind == HB_UNICODE_GENERAL_CATEGORY_LINE_SEPARATOR ||
         kind == HB_UNICODE_GENERAL_CATEGORY_PARAGRAPH_SEPARATOR || (code_point >= 0xFE00 && code_point <= 0xFE0F);
}

bool joins(uint32_t before, uint32_t after) {
  if (before == '\n' || after == '\n') return false;
  return is_mark(after) || after == kZeroWidthJoiner || after == 0x200C || is_extender(after) ||
         (before == kZeroWidthJoiner && is_pictograph(after));
}

size_t next_grapheme(std::string_view text, size_t at) {
  if (at >= text.size()) return text.size();
  uint32_t before = decode(text, at);
  if (is_regional_indicator(before) && at < text.size() && is_regional_indicator(code_point_at(text, at))) {
    before = decode(text, at);
  }
  while (at < text.size()) {
    size_t behind = at;
    const uint32_t after = decode(text, behind);
    if (!joins(before, after)) break;
    before = after;
    at = behind;
  }
  return at;
}

size_t previous_grapheme(std::string_view text, size_t at) {
  if (at == 0 || text.empty()) return 0;
  // Back to something that surely begins one, then forward.
  size_t start = step_back(text, std::min(at, text.size()));
  while (start > 0) {
    const size_t earlier = step_back(text, start);
    const uint32_t before = code_point_at(text, earlier);
    const uint32_t after = code_point_at(text, start);
    if (!joins(before, after) && !is_regional_indicator(before)) break;
    start = earlier;
  }
  for (size_t next = next_grapheme(text, start); next < at; next = next_grapheme(text, start)) start = next;
  return start;
}

size_t next_word(std::string_view text, size_t at) {
  while (at < text.size() && !is_of_word(code_point_at(text, at))) decode(text, at);
  while (at < text.size() && is_of_word(code_point_at(text, at))) decode(text, at);
  return at;
}

size_t previous_word(std::string_view text, size_t at) {
  const auto before = [&] { return code_point_at(text, step_back(text, at)); };
  while (at > 0 && !is_of_word(before())) at = step_back(text, at);
  while (at > 0 && is_of_word(before())) at = step_back(text, at);
  return at;
}

bool is_space(uint32_t code_point) {
  return code_point == ' ' || code_point == '\t' || code_point == 0x1361 || code_point == 0x200B ||
         code_point == 0x3000 || (code_point >= 0x2000 && code_point <= 0x200A && code_point != 0x2007);
}

bool may_break(uint32_t before, uint32_t after) {
  if (is_space(after) || joins(before, after)) return false;
  if (is_space(before)) return true;
  if (before == '-' || before == 0x2010 || before == 0x2013 || before == 0xAD) return !is_closing(after);
  if (is_closing(after)) return false;
  return is_ideograph(before) || is_ideograph(after);
}

}  // namespace farline::ui
