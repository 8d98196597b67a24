// A chat store's file changed by something else is refused, or what is read of it is what was committed, in its order,
// and writing goes on or is refused.
#include "store/chat_store.h"
#include "support/changed_file.h"
#include "support/open_chat_store.h"
#include "support/scratch_folder.h"

namespace farline::store {
namespace {

using testing::entry_of;
using testing::group_number;

class Target {
 public:
  Target() {
    for (uint32_t i = 0; i < 40; ++i) {
      commit_.entries.push_back(entry_of(1 + i % 3, i / 3, i * testing::kDay / 9, std::string(i * 20, 'w')));
      if (i % 4 == 3) commit_.entries.back().target = commit_.entries[i / 2].id;
    }
    commit_.states = {{chat::StateKind::draft, group_number(1), {1}, {2}}};
    {
      testing::OpenChatStore store(path_);
      INVARIANT(store.store && store->commit(commit_));
    }
    content_ = testing::all_bytes_in(folder_.path());
  }

  void run(Reader& in) {
    testing::write_database(path_, testing::changed_by(in, content_));
    testing::OpenChatStore store(path_);
    if (!store.store) return;
    const chat::GroupId group = group_number(1);
    for (const bool forwards : {false, true}) {
      const auto page = store->page({.group = group, .forwards = forwards});
      if (!page) continue;
      for (const chat::StoredEntry& entry : *page) check(entry);
      const auto before = [&](const chat::StoredEntry& a, const chat::StoredEntry& b) {
        return forwards ? a.order() < b.order() : b.order() < a.order();
      };
      INVARIANT(std::ranges::is_sorted(*page, before));
    }
    if (const auto some = store->about(group, commit_.entries[5].id, 100))
      for (const chat::StoredEntry& entry : *some) check(entry);
    if (const auto some = store->search({.group = group, .text = "www"})) INVARIANT(some->hits.size() <= 50);
    if (const auto drafts = store->states(chat::StateKind::draft); drafts && !drafts->empty())
      INVARIANT(drafts->size() == 1 && (*drafts)[0].value == ByteVector{2});
    (void)store->commit(commit_);
    (void)store->erase_before(group, 3 * testing::kDay);
    (void)store->erase_group(group);
  }

 private:
  void check(const chat::StoredEntry& entry) const {
    const bool genuine = std::ranges::any_of(commit_.entries, [&](const chat::StoredEntry& one) {
      return one.order() == entry.order() && one.bytes == entry.bytes && one.target == entry.target;
    });
    INVARIANT(genuine);
  }

  testing::ScratchFolder folder_;
  std::string path_ = folder_.file("chat.db");
  chat::Commit commit_;
  std::string content_;
};

}  // namespace
}  // namespace farline::store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static farline::store::Target target;
  farline::Reader in({data, size});
  target.run(in);
  return 0;
}
