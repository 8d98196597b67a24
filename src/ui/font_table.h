// Which files draw which script, best first, on every system at once: what a system does not have is passed over.
#pragma once

#include <cstdint>
#include <span>

namespace farline::ui {

struct FontRow {
  uint32_t script = 0;  // ISO 15924 tag as hb_script_t; 0: what no script's own face has
  const char* regular = nullptr;
  const char* bold = nullptr;  // null: none
};

std::span<const FontRow> font_table();

}  // namespace farline::ui
