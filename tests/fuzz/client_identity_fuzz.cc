// A profile's identity has one form: what decodes is written back byte for byte.
#include "client/identity.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto identity = client::decode_identity({data, size});
  if (identity) INVARIANT(equal(client::encode_identity(*identity), Bytes(data, size)));
  return 0;
}
