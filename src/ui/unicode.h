// Where characters, words and lines may be parted. Offsets are bytes of UTF-8; invalid bytes are one character each,
// U+FFFD. Simplified from UAX #29 and #14: marks, joiners, emoji modifiers and pairs of regional indicators stay with
// what they follow; words are runs of letters and digits; text.h says how lines break.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace farline::ui {

inline constexpr uint32_t kReplacement = 0xFFFD;

// The code point at `at`, which moves behind it. at < text.size().
uint32_t decode(std::string_view text, size_t& at);
void append_utf8(std::string& text, uint32_t code_point);
// The longest beginning of at most max_bytes that parts no character.
std::string_view whole_characters(std::string_view text, size_t max_bytes);

inline constexpr uint32_t kZeroWidthJoiner = 0x200D;

bool is_extender(uint32_t code_point);   // modifies the emoji before it: a colour of skin, a tag of a flag
bool is_mark(uint32_t code_point);       // combining: has no place of its own
bool is_invisible(uint32_t code_point);  // joiners, directional marks, variation selectors: no font needs to have it
bool joins(uint32_t before, uint32_t after);  // one grapheme; pairs of regional indicators apart

// The next boundary in that direction; the end of the text, or 0, when there is none.
size_t next_grapheme(std::string_view text, size_t at);
size_t previous_grapheme(std::string_view text, size_t at);
size_t next_word(std::string_view text, size_t at);      // behind the word
size_t previous_word(std::string_view text, size_t at);  // before it

bool is_space(uint32_t code_point);  // a line may break behind it, and it hangs over the margin
bool may_break(uint32_t before, uint32_t after);

}  // namespace farline::ui
