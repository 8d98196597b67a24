// A question to a running node has one form: what decodes is written back byte for byte.
#include "app/node_service.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const auto question = app::decode_question({data, size});
  if (question) INVARIANT(equal(app::encode(*question), Bytes(data, size)));
  return 0;
}
