// An order has one form: what reads as one, once it is signed, is written back byte for byte. None verifies under a key
// that signed nothing.
#include "support/fake_asymmetric.h"
#include "wire/certificate.h"
#include "wire/cose.h"
#include "wire/order.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes payload(data, size);
  const testing::FakeAsymmetric fake;
  const crypto::SigningKeyPair key{{}, fake.signing_public_key({}).value()};
  const auto verify = [&](Bytes file) { return verify_order(file, {{&key.public_key, 1}}, fake); };
  INVARIANT(!verify(payload));
  (void)looks_like_order(payload);
  if (size > kOrderBytesMax) return 0;

  const auto file = cose_sign1({payload, as_bytes("farline order")}, key_id_of(key.public_key).bytes, key, fake);
  const auto order = verify(file);
  if (!order) return 0;
  INVARIANT(equal(encode_and_sign(*order, key, fake), file));
  INVARIANT(order->issued < end_of(*order));
  const auto several = encode_and_sign(*order, std::span(&key, 1), fake);
  INVARIANT(verify(several).has_value() && !verify_order(several, {{&key.public_key, 1}, 2}, fake));
  INVARIANT(cosign_order(several, key, fake).error().code == Errc::denied);
  return 0;
}
