// What a link costs: by bytes or by time, with the smallest part that is charged and a least amount. Prices are in
// millionths of the currency, which is any short word. MB are 10^6 bytes, kB 1000.
//
// As text: PRICE/MB[+NkB]   PRICE/Ns[+Ns]   PRICE/min[+Ns]   and optionally a space and the currency:
//   6.95/MB USD       by bytes, 6.95 a MB                  2/MB+5kB       the same, at least 5 kB a call
//   1.10/20s+60s      1.10 for each 20 s begun, at least 60 s are charged
//   2.25/min          by the second, 2.25 a minute
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace farline {

struct Tariff {
  enum class Type : uint8_t { none, time, bytes };
  Type type = Type::none;
  uint64_t micros = 0;             // for a minute, or a MB
  Duration block{};                // time is counted in blocks of this; zero: exactly
  Duration min{};                  // and at least this long
  uint32_t session_min_bytes = 0;  // charged at least, each session
  Duration after{};                // from here on at least min_bytes_per_s is charged
  uint32_t min_bytes_per_s = 0;
  std::array<char, 8> currency{};  // zeros behind it

  std::string_view currency_word() const;
  // Of one session that took so long and carried so many bytes, both directions and headers; in the currency.
  double cost(uint64_t bytes, Duration time) const;
};

// Errc::malformed says which part; nothing is allocated.
Result<Tariff> parse_tariff(std::string_view text);

}  // namespace farline
