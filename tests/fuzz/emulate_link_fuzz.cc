// A link described by any text is refused or works: packets offered to it leave in bounded time, never before they
// came.
#include "base/bytes.h"
#include "emulate/link.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::emulate;
  const auto spec = parse_spec(as_text({data, size}));
  if (!spec) return 0;
  Link link(*spec, 1, Time{});
  Time now{};
  for (unsigned i = 0; i < 60; ++i) {
    for (const Way way : {Way::up, Way::down}) {
      const Fate fate = link[way].offer(now, i % 7 == 0 ? 1200 : 80);
      INVARIANT(fate.copies >= 0 && fate.copies <= 2);
      INVARIANT((fate.copies == 0) == (fate.verdict != Verdict::ok));
      for (int copy = 0; copy < fate.copies; ++copy) INVARIANT(fate.deliver[static_cast<size_t>(copy)] >= now);
    }
    now += i % 10 == 9 ? Duration{10min} : Duration{300ms};
  }
  return 0;
}
