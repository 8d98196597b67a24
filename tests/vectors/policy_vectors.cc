// Section 9 of docs/PROTOCOL.md: differences between bundles. The compressed bytes stand here, because another version
// of zlib may write others that say the same.
#include "policy/delta.h"
#include "vector_file.h"

namespace farline::vectors {
namespace {

struct Difference {
  std::string_view about;
  std::string_view base;
  std::string_view bundle;
  std::string_view difference;
};
constexpr std::string_view kOld = "serial 7; voice Mon-Fri 07:30-18:00; files daily 22:00-05:00";
constexpr std::string_view kNew = "serial 8; voice Mon-Fri 07:30-17:00; files daily 22:00-05:00";
constexpr Difference kDifferences[] = {
    {"two numbers changed", kOld, kNew, "2b86e8b5c0a1d71c9f5e00"},
    {"to nothing", "", kNew,
     "2b4e2dca4ccc51b0b05628cbcf4c4e55f0cdcfd3752bca543030b73236d03534b73230b05648cbcc492d564849cccca9543032020ae91a980"
     "24900"},
};

}  // namespace

VectorFile policy_vectors() {
  VectorFile out("policies");
  for (const Difference& each : kDifferences) {
    const ByteVector difference = from_hex(each.difference).value();
    const auto bundle = policy::apply_delta(as_bytes(each.base), difference);
    INVARIANT(bundle.has_value() && as_text(*bundle) == each.bundle);
    out.add("difference", each.about)
        .hex("base", as_bytes(each.base))
        .hex("bundle", as_bytes(each.bundle))
        .hex("difference", difference);
  }
  return out;
}

}  // namespace farline::vectors
