// A certificate has one form: what parses is written back with the same payload. None verifies under a key that signed
// nothing.
#include "support/fake_asymmetric.h"
#include "wire/certificate.h"
#include "wire/cose.h"
#include "wire/limits.h"
#include "wire/name.h"
#include "wire/root_signatures.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes encoded(data, size);
  const auto certificate = parse_certificate(encoded);
  if (!certificate) return 0;
  INVARIANT(size <= kCertificateBytesMax);
  INVARIANT(fold_name(certificate->name).has_value());
  INVARIANT(certificate->issued < certificate->expires);

  const testing::FakeAsymmetric fake;
  if (!is_signed_by_one(encoded)) {  // of several root keys
    const crypto::SigningKeyPair root{{}, fake.signing_public_key({}).value()};
    INVARIANT(certificate->role == Role::issuer);
    if (roots_that_signed(encoded, {&root.public_key, 1}, fake).empty())
      INVARIANT(!verify_certificate(encoded, root_authority(root.public_key), fake));
    return 0;
  }
  const crypto::SigningKeyPair key{{}, fake.signing_public_key({}).value()};
  const ByteVector again = encode_and_sign(*certificate, key, fake);
  INVARIANT(equal(parse_cose_sign1(again)->payload, parse_cose_sign1(encoded)->payload));
  INVARIANT(parse_certificate(again)->issuer == certificate->issuer);

  Authority authority = root_authority(key.public_key);
  authority.id = certificate->issuer;
  INVARIANT(verify_certificate(again, authority, fake).has_value() ||
            certificate->expires.seconds - certificate->issued.seconds > UINT16_MAX * uint64_t{86400});
  const auto verdict = verify_certificate(encoded, authority, fake);
  INVARIANT(!verdict || equal(again, encoded));
  return 0;
}
