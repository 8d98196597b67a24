#include "policy/vocabulary.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace farline::policy {
namespace {

// Takes exactly `digits` digits off the front.
std::optional<int> take_digits(std::string_view& text, size_t digits) {
  int value = 0;
  if (text.size() < digits) return {};
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Day> take_day(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return {};
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return {};
  const auto day = take_digits(text, 2);
  if (!day) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return {};
  const auto number = std::chrono::sys_days(date).time_since_epoch().count();
  if (number < 0 || number > kDayMax) return {};
  return Day{static_cast<int32_t>(number)};
}

struct ClockTime {
  int hours = 0;
  int minutes = 0;
};
std::optional<ClockTime> take_clock(std::string_view& text) {
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ':')) return {};
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 24 || *minutes > 59 || (*hours == 24 && *minutes > 0)) return {};
  return ClockTime{*hours, *minutes};
}

// As a quarter of the day; 24:00 is 96.
std::optional<int> take_clock_quarter(std::string_view& text) {
  const auto clock = take_clock(text);
  if (!clock || clock->minutes % 15 != 0) return {};
  return clock->hours * 4 + clock->minutes / 15;
}

constexpr int32_t kOffsetMax = 14 * 4;  // Kiribati; the other end is -12:00

std::optional<UtcOffset> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return UtcOffset{0};
  const bool minus = take(text, '-');
  if (!minus && !take(text, '+')) return {};
  const auto quarters = take_clock_quarter(text);
  if (!quarters || *quarters > kOffsetMax) return {};
  return UtcOffset{minus ? -*quarters : *quarters};
}

std::string printed(const char* format, auto... values) {
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string clock_text(int quarter) {
  return printed("%02d:%02d", quarter / 4, quarter % 4 * 15);
}

// "Mon-Fri,Sun" or "daily".
std::optional<Set<Weekday>> take_weekdays(std::string_view words) {
  Set<Weekday> out;
  if (words == "daily") return Set<Weekday>{0x7f};
  while (true) {
    const size_t comma = words.find(',');
    const std::string_view part = words.substr(0, comma);
    const size_t dash = part.find('-');
    const auto first = choice_named<Weekday>(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : choice_named<Weekday>(part.substr(dash + 1));
    if (!first || !last) return {};
    for (unsigned day = static_cast<unsigned>(*first);; day = (day + 1) % 7) {
      out.add(static_cast<Weekday>(day));
      if (day == static_cast<unsigned>(*last)) break;
    }
    if (comma == std::string_view::npos) return out;
    words.remove_prefix(comma + 1);
  }
}

std::string weekdays_text(Set<Weekday> days) {
  if (days.bits == 0x7f) return "daily";
  std::string out;
  for (unsigned day = 0; day < 7;) {
    unsigned end = day;
    while (end < 7 && days.has(static_cast<Weekday>(end))) ++end;
    if (end > day) {
      if (!out.empty()) out += ',';
      out += kNames<Weekday>[day];
      if (end - day == 2) out += ',';
      if (end - day > 2) out += '-';
      if (end - day > 1) out += kNames<Weekday>[end - 1];
    }
    day = end + 1;
  }
  return out;
}

std::optional<Span> make_span(int64_t start, int64_t end) {
  if (start < 0 || start >= kQuartersPerDay || end < 0 || end >= kQuartersPerDay) return {};
  return Span{static_cast<uint8_t>(start), static_cast<uint8_t>(end)};
}

}  // namespace

std::string Form<Day>::expected() {
  return "a day such as 2026-12-25";
}
std::string Form<Day>::text(const Day& value) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(value.number))};
  return printed("%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()));
}
std::optional<Day> Form<Day>::parse(std::string_view text) {
  const auto day = take_day(text);
  return text.empty() ? day : std::nullopt;
}
std::array<int64_t, 1> Form<Day>::numbers(const Day& value) {
  return {value.number};
}
std::optional<Day> Form<Day>::make(const std::array<int64_t, 1>& n) {
  if (n[0] < 0 || n[0] > kDayMax) return {};
  return Day{static_cast<int32_t>(n[0])};
}

std::string Form<Quarter>::expected() {
  return "a moment at a quarter of an hour, such as 2027-03-28T01:00:00Z";
}
std::string Form<Quarter>::text(const Quarter& value) {
  return time_text(start_of(value), {});
}
std::optional<Quarter> Form<Quarter>::parse(std::string_view text) {
  const auto time = time_from_text(text);
  if (!time || time->seconds % uint64_t{kSecondsPerQuarter} != 0) return {};
  return quarter_of(*time);
}
std::array<int64_t, 1> Form<Quarter>::numbers(const Quarter& value) {
  return {value.number};
}
std::optional<Quarter> Form<Quarter>::make(const std::array<int64_t, 1>& n) {
  if (n[0] < 0 || n[0] > int64_t{kDayMax} * kQuartersPerDay) return {};
  return Quarter{n[0]};
}

