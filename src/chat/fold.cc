#include "chat/fold.h"

#include <algorithm>

#include "wire/utf8.h"

namespace farline::chat {
namespace {

// The letters U+00C0 to U+017F without case and marks, from the decompositions of the Unicode Character Database; '*'
// stands for itself. Ligatures and letters of their own are taken for what people type instead.
constexpr std::string_view kLatin =
    "aaaaaaaceeeeiiii"
    "dnooooo*ouuuuyts"
    "aaaaaaaceeeeiiii"
    "dnooooo*ouuuuyty"
    "aaaaaaccccccccdd"
    "ddeeeeeeeeeegggg"
    "gggghhhhiiiiiiii"
    "iiiijjkkklllllll"
    "lllnnnnnnnnnoooo"
    "oooorrrrrrssssss"
    "ssttttttuuuuuuuu"
    "uuuuwwyyyzzzzzzs";
static_assert(kLatin.size() == 0x180 - 0xc0);

char32_t fold_latin(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c < 0xc0 || c >= 0x180) return c;
  const char base = kLatin[c - 0xc0];
  return base == '*' ? c : static_cast<char32_t>(base);
}

char32_t fold_greek(char32_t c) {
  switch (c) {
    case 0x386:
    case 0x3ac:
      return 0x3b1;
    case 0x388:
    case 0x3ad:
      return 0x3b5;
    case 0x389:
    case 0x3ae:
      return 0x3b7;
    case 0x38a:
    case 0x3af:
    case 0x390:
    case 0x3aa:
    case 0x3ca:
      return 0x3b9;
    case 0x38c:
    case 0x3cc:
      return 0x3bf;
    case 0x38e:
    case 0x3cd:
    case 0x3b0:
    case 0x3ab:
    case 0x3cb:
      return 0x3c5;
    case 0x38f:
    case 0x3ce:
      return 0x3c9;
    case 0x3c2:
      return 0x3c3;  // final sigma
    default:
      return c >= 0x391 && c <= 0x3a9 ? c + 32 : c;
  }
}

char32_t fold_cyrillic(char32_t c) {
  if (c >= 0x400 && c <= 0x40f) c += 80;
  if (c >= 0x410 && c <= 0x42f) c += 32;
  if ((c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f)) c |= 1;
  switch (c) {
    case 0x450:
    case 0x451:
      return 0x435;  // ё
    case 0x439:
    case 0x45d:
      return 0x438;  // й
    default:
      return c;
  }
}

// 0: left out (vowel marks, the stretching stroke).
char32_t fold_arabic(char32_t c) {
  if ((c >= 0x64b && c <= 0x65f) || c == 0x670 || c == 0x640) return 0;
  if (c >= 0x660 && c <= 0x669) return c - 0x660 + '0';
  if (c >= 0x6f0 && c <= 0x6f9) return c - 0x6f0 + '0';
  switch (c) {
    case 0x622:
    case 0x623:
    case 0x625:
    case 0x671:
      return 0x627;  // alef
    case 0x649:
    case 0x6cc:
      return 0x64a;  // ya
    case 0x629:
      return 0x647;  // ta marbuta as ha
    case 0x6a9:
      return 0x643;  // kaf
    default:
      return c;
  }
}

char32_t fold(char32_t c) {
  if (c < 0x180) return fold_latin(c);
  if (c >= 0x300 && c <= 0x36f) return 0;  // combining marks
  if (c >= 0x370 && c <= 0x3ff) return fold_greek(c);
  if (c >= 0x400 && c <= 0x52f) return fold_cyrillic(c);
  if (c >= 0x600 && c <= 0x6ff) return fold_arabic(c);
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xe0 | c >> 12);
    } else {
      byte(0xf0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3f));
    }
    byte(0x80 | (c >> 6 & 0x3f));
  }
  byte(0x80 | (c & 0x3f));
}

}  // namespace

std::string fold_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = wire::take_code_point(text);
    if (!c) {
      text.remove_prefix(1);
      continue;
    }
    if (const char32_t folded = fold(*c); folded != 0) append_utf8(out, folded);
  }
  return out;
}

std::vector<std::string> search_words(std::string_view query) {
  const std::string folded = fold_text(query);
  std::vector<std::string> words;
  for (size_t at = 0; at < folded.size();) {
    const size_t end = std::min(folded.find_first_of(" \t\r\n", at), folded.size());
    if (end > at) words.push_back(folded.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool has_words(std::string_view folded_text, const std::vector<std::string>& words) {
  return std::ranges::all_of(words,
                             [&](const std::string& word) { return folded_text.find(word) != folded_text.npos; });
}

}  // namespace farline::chat
