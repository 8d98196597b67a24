// A report has one form: what parses is written back as the same bytes. None verifies under a key that signed nothing.
#include "support/fake_asymmetric.h"
#include "wire/audit.h"
#include "wire/cose.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes input(data, size);
  if (const auto report = decode_audit_report(input)) INVARIANT(equal(encode(*report), input));
  if (const auto record = decode_audit_record(input)) INVARIANT(equal(encode(*record), input));
  const auto parsed = parse_audit(input);
  if (!parsed) return 0;
  INVARIANT(size <= kAuditReportBytesMax);
  const testing::FakeAsymmetric fake;
  const crypto::SigningKeyPair key{{}, fake.signing_public_key({}).value()};
  const ByteVector again = sign_audit(parse_cose_sign1(input)->payload, parsed->certificate, key, fake);
  INVARIANT(verify_audit(again, key.public_key, fake)->report == parsed->report);
  INVARIANT(!verify_audit(input, key.public_key, fake) || equal(again, input));
  return 0;
}
