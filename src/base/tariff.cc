#include "base/tariff.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace farline {
namespace {

constexpr uint64_t kMicros = 1'000'000;
constexpr uint64_t kPriceMax = 1'000'000;  // of the currency
constexpr uint64_t kSecondsMax = 86'400;
constexpr uint64_t kKilobytesMax = 1'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// Cursors over what is left of the text: each takes what it reads from it.
bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// 1..max, 0 when it is not that.
uint64_t take_number(std::string_view& text, uint64_t max) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > max) return 0;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

std::optional<uint64_t> take_price(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  uint64_t micros = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    micros = 10 * micros + kMicros * static_cast<uint64_t>(text.front() - '0');
    if (micros > kPriceMax * kMicros) return std::nullopt;
  }
  if (!take(text, ".")) return micros;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  for (uint64_t digit = kMicros / 10; !text.empty() && is_digit(text.front()); text.remove_prefix(1), digit /= 10)
    micros += digit * static_cast<uint64_t>(text.front() - '0');
  return micros;
}

bool take_currency(std::string_view& text, Tariff& tariff) {
  if (text.empty()) return true;
  if (!take(text, " ") || text.empty() || text.size() > tariff.currency.size()) return false;
  if (!std::ranges::all_of(text, is_letter)) return false;
  std::ranges::copy(text, tariff.currency.begin());
  return true;
}

}  // namespace

std::string_view Tariff::currency_word() const {
  const auto end = std::ranges::find(currency, '\0');
  return {currency.data(), static_cast<size_t>(end - currency.begin())};
}

double Tariff::cost(uint64_t bytes, Duration time) const {
  const double price = static_cast<double>(micros) / kMicros;
  switch (type) {
    case Type::none:
      return 0;
    case Type::time: {
      if (time <= Duration::zero() && min == Duration::zero()) return 0;
      const Duration counted = block == Duration::zero() ? time : (time + block - Duration{1}) / block * block;
      return price * to_seconds(std::max(counted, min)) / 60;
    }
    case Type::bytes: {
      const double late = static_cast<double>(min_bytes_per_s) * to_seconds(std::max<Duration>(time - after, 0s));
      return price * std::max(static_cast<double>(bytes), session_min_bytes + late) / 1e6;
    }
  }
  return 0;
}

Result<Tariff> parse_tariff(std::string_view text) {
  Tariff tariff;
  const auto price = take_price(text);
  if (!price) return Error{Errc::malformed, "a tariff begins with a price, such as 6.95/MB"};
  tariff.micros = *price;
  if (take(text, "/MB")) {
    tariff.type = Tariff::Type::bytes;
    if (take(text, "+")) {
      tariff.session_min_bytes = static_cast<uint32_t>(1000 * take_number(text, kKilobytesMax));
      if (tariff.session_min_bytes == 0 || !take(text, "kB"))
        return Error{Errc::malformed, "the least amount of a tariff by bytes is in kB, such as 2/MB+5kB"};
    }
  } else if (take(text, "/")) {
    tariff.type = Tariff::Type::time;
    if (!take(text, "min")) {
      const uint64_t seconds = take_number(text, kSecondsMax);
      if (seconds == 0 || !take(text, "s"))
        return Error{Errc::malformed, "a price is for a MB, min, or seconds: 1.10/60s"};
      tariff.block = std::chrono::seconds(seconds);
      tariff.micros = tariff.micros * 60 / seconds;
    }
    if (take(text, "+")) {
      tariff.min = std::chrono::seconds(take_number(text, kSecondsMax));
      if (tariff.min == Duration::zero() || !take(text, "s"))
        return Error{Errc::malformed, "the least time of a tariff is in seconds, such as 1.10/20s+60s"};
    }
  } else {
    return Error{Errc::malformed, "a price is for a MB, min, or seconds, such as 1.10/60s"};
  }
  if (!take_currency(text, tariff))
    return Error{Errc::malformed, "behind a tariff stands at most a currency of 8 letters"};
  return tariff;
}

}  // namespace farline
