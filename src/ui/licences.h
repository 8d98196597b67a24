// The parts of the program that others made, and on which terms.
#pragma once

#include <span>
#include <string_view>

namespace farline::ui {

struct Licence {
  std::string_view name;
  std::string_view words;
};
std::span<const Licence> licences();

}  // namespace farline::ui
