// Any bytes as packets of a NAT: what passes keeps its length and all but addresses, ports and checksums; what does not
// is not touched.
#include "base/bytes.h"
#include "emulate/packet_nat.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::emulate;
  PacketNat nat({.external = Address::v4(10, 77, 0, 1, 40'000)});
  const ByteVector before(data, data + size);
  for (int turn = 0; turn < 2; ++turn) {
    ByteVector packet = before;
    const bool passed = turn == 0 ? nat.outbound({}, packet) : nat.inbound({}, packet);
    INVARIANT(packet.size() == size && (passed ? size >= 28 : packet == before));
    if (passed) INVARIANT(equal(Bytes(packet).subspan(28), Bytes(before).subspan(28)));
  }
  return 0;
}
