// The same facts for people, a line each, and for programs, one JSON object.
#pragma once

#include <string>
#include <vector>

#include "app/json_line.h"

namespace farline::app {

class Facts {
 public:
  Facts& number(const char* key, uint64_t value) {
    json_.number(key, static_cast<int64_t>(value));
    lines_.push_back(std::string(key) + ": " + std::to_string(value));
    return *this;
  }
  Facts& text(const char* key, const std::string& value) {
    json_.text(key, value);
    lines_.push_back(std::string(key) + ": " + value);
    return *this;
  }
  std::vector<std::string> lines(bool json) const { return json ? std::vector<std::string>{json_.finish()} : lines_; }

 private:
  JsonLine json_;
  std::vector<std::string> lines_;
};

}  // namespace farline::app
