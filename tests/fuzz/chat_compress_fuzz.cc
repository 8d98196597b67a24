// Hostile batches are refused or give at most what is allowed; what we compress comes back. Input: the batch, and as
// plain text.
#include "chat/compress.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace farline;
  constexpr size_t kMax = 20'000;
  const Bytes input(data, std::min(size, kMax));
  if (const auto plain = chat::decompress(input, kMax)) INVARIANT(plain->size() <= kMax);
  const auto again = chat::decompress(chat::compress(input), kMax);
  INVARIANT(again && equal(*again, input));
  if (const auto line = chat::decompress_line(input, 800)) INVARIANT(line->size() <= 800);
  const Bytes short_input = input.first(std::min(input.size(), chat::kLineBytesMax));
  const ByteVector packed = chat::compress_line(short_input);
  const auto line = chat::decompress_line(packed, chat::kLineBytesMax);
  INVARIANT(packed.empty() ? !line : line && equal(*line, short_input));
  return 0;
}
