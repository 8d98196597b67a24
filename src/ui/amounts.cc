#include "ui/amounts.h"

#include <algorithm>
#include <chrono>

namespace farline::ui {
namespace {

constexpr std::array<Key, 12> kMonths{"month.1", "month.2", "month.3", "month.4",  "month.5",  "month.6",
                                      "month.7", "month.8", "month.9", "month.10", "month.11", "month.12"};
constexpr int64_t kDaySeconds = 24 * 3600;

// One place after the point below ten, so that 2.4 and 24 are both told.
std::string scaled(const Words& words, double x) {
  return words.decimal(x, x < 9.95 ? 1 : 0);
}

int64_t local_seconds(WallTime at, int32_t utc_offset_minutes) {
  return std::max<int64_t>(static_cast<int64_t>(at.seconds) + int64_t{utc_offset_minutes} * 60, 0);
}

std::string two_digits(int64_t n) {
  return (n < 10 ? "0" : "") + std::to_string(n);
}

}  // namespace

std::string bytes_text(const Words& words, uint64_t bytes) {
  const auto x = static_cast<double>(bytes);
  if (bytes < 1000) return words("amount.bytes", {{"n", words.number(bytes)}});
  if (bytes < 1'000'000) return words("amount.kilobytes", {{"n", scaled(words, x / 1e3)}});
  if (bytes < 1'000'000'000) return words("amount.megabytes", {{"n", scaled(words, x / 1e6)}});
  return words("amount.gigabytes", {{"n", scaled(words, x / 1e9)}});
}

std::string rate_text(const Words& words, uint64_t bps) {
  const auto x = static_cast<double>(bps);
  if (bps < 1000) return words("amount.bits_s", {{"n", words.number(bps)}});
  if (bps < 1'000'000) return words("amount.kilobits_s", {{"n", scaled(words, x / 1e3)}});
  return words("amount.megabits_s", {{"n", scaled(words, x / 1e6)}});
}

std::string percent_text(const Words& words, double fraction) {
  return words("amount.percent", {{"n", words.decimal(fraction * 100, 0)}});
}

std::string seconds_text(const Words& words, double seconds) {
  return words("amount.seconds", {{"n", words.decimal(seconds, 1)}});
}

std::string money_text(const Words& words, const client::Cost& cost) {
  const std::string amount = words.decimal(cost.amount, 2);
  return cost.currency.empty() ? amount : words("amount.money", {{"n", amount}, {"currency", cost.currency}});
}

std::string clock_text(const Words& words, Duration time) {
  const int64_t s = std::max<int64_t>(time / 1s, 0);
  std::string text = s < 3600 ? std::to_string(s / 60) : std::to_string(s / 3600) + ":" + two_digits(s / 60 % 60);
  return words.digits(text + ":" + two_digits(s % 60));
}

std::string length_text(const Words& words, Duration time) {
  const auto s = static_cast<uint64_t>(std::max<int64_t>(time / 1s, 0));
  const auto part = [&](Key key, uint64_t n) { return words(key, {{"n", words.number(n)}}); };
  const auto joined = [&](const std::string& a, const std::string& b) {
    return words("amount.joined", {{"a", a}, {"b", b}});
  };
  if (s < 60) return part("amount.seconds", s);
  if (s < 600 && s % 60 != 0) return joined(part("amount.minutes", s / 60), part("amount.seconds", s % 60));
  if (s < 3600) return part("amount.minutes", s / 60);
  if (s < 24 * 3600 && s / 60 % 60 != 0)
    return joined(part("amount.hours", s / 3600), part("amount.minutes", s / 60 % 60));
  if (s < 24 * 3600) return part("amount.hours", s / 3600);
  return words.count("amount.days", s / (24 * 3600));
}

std::string time_of_day(const Words& words, WallTime at, int32_t utc_offset_minutes) {
  const int64_t s = local_seconds(at, utc_offset_minutes) % kDaySeconds;
  return words.digits(two_digits(s / 3600) + ":" + two_digits(s / 60 % 60));
}

std::string date_text(const Words& words, WallTime at, int32_t utc_offset_minutes) {
  const int64_t day = local_seconds(at, utc_offset_minutes) / kDaySeconds;
  const std::chrono::sys_days days{std::chrono::days{day}};
  const std::chrono::year_month_day date{days};
  return words("date", {{"day", words(kDayNames[static_cast<size_t>((day + 3) % 7)])},
                        {"date", words.number(static_cast<unsigned>(date.day()))},
                        {"month", words(kMonths[static_cast<unsigned>(date.month()) - 1])}});
}

std::string moment_text(const Words& words, WallTime at, Clock clock) {
  const int64_t day = local_seconds(at, clock.utc_offset_minutes) / kDaySeconds;
  const int64_t today = local_seconds(clock.now, clock.utc_offset_minutes) / kDaySeconds;
  const std::string time = time_of_day(words, at, clock.utc_offset_minutes);
  const bool is_known = clock.now.seconds != 0;
  if (is_known && day == today) return words("moment.today", {{"time", time}});
  if (is_known && day == today + 1) return words("moment.tomorrow", {{"time", time}});
  if (is_known && day == today - 1) return words("moment.yesterday", {{"time", time}});
  return words("moment", {{"date", date_text(words, at, clock.utc_offset_minutes)}, {"time", time}});
}

}  // namespace farline::ui
