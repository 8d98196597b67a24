#include "wire/utf8.h"

#include <cstddef>
#include <cstdint>

#include "base/check.h"

namespace farline::wire {

std::optional<char32_t> take_code_point(std::string_view& text) {
  INVARIANT(!text.empty());
  const auto lead = static_cast<uint8_t>(text[0]);
  size_t size = 1;
  char32_t point = lead;
  char32_t smallest = 0;  // below it the form is overlong
  if (lead >= 0xf8) return {};
  if (lead >= 0xf0) {
    size = 4, point = lead & 0x07, smallest = 0x10000;
  } else if (lead >= 0xe0) {
    size = 3, point = lead & 0x0f, smallest = 0x800;
  } else if (lead >= 0xc0) {
    size = 2, point = lead & 0x1f, smallest = 0x80;
  } else if (lead >= 0x80) {
    return {};
  }
  if (size > text.size()) return {};
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    point = point << 6 | (next & 0x3f);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < smallest || surrogate || point > 0x10ffff) return {};
  text.remove_prefix(size);
  return point;
}

bool is_utf8(std::string_view text) {
  while (!text.empty())
    if (!take_code_point(text)) return false;
  return true;
}

}  // namespace farline::wire
