// The parts of the program that others made, on which terms, and those terms whole: src/ui/licences/, built in.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace farline::ui {

struct Licence {
  std::string_view name;
  std::string_view holders;  // "© ..."; empty: nobody's
  std::string_view terms;
  std::array<std::string_view, 2> texts;  // ids of licence_texts(); empty: none more
};
std::span<const Licence> licences();

// Under its SPDX id, as its authors wrote it.
struct LicenceText {
  std::string_view id;
  std::string_view text;
};
std::span<const LicenceText> licence_texts();
std::string_view licence_text(std::string_view id);  // empty: there is none

// What the LGPL gives to whoever has the program, where its parts are inside it.
std::string_view relinking();

// All of it, for a terminal.
std::string licences_page();

}  // namespace farline::ui
