// A name is refused by all or accepted by all; folding it again changes nothing; its site lies inside it.
#include "base/bytes.h"
#include "wire/limits.h"
#include "wire/name.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const std::string_view name = as_text({data, size});
  const auto folded = wire::fold_name(name);
  INVARIANT(wire::check_name(name).has_value() == folded.has_value());
  if (!folded) return 0;
  INVARIANT(size >= 1 && size <= wire::kNameBytesMax && folded->size() == size);
  const auto again = wire::fold_name(*folded);
  INVARIANT(again && *again == *folded);
  INVARIANT(name.ends_with(wire::site_of(name)));
  return 0;
}
