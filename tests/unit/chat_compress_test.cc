#include <doctest/doctest.h>

#include <fstream>

#include "chat/compress.h"
#include "support/seeded_rng.h"

using namespace farline;
using namespace farline::chat;

namespace {

// Written apart from what the dictionary was trained with.
std::vector<std::string> unseen_lines() {
  std::ifstream file(FARLINE_SOURCE_DIR "/tests/support/chat_lines_unseen.txt");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  REQUIRE_EQ(lines.size(), 65U);
  return lines;
}

ByteVector decompressed(Bytes packed) {
  auto plain = decompress(packed);
  REQUIRE(plain);
  return std::move(*plain);
}

}  // namespace

TEST_CASE("what is compressed comes back, and never grows by more than a byte") {
  testing::SeededRng rng(1);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{60}, size_t{5000}, kCompressedPlainBytesMax}) {
    ByteVector noise(size);
    rng.fill(noise);
    CHECK_LE(compress(noise).size(), size + 1);
    CHECK_EQ(decompressed(compress(noise)), noise);
    const ByteVector same(size, 'a');
    CHECK_EQ(decompressed(compress(same)), same);
  }
}

TEST_CASE("the dictionary helps with single lines it has not seen, in six languages") {
  size_t before = 0, after = 0;
  for (const std::string& line : unseen_lines()) {
    const ByteVector packed = compress(as_bytes(line));
    CHECK_EQ(as_text(decompressed(packed)), line);
    before += line.size();
    after += packed.size();
  }
  CHECK_LT(after * 100, before * 78);  // 75 % when written; 93 % without a dictionary
}

TEST_CASE("a single line is the block of its frame alone, and comes back") {
  size_t shorter = 0;
  for (const std::string& line : unseen_lines()) {
    const ByteVector frame = compress(as_bytes(line)), packed = compress_line(as_bytes(line));
    if (packed.empty()) continue;
    ++shorter;
    REQUIRE_EQ(frame.size(), packed.size() + 6);
    CHECK(equal(packed, Bytes(frame).subspan(6)));
    const auto back = decompress_line(packed, line.size());
    REQUIRE(back);
    CHECK_EQ(as_text(*back), line);
    CHECK_EQ(decompress_line(packed, line.size() - 1).error().code, Errc::malformed);
    CHECK_EQ(decompress_line(Bytes(packed).first(packed.size() - 1), line.size()).error().code, Errc::malformed);
  }
  CHECK_GT(shorter, 45);
  const ByteVector longest(kLineBytesMax, 'a');
  const auto whole = decompress_line(compress_line(longest), kLineBytesMax);
  REQUIRE(whole);
  CHECK_EQ(*whole, longest);
  testing::SeededRng rng(2);
  ByteVector noise(60);
  rng.fill(noise);
  CHECK(compress_line(noise).empty());
  CHECK(compress_line({}).empty());
  CHECK_EQ(decompress_line({}, 10).error().code, Errc::malformed);
}

TEST_CASE("a bomb, a newer dictionary, bytes cut off or added are refused") {
  const ByteVector bomb = compress(ByteVector(kCompressedPlainBytesMax));
  CHECK_LT(bomb.size(), 100U);
  CHECK_EQ(decompress(bomb, 1000).error().code, Errc::limit);
  CHECK_EQ(decompress(ByteVector(1001), 999).error().code, Errc::limit);
  CHECK_EQ(decompress(ByteVector{}).error().code, Errc::malformed);
  CHECK_EQ(decompress(ByteVector{2, 0, 0}).error().code, Errc::unsupported);

  const ByteVector packed = compress(as_bytes("Good morning everyone, I will be at the airport in an hour"));
  REQUIRE_EQ(packed[0], 1);
  for (size_t size = 1; size < packed.size(); ++size)
    CHECK_EQ(decompress(Bytes(packed).first(size)).error().code, Errc::malformed);
  ByteVector longer = packed;
  longer.push_back(0);
  CHECK_EQ(decompress(longer).error().code, Errc::malformed);
  // A frame that does not say how long its content is: flags without a size, window 1 KiB, one empty last block.
  CHECK_EQ(decompress(ByteVector{1, 0x00, 0x00, 0x01, 0x00, 0x00}).error().code, Errc::malformed);
}
