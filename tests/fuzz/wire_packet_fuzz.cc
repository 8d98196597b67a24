// Headers in front of sealed bytes are written back byte for byte; a rebuilt counter has the bits that were sent and is
// the nearest such number.
#include "wire/packet.h"

namespace farline::wire {
namespace {

void check_counter(Bytes input) {
  Reader in(input);
  const uint64_t highest = in.u64() >> 8;  // a counter that grows by one a packet never comes near the end
  const uint64_t low = in.u16();
  for (const unsigned bits : {8U, 16U}) {
    const uint64_t span = uint64_t{1} << bits;
    const uint64_t counter = rebuild_counter(highest, low, bits);
    INVARIANT(counter % span == low % span);
    const uint64_t expected = highest + 1;
    const uint64_t distance = counter > expected ? counter - expected : expected - counter;
    INVARIANT(distance <= span / 2 || (expected < span && counter < span));  // counters are not negative
  }
}

}  // namespace
}  // namespace farline::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes input(data, size);
  check_counter(input);
  const auto type = packet_type(input);
  ByteVector again(size);
  Writer writer(again);
  Bytes rest;
  if (type == PacketType::control_short || type == PacketType::control_long) {
    const auto header = decode_control_header(input, rest);
    if (!header) return 0;
    INVARIANT(header->is_long == (type == PacketType::control_long));
    encode_control_header(*header, writer);
  } else if (type == PacketType::media) {
    const auto header = decode_media_header(input, rest);
    if (!header) return 0;
    encode_media_header(*header, writer);
  } else {
    return 0;
  }
  writer.bytes(rest);
  INVARIANT(equal(writer.written(), input));
  return 0;
}
