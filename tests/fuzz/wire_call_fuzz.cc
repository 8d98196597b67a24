// What two devices say to each other in a call's signalling has one form: what decodes is written back byte for byte.
#include "wire/call.h"
#include "wire/call_key.h"
#include "wire/call_note.h"
#include "wire/path.h"

namespace {

template <typename Decode, typename Encode>
void check_same(farline::Bytes input, Decode decode, Encode encode) {
  const auto decoded = decode(input);
  if (!decoded) return;
  farline::ByteVector again(input.size());
  farline::Writer writer(again);
  encode(*decoded, writer);
  INVARIANT(farline::equal(writer.written(), input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline::wire;
  const farline::Bytes input(data, size);
  check_same(input, decode_invite_payload, encode_invite_payload);
  check_same(input, decode_ringing_payload, encode_ringing_payload);
  check_same(input, decode_answer_payload, encode_answer_payload);
  check_same(input, decode_hangup_payload, encode_hangup_payload);
  check_same(input, decode_path_message, encode_path_message);
  check_same(input, decode_note, [](const NotePayload& note, farline::Writer& out) { out.bytes(encode_note(note)); });
  check_same(input, decode_keys, [](const KeyPayload& keys, farline::Writer& out) { out.bytes(encode_keys(keys)); });
  return 0;
}
