#include <doctest/doctest.h>

#include "store/chat_files.h"
#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

using namespace farline;
using chat::BlockPlace;
using chat::FileBlock;
using chat::FileHash;
using store::ChatFiles;

namespace {

std::unique_ptr<ChatFiles> open_files(const std::string& path, Rng& rng) {
  crypto::Secret<32> master;
  master.mutable_bytes()[0] = 1;
  auto files = ChatFiles::open(path, master, rng);
  REQUIRE(files);
  return std::move(*files);
}

}  // namespace

TEST_CASE("blocks of files are there after a restart, and gone when they are erased") {
  const testing::ScratchFolder folder;
  testing::SeededRng rng(1);
  const std::string path = folder.file("files.db");
  const FileHash first{1}, second{2};
  {
    const auto files = open_files(path, rng);
    const std::vector<FileBlock> blocks = {
        {{0, 7}, ByteVector(8192, 0x77)}, {{0, 2}, ByteVector(100, 0x22)}, {{1, 0}, ByteVector(64, 0x11)}};
    REQUIRE(files->put(first, blocks));
    REQUIRE(files->put(second, std::span(blocks).first(1)));
    REQUIRE(files->put(first, std::span(blocks).first(1)));  // again: still one
  }
  const auto files = open_files(path, rng);
  CHECK_EQ(*files->held(first, 0), std::vector<uint32_t>{2, 7});
  CHECK_EQ(*files->held_count(first, 0), 2);
  CHECK_EQ(*files->held_count(first, 1), 1);
  CHECK_EQ(*files->block(first, {0, 2}), ByteVector(100, 0x22));
  CHECK(files->block(first, {1, 2}).error().code == Errc::not_found);
  REQUIRE(files->erase(first));
  CHECK(files->held(first, 0)->empty());
  CHECK_EQ(*files->block(second, {0, 7}), ByteVector(8192, 0x77));
}
