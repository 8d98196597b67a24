// The language files as they were when the program was built.
#pragma once

#include <span>
#include <string_view>

namespace farline::ui {

struct BuiltInLanguage {
  std::string_view code;
  std::string_view text;
};
std::span<const BuiltInLanguage> language_files();

}  // namespace farline::ui
