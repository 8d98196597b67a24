// The settings file of a program: TOML of "name = value" alone, for a program whose options carry the same names
// (app/main_node.cc). What it does not know, a table for instance, becomes a problem with its line and what to write.
// No I/O. Input is bounded by kSettingsBytesMax.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/source.h"

namespace farline::admin {

inline constexpr size_t kSettingsBytesMax = 64 * 1024;

struct Setting {
  uint32_t line = 0;  // from 1
  std::string name;
  std::vector<std::string> values;  // as on a command line; several when the file has an array
};

struct Settings {
  std::vector<Setting> values;  // in the order of the file
  std::vector<Problem> errors;  // any: nothing of it is to be used
};
Settings read_settings(std::string_view toml);

}  // namespace farline::admin
