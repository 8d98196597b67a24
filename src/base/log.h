// Structured log lines: a literal event name and key=value fields, numbers and literals only. Addresses, names, keys
// and texts cannot be passed: there is no overload for them. What a stranger can trigger is logged through RateLimit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/time.h"

namespace farline {

enum class LogLevel : uint8_t { debug, info, notice, warning, error };

struct LogField {
  const char* key;           // a literal
  int64_t number = 0;
  const char* text = nullptr;  // a literal; when set, printed instead of the number
};

class Log {
 public:
  virtual ~Log() = default;
  virtual void write(Time now, LogLevel level, const char* event, std::initializer_list<LogField> fields = {}) = 0;
};

// A token bucket for log lines and other answers to strangers: at most `burst` at once, one more each `interval`.
class RateLimit {
 public:
  RateLimit(uint32_t burst, Duration interval) : burst_(burst), interval_(interval), tokens_(burst) {}
  bool take(Time now) {
    if (now > refilled_) {
      const auto gained = (now - refilled_) / interval_;
      if (gained > 0) {
        tokens_ = static_cast<uint32_t>(std::min<int64_t>(burst_, static_cast<int64_t>(tokens_) + gained));
        refilled_ += gained * interval_;
      }
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  uint32_t burst_;
  Duration interval_;
  uint32_t tokens_;
  Time refilled_{};
};

}  // namespace farline
