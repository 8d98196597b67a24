#include <doctest/doctest.h>

#include <vector>

#include "ui/unicode.h"

using namespace farline::ui;

namespace {

std::vector<size_t> boundaries(std::string_view text) {
  std::vector<size_t> all;
  for (size_t at = 0; at < text.size();) all.push_back(at = next_grapheme(text, at));
  return all;
}

}  // namespace

TEST_CASE("UTF-8 is read as the standard says, and what is none becomes U+FFFD byte by byte") {
  const auto points = [](std::string_view text) {
    std::vector<uint32_t> all;
    for (size_t at = 0; at < text.size();) all.push_back(decode(text, at));
    return all;
  };
  CHECK(points("a\xC3\xA9\xE0\xA4\xA8\xF0\x9F\x98\x80") == std::vector<uint32_t>{'a', 0xE9, 0x928, 0x1F600});
  CHECK(points("\xC0\x80") == std::vector<uint32_t>{0xFFFD, 0xFFFD});              // overlong
  CHECK(points("\xED\xA0\x80") == std::vector<uint32_t>{0xFFFD, 0xFFFD, 0xFFFD});  // surrogate
  CHECK(points("\xF4\x90\x80\x80") == std::vector<uint32_t>(4, 0xFFFD));           // above U+10FFFF
  CHECK(points("\xE0\xA4x") == std::vector<uint32_t>{0xFFFD, 0xFFFD, 'x'});        // cut short
  CHECK(points("\xF0\x9F\x98") == std::vector<uint32_t>{0xFFFD, 0xFFFD, 0xFFFD});
  std::string written;
  for (const uint32_t code_point : {0x41U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    append_utf8(written, code_point);
  }
  CHECK(points(written) == std::vector<uint32_t>{0x41, 0x7FF, 0x800, 0xFFFF, 0x10000, 0x10FFFF});
}

TEST_CASE("a character is never cut") {
  CHECK(whole_characters("a\xC3\xA9z", 2) == "a");
  CHECK(whole_characters("a\xC3\xA9z", 3) == "a\xC3\xA9");
  CHECK(whole_characters("a\xC3\xA9z", 9) == "a\xC3\xA9z");
  CHECK(whole_characters("\xF0\x9F\x98\x80", 3).empty());
}

TEST_CASE("graphemes hold marks, joined emoji and flags together, from both sides") {
  const std::string_view texts[] = {"e\xCC\x81x", "श्रे", "👍🏽a", "👩‍👩‍👧b",
                                    "🇰🇪🇺🇬c",      "مُح", "a\nb",      "\xFF\xCC\x81"};
  const size_t counts[] = {2, 2, 2, 2, 3, 2, 3, 1};
  for (size_t i = 0; i < std::size(texts); ++i) {
    CAPTURE(std::string(texts[i]));
    const auto ends = boundaries(texts[i]);
    CHECK(ends.size() == counts[i]);
    size_t at = texts[i].size();
    for (size_t back = ends.size(); back-- > 0;) {
      at = previous_grapheme(texts[i], at);
      CHECK(at == (back == 0 ? 0 : ends[back - 1]));
    }
  }
}

TEST_CASE("words are letters and digits with their marks") {
  const std::string_view text = "call रमेश, now!";
  CHECK(next_word(text, 0) == 4);
  CHECK(next_word(text, 4) == 17);
  CHECK(next_word(text, 17) == 22);
  CHECK(next_word(text, 22) == text.size());
  CHECK(previous_word(text, text.size()) == 19);
  CHECK(previous_word(text, 19) == 5);
  CHECK(previous_word(text, 3) == 0);
}

TEST_CASE("lines break behind spaces and hyphens and between ideographs, not before what closes") {
  CHECK(may_break(' ', 'a'));
  CHECK_FALSE(may_break('a', ' '));
  CHECK_FALSE(may_break('a', 'b'));
  CHECK(may_break('-', 'b'));
  CHECK(may_break(0x4E2D, 0x6587));
  CHECK_FALSE(may_break(0x6587, 0x3002));  // ideographic full stop
  CHECK_FALSE(may_break(0xA0, 'a'));       // no-break space
  CHECK_FALSE(may_break(' ', 0x301));
}
