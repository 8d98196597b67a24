#include "app/answer_line.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace farline::app {

std::string format_answer_line(const AnswerLine& line) {
  if (!line.code) return "o " + std::string(line.text);
  const std::string end = "x " + std::to_string(number(*line.code));
  return line.text.empty() ? end : end + " " + std::string(line.text);
}

std::optional<AnswerLine> parse_answer_line(std::string_view line) {
  if (line.starts_with("o ")) return AnswerLine{.code = {}, .text = line.substr(2)};
  if (!line.starts_with("x ")) return std::nullopt;
  uint8_t code = 0;
  const char* const last = line.data() + line.size();
  const auto [end, failed] = std::from_chars(line.data() + 2, last, code);
  if (failed != std::errc{} || (end != last && *end != ' ')) return std::nullopt;
  const auto read = static_cast<size_t>(end - line.data());
  return AnswerLine{.code = static_cast<ExitCode>(code), .text = line.substr(std::min(read + 1, line.size()))};
}

}  // namespace farline::app
