#include "app/json_line.h"

#include <cstdio>

namespace farline::app {

void JsonLine::name(std::string_view key) {
  if (line_.size() > 1) line_ += ", ";
  quoted(key);
  line_ += ": ";
}

void JsonLine::quoted(std::string_view value) {
  line_ += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      line_ += '\\';
      line_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      line_ += escape;
    } else {
      line_ += c;
    }
  }
  line_ += '"';
}

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  name(key);
  quoted(value);
  return *this;
}

JsonLine& JsonLine::number(std::string_view key, int64_t value) {
  name(key);
  line_ += std::to_string(value);
  return *this;
}

JsonLine& JsonLine::decimal(std::string_view key, double value, int places) {
  char digits[64];
  std::snprintf(digits, sizeof digits, "%.*f", places, value);
  return raw(key, digits);
}

JsonLine& JsonLine::boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }

JsonLine& JsonLine::raw(std::string_view key, std::string_view json) {
  name(key);
  line_ += json;
  return *this;
}

}  // namespace farline::app
