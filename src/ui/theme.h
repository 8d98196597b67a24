// Colours by what they mean. Every pair that is read has a contrast of at least 4.5:1 (WCAG 2.1, 1.4.3), and nothing is
// said by colour alone.
#pragma once

#include <cstdint>

#include "client/view.h"

namespace farline::ui {

enum class Role : uint8_t {
  background,  // of the window
  surface,     // of cards, lists, fields
  raised,      // of buttons, and what the pointer is over
  line,        // between things
  text,
  dim,  // text of second rank
  accent,
  on_accent,  // text on accent, bad (danger, emergency) and good
  good,
  warn,
  bad,
  focus,
};
inline constexpr size_t kRoles = 12;

struct Colour {
  uint8_t r = 0;
  uint8_t g = 0;
  uint8_t b = 0;
};

Colour colour_of(client::Theme theme, Role role);

}  // namespace farline::ui
