// SFrame: a header has one spelling; a frame that nobody sealed does not open; one that was sealed opens, and not once
// a bit of it has changed. Input: suite, counter, position of the bit, then the frame or plaintext.
#include "crypto/sframe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::crypto;
  Reader in({data, size});
  const auto suite = static_cast<SFrameSuite>(1 + in.u8() % 5);
  const uint64_t ctr = in.u64();
  const size_t bit = in.u16();
  const Bytes rest = in.rest();

  Reader header_in(rest);
  if (const auto header = read_sframe_header(header_in)) {
    std::array<uint8_t, kSFrameHeaderBytesMax> buffer{};
    Writer again(buffer);
    write_sframe_header(*header, again);
    INVARIANT(again.size() == sframe_header_bytes(*header));
    INVARIANT(equal(again.written(), rest.first(rest.size() - header_in.remaining())));
  }

  const ByteVector base(32, 0x42);
  const SFrameKey key(suite, ctr % 9, base);
  ByteVector plain(rest.size() + 32);
  INVARIANT(!key.open(rest, {}, plain));

  ByteVector frame(rest.size() + key.overhead(ctr));
  frame.resize(key.seal(ctr, {}, rest, frame));
  const auto opened = key.open(frame, {}, plain);
  INVARIANT(opened && opened->ctr == ctr && equal(Bytes(plain).first(opened->size), rest));
  INVARIANT(rest.empty() || !key.open(frame, {}, MutableBytes(plain).first(rest.size() - 1)));
  frame[bit / 8 % frame.size()] ^= static_cast<uint8_t>(1U << (bit % 8));
  INVARIANT(!key.open(frame, {}, plain));
  return 0;
}
