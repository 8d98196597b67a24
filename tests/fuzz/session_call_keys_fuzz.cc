// The sealed signals and media of a call: what the other device did not seal does not open, and leaves the seals as
// they were. Input: position of a changed bit, then a forged signal or media packet.
#include "crypto/hash.h"
#include "session/call_keys.h"

namespace farline::session {
namespace {

CallKeys keys(CallSide side) {
  auto a = crypto::Secret<32>::copy_of(crypto::sha256({as_bytes("a")}));
  auto b = crypto::Secret<32>::copy_of(crypto::sha256({as_bytes("b")}));
  auto exporter = crypto::Secret<32>::copy_of(crypto::sha256({as_bytes("exporter")}));
  if (side == CallSide::callee) std::swap(a, b);
  return make_call_keys(side, {std::move(a), std::move(b), std::move(exporter)});
}

void change_bit(ByteVector& bytes, size_t bit) {
  bytes[bit / 8 % bytes.size()] ^= static_cast<uint8_t>(1U << (bit % 8));
}

}  // namespace
}  // namespace farline::session

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace farline::session;
  Reader in({data, size});
  const size_t bit = in.u16();
  const Bytes input = in.rest();
  if (input.size() > wire::kDatagramBytesMax) return 0;
  CallKeys caller = keys(CallSide::caller);
  CallKeys callee = keys(CallSide::callee);

  const ByteVector signal = caller.signals.seal(wire::SealedKind::confirm, input);
  ByteVector changed = signal;
  change_bit(changed, bit);
  INVARIANT(!callee.signals.open(wire::SealedKind::confirm, input));
  INVARIANT(!callee.signals.open(wire::SealedKind::confirm, changed));
  INVARIANT(!callee.signals.open(wire::SealedKind::hangup, signal));
  const auto opened = callee.signals.open(wire::SealedKind::confirm, signal);
  INVARIANT(opened && equal(*opened, input));
  INVARIANT(!callee.signals.open(wire::SealedKind::confirm, signal));

  ByteVector media(input.size() + MediaSeal::kOverheadMax);
  Writer writer(media);
  const uint64_t counter = caller.media.seal(input, writer);
  media.resize(writer.size());
  ByteVector plain(media.size());
  MediaSeal::Failure failure{};
  changed = media;
  change_bit(changed, bit);
  INVARIANT(!callee.media.open(input, plain, failure));
  INVARIANT(!callee.media.open(changed, plain, failure));
  const auto heard = callee.media.open(media, plain, failure);
  INVARIANT(heard && heard->counter == counter && equal(heard->payload, input));
  INVARIANT(!callee.media.open(media, plain, failure) && failure == MediaSeal::Failure::replayed);
  return 0;
}
