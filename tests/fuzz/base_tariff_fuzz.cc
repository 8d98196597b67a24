// What a link costs, as people write it: refused, or a price that never falls with bytes or time.
#include <cmath>

#include "base/bytes.h"
#include "base/tariff.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto tariff = parse_tariff(as_text({data, size}));
  if (!tariff) return 0;
  INVARIANT(tariff->type != Tariff::Type::none);
  double before = 0;
  for (const uint64_t n : {0ULL, 1ULL, 1'000ULL, 86'400ULL, 1'000'000'000ULL}) {
    const double cost = tariff->cost(n, std::chrono::seconds(n));
    INVARIANT(std::isfinite(cost) && cost >= before);
    before = cost;
  }
  return 0;
}
