// One JSON object on one line, written field by field (RFC 8259). Text is UTF-8 already; control characters and quotes
// are escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace farline::app {

class JsonLine {
 public:
  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& number(std::string_view key, int64_t value);
  JsonLine& decimal(std::string_view key, double value, int places);
  JsonLine& boolean(std::string_view key, bool value);
  // `json` is a finished JSON value.
  JsonLine& raw(std::string_view key, std::string_view json);
  std::string finish() const { return line_ + "}"; }

 private:
  void name(std::string_view key);
  void quoted(std::string_view value);

  std::string line_ = "{";
};

}  // namespace farline::app