std::string Form<UtcOffset>::expected() {
  return "an offset in quarters of an hour such as \"+02:00\"";
}
std::string Form<UtcOffset>::text(const UtcOffset& value) {
  const int32_t size = value.quarters < 0 ? -value.quarters : value.quarters;
  return (value.quarters < 0 ? "-" : "+") + clock_text(size);
}
std::optional<UtcOffset> Form<UtcOffset>::parse(std::string_view text) {
  const auto offset = take_offset(text);
  return text.empty() ? offset : std::nullopt;
}
std::array<int64_t, 1> Form<UtcOffset>::numbers(const UtcOffset& value) {
  return {value.quarters};
}
std::optional<UtcOffset> Form<UtcOffset>::make(const std::array<int64_t, 1>& n) {
  if (n[0] < -kOffsetMax || n[0] > kOffsetMax) return {};
  return UtcOffset{static_cast<int32_t>(n[0])};
}

std::string Form<Span>::expected() {
  return "hours in quarters such as \"08:00-18:00\"";
}
std::string Form<Span>::text(const Span& value) {
  return clock_text(value.start) + "-" + clock_text(value.end == 0 ? kQuartersPerDay : value.end);
}
std::optional<Span> Form<Span>::parse(std::string_view text) {
  const auto start = take_clock_quarter(text);
  if (!start || !take(text, '-')) return {};
  const auto end = take_clock_quarter(text);
  if (!end || !text.empty()) return {};
  return make_span(*start, *end % kQuartersPerDay);
}
std::array<int64_t, 2> Form<Span>::numbers(const Span& value) {
  return {value.start, value.end};
}
std::optional<Span> Form<Span>::make(const std::array<int64_t, 2>& n) {
  return make_span(n[0], n[1]);
}

std::string Form<Window>::expected() {
  return "days and hours such as \"Mon-Fri 08:00-18:00\", \"Sat,Sun 22:00-02:00\" or \"daily 00:00-24:00\"";
}
std::string Form<Window>::text(const Window& value) {
  return weekdays_text(value.start_days) + " " + Form<Span>::text(value.span);
}
std::optional<Window> Form<Window>::parse(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return {};
  const auto days = take_weekdays(text.substr(0, space));
  const auto span = Form<Span>::parse(text.substr(space + 1));
  if (!days || !span) return {};
  return Window{*days, *span};
}
std::array<int64_t, 3> Form<Window>::numbers(const Window& value) {
  return {value.start_days.bits, value.span.start, value.span.end};
}
std::optional<Window> Form<Window>::make(const std::array<int64_t, 3>& n) {
  const auto span = make_span(n[1], n[2]);
  if (!span || n[0] < 1 || n[0] > 0x7f) return {};
  return Window{{static_cast<uint32_t>(n[0])}, *span};
}

std::string Form<Version>::expected() {
  return "a version such as \"0.4.2\", each number at most 1023";
}
std::string Form<Version>::text(const Version& value) {
  return printed("%u.%u.%u", value.code >> 20, value.code >> 10 & 1023, value.code & 1023);
}
std::optional<Version> Form<Version>::parse(std::string_view text) {
  uint32_t code = 0;
  for (int part = 0; part < 3; ++part) {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number > 1023) return {};
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (part < 2 && !take(text, '.')) return {};
    code = code << 10 | number;
  }
  if (!text.empty()) return {};
  return Version{code};
}
std::array<int64_t, 1> Form<Version>::numbers(const Version& value) {
  return {value.code};
}
std::optional<Version> Form<Version>::make(const std::array<int64_t, 1>& n) {
  if (n[0] < 0 || n[0] >= int64_t{1} << 30) return {};
  return Version{static_cast<uint32_t>(n[0])};
}

std::string time_text(WallTime time, UtcOffset offset) {
  const int64_t local = static_cast<int64_t>(time.seconds) + offset.quarters * kSecondsPerQuarter;
  if (local < 0 || local / kSecondsPerDay > kDayMax) return "out of range";
  const auto second = static_cast<int>(local % kSecondsPerDay);
  std::string out = Form<Day>::text({static_cast<int32_t>(local / kSecondsPerDay)}) +
                    printed("T%02d:%02d", second / 3600, second / 60 % 60);
  if (second % 60 != 0) out += printed(":%02d", second % 60);
  return out + (offset.quarters == 0 ? "Z" : Form<UtcOffset>::text(offset));
}

std::optional<WallTime> time_from_text(std::string_view text) {
  const auto day = take_day(text);
  if (!day || !(take(text, 'T') || take(text, ' '))) return {};
  const auto clock = take_clock(text);
  if (!clock) return {};
  int seconds = 0;
  if (take(text, ':')) {
    const auto taken = take_digits(text, 2);
    if (!taken || *taken > 59) return {};
    seconds = *taken;
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return {};
  const int64_t local = day->number * kSecondsPerDay + clock->hours * 3600 + clock->minutes * 60 + seconds;
  const int64_t at = local - offset->quarters * kSecondsPerQuarter;
  if (at < 0) return {};
  return WallTime{static_cast<uint64_t>(at)};
}

}  // namespace farline::policy
