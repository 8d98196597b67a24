// Frames and messages between nodes have one form: what is taken is written back byte for byte.
#include "wire/backbone.h"

namespace {

using namespace farline;
using namespace farline::wire;

void check_message(Bytes input) {
  const auto message = decode_backbone(input);
  if (!message) return;
  std::array<uint8_t, kBackboneMessageMax + 1> buffer{};
  INVARIANT(input.size() <= kBackboneMessageMax);
  Writer writer(buffer);
  encode_backbone(*message, writer);
  INVARIANT(equal(writer.written(), input));
}

void check_frame(Bytes input) {
  const auto frame = parse_backbone_frame(input);
  if (!frame) return;
  std::array<uint8_t, kBackboneBytesMax> buffer{};
  Writer writer(buffer);
  if (const auto* hello = std::get_if<NodeHello>(&*frame)) {
    writer.bytes(hello->signed_part);
    writer.bytes(hello->signature);
    put_load(hello->load, writer);
  } else {
    const auto& sealed = std::get<SealedFrame>(*frame);
    put_sealed_header(sealed.sender, sealed.counter, writer);
    writer.bytes(sealed.sealed);
  }
  INVARIANT(equal(writer.written(), input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_frame({data, size});
  if (size <= kBackboneMessageMax) check_message({data, size});
  return 0;
}
