// A difference gives at most kBundleBytesMax bytes, and what it gives can be made a difference of again. Input: size of
// the base (16 bits), base, difference.
#include "policy/delta.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  Reader in(Bytes(data, size));
  const Bytes base = in.bytes(std::min<size_t>(in.u16(), in.remaining()));
  const auto target = policy::apply_delta(base, in.rest());
  if (!target) return 0;
  INVARIANT(target->size() <= policy::kBundleBytesMax);
  const auto again = policy::apply_delta(base, policy::make_delta(base, *target));
  INVARIANT(again.has_value() && *again == *target);
  return 0;
}
