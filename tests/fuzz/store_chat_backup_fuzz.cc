// Hostile items of a backup whose passphrase the attacker knows are refused, or within the store's bounds, so that the
// store takes them. A hostile file is refused without damage. Input: the items, and as a file.
#include "store/chat_backup.h"
#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

namespace farline::store {
namespace {

const testing::ScratchFolder kFolder;

void run(Bytes input) {
  const std::string path = kFolder.file("chat.db");
  for (const char* beside : {"", "-wal"}) std::filesystem::remove(path + beside);
  testing::OpenChatStore store(path);
  INVARIANT(store.store);
  const auto items = parse_backup_items(input);
  bool given = false;
  const auto restored = store->restore([&]() -> Result<std::optional<chat::Commit>> {
    if (!items) return items.error();
    if (std::exchange(given, true)) return std::optional<chat::Commit>{};
    return std::optional(*items);
  });
  INVARIANT(restored.has_value() == items.has_value());
  for (const chat::GroupId& group : store->groups()) INVARIANT(store->all_entries(group, {}, 1000));
  if (!items || !store->groups().empty()) return;
  Bytes rest = input;
  (void)restore_backup(*store, as_bytes("known"), [&](MutableBytes out) -> Result<size_t> {
    const size_t size = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), size, out.begin());
    rest = rest.subspan(size);
    return size;
  });
}

}  // namespace
}  // namespace farline::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  farline::store::run({data, size});
  return 0;
}
