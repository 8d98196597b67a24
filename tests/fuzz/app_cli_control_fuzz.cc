// A request to the farline-cli that owns a profile has one form: what decodes is written back byte for byte.
#include "app/cli_control.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto request = app::decode_request({data, size});
  if (request) INVARIANT(equal(app::encode_request(*request), Bytes(data, size)));
  return 0;
}
