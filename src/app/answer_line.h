// The lines by which a running program answers another one of its folder, through host/control_pipe.h: any number of
// `o TEXT`, output to be passed on as it is, and at last `x CODE` or `x CODE TEXT`, the exit code and what went wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/exit_codes.h"

namespace farline::app {

struct AnswerLine {
  std::optional<ExitCode> code;  // the last line
  std::string_view text;
};

std::string format_answer_line(const AnswerLine& line);
// Nothing when it is not of that form. `text` points into `line`.
std::optional<AnswerLine> parse_answer_line(std::string_view line);

}  // namespace farline::app
