// Whatever parses as COSE stays inside its input, and the bytes under its signature are deterministic CBOR that carries
// the payload.
#include "wire/cbor.h"
#include "wire/cose.h"

namespace farline::wire {
namespace {

void check_inside(Bytes part, Bytes whole) {
  if (part.empty()) return;
  INVARIANT(part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_signed_bytes(Bytes signed_bytes, size_t fields, Bytes payload) {
  CborReader in(signed_bytes);
  in.expect_array(fields);
  in.text();
  Bytes last;
  for (size_t i = 1; i < fields; ++i) last = in.bytes();
  INVARIANT(in.finish().has_value() && equal(last, payload));
}

}  // namespace
}  // namespace farline::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes encoded(data, size);
  if (size > kCborBytesMax - 256) return 0;  // the signed bytes, a little longer, are read back below
  const auto one = parse_cose_sign1(encoded);
  if (one) {
    check_inside(one->key_id, encoded);
    check_inside(one->payload, encoded);
    check_signed_bytes(cose_signed_bytes(*one, as_bytes("aad")), 4, one->payload);
  }
  const auto several = parse_cose_sign(encoded);
  INVARIANT(!one || !several);
  if (several) {
    INVARIANT(several->signer_count >= 1 && several->signer_count <= kCoseSignersMax);
    for (size_t i = 0; i < several->signer_count; ++i) {
      check_inside(several->signers[i].key_id, encoded);
      check_signed_bytes(cose_signed_bytes(*several, several->signers[i], {}), 5, several->payload);
    }
  }
  return 0;
}
