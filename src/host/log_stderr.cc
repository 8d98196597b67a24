#include "host/log_stderr.h"

#include <cstdio>
#include <string>

namespace farline::host {
namespace {

const char* level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::notice:
      return "notice";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

}  // namespace

void StderrLog::write(Time now, LogLevel level, const char* event, std::initializer_list<LogField> fields) {
  if (level < level_min_) return;
  char head[64];
  std::snprintf(head, sizeof head, "t=%.3f level=%s event=", to_seconds(now - start_), level_name(level));
  std::string line = head;
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += field.text != nullptr ? field.text : std::to_string(field.number);
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace farline::host
