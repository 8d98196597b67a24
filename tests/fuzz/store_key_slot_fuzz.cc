// The key-slot file has one form. The input as a file, and with the check put right, which no fuzzer would find.
#include "crypto/hash.h"
#include "store/key_slot.h"

namespace farline::store {
namespace {

void check(Bytes file) {
  const auto slots = KeySlots::parse(file);
  if (!slots) return;
  INVARIANT(equal(slots->encode(), file));
  if (!slots->needs_passphrase()) INVARIANT(slots->open({}).has_value());
}

}  // namespace
}  // namespace farline::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const Bytes input(data, size);
  store::check(input);
  ByteVector file = to_vector(input);
  const crypto::Hash sum = crypto::sha256({input});
  file.insert(file.end(), sum.begin(), sum.begin() + 16);
  store::check(file);
  return 0;
}
