#include <doctest/doctest.h>

#include "base/bytes.h"
#include "wire/stream_payload.h"

namespace farline::wire {
namespace {

ByteVector bytes_of(std::initializer_list<int> list) {
  ByteVector out;
  for (const int value : list) out.push_back(static_cast<uint8_t>(value));
  return out;
}

TEST_CASE("pieces and acknowledgements, byte for byte") {
  std::array<uint8_t, 100> out{};
  const ByteVector data = bytes_of({1, 2, 3});
  StreamPayload payload;
  payload.piece = {.offset = 0x01020304, .is_last = true, .bytes = data};
  CHECK(equal(Bytes(out).first(encode_stream_payload(payload, out)), bytes_of({0xe2, 1, 2, 3, 4, 1, 2, 3})));
  payload.report = VoiceReport{.highest_counter = 7};
  payload.ack = StreamAck{.until = 5, .range_count = 1, .ranges = {StreamRange{6, 9}}};
  CHECK(equal(Bytes(out).first(encode_stream_payload(payload, out)),
              bytes_of({0xe5, 7, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 9})));
}

TEST_CASE("what is not one of them is refused") {
  for (const auto& bad :
       {bytes_of({}), bytes_of({0x10, 0, 0, 0, 0, 1}), bytes_of({0xe0, 0, 0, 0, 0}), bytes_of({0xe3, 0, 0, 0, 0, 1}),
        bytes_of({0xe8, 0, 0, 0, 0, 1}), bytes_of({0xe4, 0, 0}), bytes_of({0xe0, 255, 255, 255, 255, 1}),
        bytes_of({0xe1, 0, 0, 0}), bytes_of({0xe1, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 9}),
        bytes_of({0xe1, 0, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0, 7}), bytes_of({0xe1, 0, 0, 0, 5, 0, 0, 0, 7})})
    CHECK(!decode_stream_payload(bad).has_value());
  ByteVector many = bytes_of({0xe1, 0, 0, 0, 0});
  for (int i = 1; i <= 9; ++i) {
    const auto range = bytes_of({0, 0, 0, 2 * i, 0, 0, 0, 2 * i + 1});
    many.insert(many.end(), range.begin(), range.end());
  }
  CHECK(!decode_stream_payload(many).has_value());
  many.resize(many.size() - 8);
  CHECK(decode_stream_payload(many).has_value());
}

}  // namespace
}  // namespace farline::wire
