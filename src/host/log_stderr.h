// Log lines on standard error: `t=12.345 level=info event=attached rtt_ms=700`. Values are numbers and literals
// (base/log.h), so a line needs no quoting. One write a line.
#pragma once

#include "base/log.h"

namespace farline::host {

class StderrLog : public Log {
 public:
  // Lines below `level_min` are dropped; `start` is t=0.
  StderrLog(LogLevel level_min, Time start) : level_min_(level_min), start_(start) {}
  void set_level(LogLevel level_min) { level_min_ = level_min; }
  void write(Time now, LogLevel level, const char* event, std::initializer_list<LogField> fields = {}) override;

 private:
  LogLevel level_min_;
  Time start_;
};

}  // namespace farline::host
