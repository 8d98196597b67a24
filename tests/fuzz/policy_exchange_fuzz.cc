// Whatever a source answers, what an asker keeps is bounded, it asks within the transfer, and ends. Input: a bundle
// that is held (8 bits of size), then parts, each behind 16 bits of size; the first bit of a size: the file that came
// was taken.
#include "policy/exchange.h"
#include "wire/control.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  using namespace std::chrono_literals;
  Reader in(Bytes(data, size));
  const Bytes held = in.bytes(std::min<size_t>(in.u8(), in.remaining()));
  constexpr wire::PolicyVersion kOld{1, 1};
  Time now{1h};
  policy::PolicyFetch fetch;
  fetch.hear(now, {1, 2}, {kOld, held}, now);
  policy::PolicySource source;
  source.hold({1, 2}, held);
  while (in.remaining() > 0 && fetch.is_running()) {
    now = fetch.due().value();
    const auto question = fetch.poll(now, {.most = 100, .every = 1s, .patience = 1s});
    INVARIANT(question && question->offset < wire::kPolicyTransferBytesMax);
    if (const auto answer = source.answer(*question)) INVARIANT(answer->bytes.size() <= question->most);
    const uint16_t head = in.u16();
    const auto message =
        wire::decode_control(in.bytes(std::min<size_t>(head & 0x7fff, in.remaining())), wire::ControlFrom::node);
    const auto* part = message ? std::get_if<wire::PolicyPart>(&*message) : nullptr;
    const auto file = part ? fetch.handle(now, *part) : std::nullopt;
    if (!file) continue;
    INVARIANT(file->size() <= wire::kPolicyTransferBytesMax);
    fetch.settle(now, (head & 0x8000) != 0 ? part->of : kOld);
    INVARIANT(!fetch.is_running() || (head & 0x8000) == 0);
  }
  return 0;
}
