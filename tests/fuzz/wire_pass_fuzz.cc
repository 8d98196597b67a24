// A pass has one form: claims that are taken are written back byte for byte. The input is what the node signs, so that
// the claims are reached; and, as it is, a pass that no node signed.
#include "support/fake_asymmetric.h"
#include "wire/cose.h"
#include "wire/limits.h"
#include "wire/pass.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes input(data, size);
  const testing::FakeAsymmetric fake;
  const crypto::SigningKeyPair key{{}, fake.signing_public_key({}).value()};
  const Authority node = root_authority(key.public_key);
  INVARIANT(!verify_pass(input, node, fake));
  if (size > kPassBytesMax) return 0;

  const ByteVector pass = cose_sign1({input, as_bytes("farline pass")}, node.id.bytes, key, fake);
  const auto claims = verify_pass(pass, node, fake);
  if (claims) INVARIANT(sign_pass(*claims, node.id, key, fake) == pass);
  return 0;
}
