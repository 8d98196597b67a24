// The input as pasted text, and as the bytes of an invitation whose checksum is put right, which no fuzzer would find.
#include "crypto/hash.h"
#include "wire/invitation.h"
#include "wire/text_code.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes input(data, size);
  if (const auto pasted = invitation_from_text(as_text(input)))
    INVARIANT(invitation_from_text(invitation_to_text(*pasted)).has_value());
  if (const auto decoded = from_base32(as_text(input)))
    INVARIANT(equal(*from_base32(to_base32(*decoded)), *decoded) && to_base32(*decoded).size() == size);

  ByteVector encoded = to_vector(input);
  const crypto::Hash sum = crypto::sha256({as_bytes("farline invitation"), input});
  encoded.insert(encoded.end(), sum.begin(), sum.begin() + 4);
  if (const auto read = parse_invitation(encoded)) {
    INVARIANT(equal(encode_invitation(*read), encoded));
    INVARIANT(equal(encode_invitation(invitation_from_text(invitation_to_text(*read)).value()), encoded));
  }
  return 0;
}
