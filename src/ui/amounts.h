// Amounts in words: bytes, rates, lengths of time, moments, money; short, in the reader's language and digits.
#pragma once

#include "client/view.h"
#include "ui/words.h"

namespace farline::ui {

// What time it is for the person, as told by their computer; for showing only.
struct Clock {
  WallTime now{};  // zero: not known
  int32_t utc_offset_minutes = 0;
};

inline constexpr std::array<Key, 7> kDayNames{"day.mon", "day.tue", "day.wed", "day.thu",
                                              "day.fri", "day.sat", "day.sun"};

std::string bytes_text(const Words& words, uint64_t bytes);     // 36 kB; k is 1000
std::string rate_text(const Words& words, uint64_t bps);        // 2.4 kbit/s
std::string percent_text(const Words& words, double fraction);  // 12%
std::string seconds_text(const Words& words, double seconds);   // 1.4 s
std::string money_text(const Words& words, const client::Cost& cost);
std::string clock_text(const Words& words, Duration time);   // 0:12, 1:02:03
std::string length_text(const Words& words, Duration time);  // 5 min 32 s, 2 h 5 min
// Of the day, at that offset: 19:30.
std::string time_of_day(const Words& words, WallTime at, int32_t utc_offset_minutes);
// today at 19:30, tomorrow at 08:00, Tue 24 Nov at 08:00
std::string moment_text(const Words& words, WallTime at, Clock clock);
std::string date_text(const Words& words, WallTime at, int32_t utc_offset_minutes);  // Tue 24 Nov

}  // namespace farline::ui
