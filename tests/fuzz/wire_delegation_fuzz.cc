// The input as pasted text, and as the bytes behind each prefix. What is accepted is written back and accepted again.
#include "wire/delegation.h"
#include "wire/text_code.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes input(data, size);
  const crypto::Asymmetric& asymmetric = crypto::real_asymmetric();
  const std::string code = to_base32(input);
  for (const std::string& text :
       {std::string(as_text(input)), "farline-request1-" + code, "farline-delegation1-" + code}) {
    (void)request_from_text(text, asymmetric);
    if (const auto delegation = delegation_from_text(text, asymmetric))
      INVARIANT(delegation_from_text(delegation_to_text(*delegation), asymmetric).has_value());
  }
  return 0;
}
