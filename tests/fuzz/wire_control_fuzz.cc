// A control message has one form: what decodes as a message of either side is written back byte for byte, within the
// limits.
#include <variant>

#include "wire/control.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  const Bytes input(data, size);
  for (const auto from : {wire::ControlFrom::client, wire::ControlFrom::node}) {
    const auto message = wire::decode_control(input, from);
    if (!message) continue;
    ByteVector again(size);
    Writer writer(again);
    wire::encode_control(*message, writer);
    INVARIANT(equal(writer.written(), input));
    if (const auto* lookup = std::get_if<wire::Lookup>(&*message))
      INVARIANT(!lookup->name.empty() && lookup->name.size() <= wire::kNameBytesMax);
    if (const auto* found = std::get_if<wire::LookupResult>(&*message))
      INVARIANT(found->device_count <= wire::kDevicesPerPersonMax);
    if (const auto* part = std::get_if<wire::PolicyPart>(&*message))
      INVARIANT(part->offset + part->bytes.size() <= part->total && part->total <= wire::kPolicyTransferBytesMax);
  }
  return 0;
}
