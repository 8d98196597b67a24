// from_hex refuses or gives bytes that to_hex writes back as the same text, in lower case.
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const std::string_view text = as_text({data, size});
  const auto bytes = from_hex(text);
  if (!bytes) return 0;
  const std::string back = to_hex(*bytes);
  INVARIANT(std::ranges::equal(back, text, [](char a, char b) { return a == (b >= 'A' && b <= 'F' ? b + 32 : b); }));
  return 0;
}
