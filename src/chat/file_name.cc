#include <algorithm>

#include "chat/body.h"
#include "wire/utf8.h"

namespace farline::chat {
namespace {

void append_code_point(std::string_view from, std::string_view rest, std::string& out) {
  out.append(from.substr(0, from.size() - rest.size()));
}

// Folders of both systems, what shells and Windows take for something else, and what turns a name around: "exe.txt"
// that is a program.
bool is_unsafe(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0) || std::u32string_view(U"/\\:*?\"<>|").find(c) != std::u32string_view::npos) {
    return true;
  }
  return c == 0x061c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
         c == 0xfeff;
}

// CON, NUL, COM1 and so on, with any ending.
bool is_windows_device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (!stem.empty() && stem.back() == ' ') stem.pop_back();
  for (char& c : stem) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (stem == "CON" || stem == "PRN" || stem == "AUX" || stem == "NUL") return true;
  const bool numbered = stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT"));
  return numbered && stem[3] >= '0' && stem[3] <= '9';
}

}  // namespace

std::string safe_file_name(std::string_view name) {
  std::string out;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view before = rest;
    const auto c = wire::take_code_point(rest);
    if (!c) rest = before.substr(1);
    std::string next;
    if (!c || is_unsafe(*c)) {
      next = "_";
    } else {
      append_code_point(before, rest, next);
    }
    if (out.size() + next.size() > kFileNameBytesMax) break;
    out += next;
  }
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  if (!out.empty() && (out.front() == '.' || out.front() == ' ')) out.front() = '_';
  if (out.empty()) return "file";
  if (is_windows_device(out)) out.front() = '_';
  return out;
}

}  // namespace farline::chat
