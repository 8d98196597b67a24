// UTF-8 as RFC 3629 allows it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <optional>
#include <string_view>

namespace farline::wire {

// The code point at the front of `text`, which is not empty, and takes it off; nothing when the bytes are not UTF-8.
std::optional<char32_t> take_code_point(std::string_view& text);

bool is_utf8(std::string_view text);

}  // namespace farline::wire
