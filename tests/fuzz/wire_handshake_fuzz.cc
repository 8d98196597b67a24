// Handshake packets and what they carry have one form each: what decodes is written back, or adds up, to the same
// bytes.
#include "wire/handshake.h"

namespace farline::wire {
namespace {

void check_initiation(Bytes input) {
  const auto type = packet_type(input);
  if (type != PacketType::handshake_initiation && type != PacketType::handshake_initiation_cookie) return;
  const auto frame = decode_initiation(input);
  if (!frame) return;
  ByteVector again(input.size());
  Writer writer(again);
  writer.u8(static_cast<uint8_t>(*type));
  writer.u24(frame->sender);
  writer.bytes(frame->noise);
  INVARIANT(equal(writer.written(), frame->before_mac1));
  writer.bytes(frame->mac1);
  if (frame->has_cookie) {
    INVARIANT(equal(writer.written(), frame->before_mac2));
    writer.bytes(frame->mac2);
  }
  INVARIANT(equal(writer.written(), input));
}

template <typename Decode, typename Encode>
void check_same(Bytes input, Decode decode, Encode encode) {
  const auto decoded = decode(input);
  if (!decoded) return;
  ByteVector again(input.size());
  Writer writer(again);
  encode(*decoded, writer);
  INVARIANT(equal(writer.written(), input));
}

}  // namespace
}  // namespace farline::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::wire;
  const Bytes input(data, size);
  check_initiation(input);
  check_same(input, decode_initiation_payload, encode_initiation_payload);
  check_same(input, decode_response_payload, encode_response_payload);
  if (packet_type(input) == PacketType::cookie_reply) check_same(input, decode_cookie_reply, encode_cookie_reply);
  if (packet_type(input) == PacketType::busy) check_same(input, decode_busy, encode_busy);
  if (packet_type(input) == PacketType::handshake_response) {
    const auto response = decode_response(input);
    INVARIANT(!response || response->noise.size() <= kNoiseIk2Overhead + kResponsePayloadMax);
  }
  return 0;
}
