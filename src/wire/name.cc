#include "wire/name.h"

#include <algorithm>

#include "wire/limits.h"
#include "wire/utf8.h"

namespace farline::wire {
namespace {

bool is_forbidden(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool line_break = c == 0x2028 || c == 0x2029;
  const bool direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return control || line_break || direction;
}

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

Result<void> check_name(std::string_view name) {
  if (name.empty()) return Error{Errc::malformed, "name is empty"};
  if (name.size() > kNameBytesMax) return Error{Errc::limit, "name is longer than 64 bytes"};
  if (name.front() == ' ' || name.back() == ' ') return Error{Errc::malformed, "name begins or ends with a space"};
  const size_t at = name.find('@');
  const bool has_site = at != std::string_view::npos;
  if (has_site && (at == 0 || at + 1 == name.size() || name.find('@', at + 1) != std::string_view::npos))
    return Error{Errc::malformed, "name is not of the form name@site"};
  while (!name.empty()) {
    const auto point = take_code_point(name);
    if (!point) return Error{Errc::malformed, "name is not UTF-8"};
    if (is_forbidden(*point)) return Error{Errc::malformed, "name has a control character"};
  }
  return {};
}

Result<std::string> fold_name(std::string_view name) {
  const Result<void> checked = check_name(name);
  if (!checked) return checked.error();
  std::string folded(name);
  for (char& c : folded) c = fold(c);
  return folded;
}

bool is_same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, fold, fold) && check_name(a);
}

std::string_view site_of(std::string_view name) {
  const size_t at = name.find('@');
  return at == std::string_view::npos ? std::string_view{} : name.substr(at + 1);
}

}  // namespace farline::wire
