// Deterministic encoding has one form: whatever CborReader accepts, CborWriter writes back byte for byte, and skip()
// accepts exactly the same documents.
#include <vector>

#include "wire/cbor.h"

namespace farline::wire {
namespace {

// Depth is bounded by the reader, which fails beyond kCborDepthMax.
void copy_item(CborReader& in, CborWriter& out) {
  const CborType type = in.peek();
  switch (type) {
    case CborType::unsigned_integer:
      if (const uint64_t value = in.unsigned_integer(); in.ok()) out.unsigned_integer(value);
      break;
    case CborType::negative_integer:
      if (const int64_t value = in.integer(); in.ok()) out.integer(value);
      break;
    case CborType::bytes:
      if (const Bytes value = in.bytes(); in.ok()) out.bytes(value);
      break;
    case CborType::text:
      if (const std::string_view value = in.text(); in.ok()) out.text(value);
      break;
    case CborType::array:
    case CborType::map: {
      const bool is_map = type == CborType::map;
      const size_t count = is_map ? in.map() : in.array();
      if (in.ok()) is_map ? out.map(count) : out.array(count);
      for (size_t i = 0; i < count * (is_map ? 2 : 1) && in.ok(); ++i) copy_item(in, out);
      break;
    }
    case CborType::tag:
      if (const uint64_t value = in.tag(); in.ok()) {
        out.tag(value);
        copy_item(in, out);
      }
      break;
    case CborType::boolean:
      if (const bool value = in.boolean(); in.ok()) out.boolean(value);
      break;
    case CborType::null:
      in.null();
      if (in.ok()) out.null();
      break;
    case CborType::none:
      in.fail({Errc::malformed, "no item"});
      break;
  }
}

}  // namespace
}  // namespace farline::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const Bytes document(data, size);
  wire::CborReader skipper(document);
  skipper.skip();
  const bool accepted = skipper.finish().has_value();

  std::vector<uint8_t> buffer(size);
  wire::CborReader in(document);
  wire::CborWriter out(buffer);
  wire::copy_item(in, out);
  const bool copied = in.finish().has_value();
  // Only int64 is offered for negative integers, so skip() may accept what integer() refuses.
  INVARIANT(accepted || !copied);
  if (copied) INVARIANT(equal(out.written(), document));
  return 0;
}
