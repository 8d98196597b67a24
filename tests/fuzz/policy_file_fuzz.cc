// A policy decodes within its bounds, and what decodes is written and read back as the same. Whoever signed it: nothing
// that the fuzzer makes verifies. Input: as a signed file, and as a payload.
#include "policy/codec.h"
#include "policy/decide.h"
#include "policy/signed_policy.h"

namespace farline::policy {
namespace {

template <typename T>
void check(Bytes payload, Result<T> (*decode)(Bytes)) {
  const auto decoded = decode(payload);
  if (!decoded) return;
  const auto again = decode(encode(*decoded));
  INVARIANT(again.has_value() && *again == *decoded);
}

// Whatever a policy says, deciding ends and says why.
void decide_something(Bytes payload) {
  const auto root = decode_root(payload);
  if (!root) return;
  const Effective policy = merge(*root, nullptr);
  const Request request;
  for (const uint64_t seconds : {uint64_t{0}, uint64_t{1'795'455'000}, uint64_t{5'000'000'000}}) {
    const Decision decision = decide(policy, request, {WallTime{seconds}, {}});
    INVARIANT(!reason(decision, request, policy.zone).empty());
    INVARIANT(!decision.until || decision.until->seconds > seconds);
  }
}

void check_payload(Bytes payload) {
  check<RootPolicy>(payload, decode_root);
  check<SitePolicy>(payload, decode_site);
  decide_something(payload);
}

}  // namespace
}  // namespace farline::policy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::policy;
  static const bool ready = crypto::init();
  INVARIANT(ready);
  const Bytes input(data, size);
  check_payload(input);
  if (const auto parts = split_policy_file(input)) {
    const auto payload = unverified_payload(parts->root);
    if (payload) check_payload(*payload);
    RootPin pin;
    pin.keys.push_back({2, 1});  // a point that nobody has the key of
    INVARIANT(!verify_root(parts->root, pin, crypto::real_asymmetric()).has_value());
  }
  return 0;
}
