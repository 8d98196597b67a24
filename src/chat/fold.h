// The form of a text in which it is searched and watched for: lower case and without marks, so that who types "cafe",
// "ЕЛКА" or unvowelled Arabic finds "Café", "ёлка" and the vowelled word. Covers Latin up to U+017F, Greek, Cyrillic
// and Arabic; other scripts are compared as they are. Not stable across versions: it is never stored or sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace farline::chat {

// What is not UTF-8 in `text` is left out.
std::string fold_text(std::string_view text);

// The folded words of what was asked for, and whether all of them are in a folded text, anywhere.
std::vector<std::string> search_words(std::string_view query);
bool has_words(std::string_view folded_text, const std::vector<std::string>& words);

}  // namespace farline::chat
