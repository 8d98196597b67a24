#include "admin/settings.h"

#include <algorithm>

#include "admin/toml.h"

namespace farline::admin {
namespace {

// Nothing for what an option cannot be.
std::optional<std::string> word_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<int64_t>()) return std::to_string(*number);
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  return std::nullopt;
}

bool add_words(const toml::node& node, std::vector<std::string>& words) {
  if (const auto word = word_of(node)) {
    words.push_back(*word);
    return true;
  }
  const toml::array* list = node.as_array();
  if (list == nullptr) return false;
  return std::ranges::all_of(*list, [&](const toml::node& each) { return !each.is_array() && add_words(each, words); });
}

}  // namespace

Settings read_settings(std::string_view text) {
  Settings out;
  if (text.size() > kSettingsBytesMax) {
    out.errors.push_back({1, "", "the file is larger than 64 KiB"});
    return out;
  }
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    out.errors.push_back({parsed.error().source().begin.line, "", std::string(parsed.error().description())});
    return out;
  }
  for (const auto& [key, node] : parsed.table()) {
    Setting setting{.line = line_of(node), .name = std::string(key.str()), .values = {}};
    if (!add_words(node, setting.values)) {
      const char* what = node.is_table() ? "is a table: write NAME = VALUE without [...]"
                                         : "write a text in quotes, a whole number, true or false, or a list of them";
      out.errors.push_back({setting.line, setting.name, what});
    }
    out.values.push_back(std::move(setting));
  }
  std::ranges::sort(out.values, {}, &Setting::line);
  std::ranges::sort(out.errors, {}, &Problem::line);
  return out;
}

}  // namespace farline::admin
