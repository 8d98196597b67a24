// A chat store in a test's folder, and entries by number.
#pragma once

#include "store/chat_store.h"
#include "support/open_store.h"
#include "support/scratch_folder.h"

namespace farline::testing {

struct OpenChatStore {
  explicit OpenChatStore(const std::string& path, uint64_t key_seed = 1, uint64_t rng_seed = 5)
      : rng(rng_seed), store(store::ChatStore::open(path, key_number(key_seed), rng)) {}
  store::ChatStore& operator*() { return **store; }
  store::ChatStore* operator->() { return store->get(); }
  SeededRng rng;
  Result<std::unique_ptr<store::ChatStore>> store;
};

inline chat::GroupId group_number(uint8_t number) {
  chat::GroupId group;
  group.bytes.fill(number);
  return group;
}

inline constexpr chat::Hlc kDay = chat::kHlcPerSecond * 86'400;

// A shown message of `log` (odd: of messages, even: of events) with that text around which there is something else.
inline chat::StoredEntry entry_of(uint64_t log, uint32_t seq, chat::Hlc hlc, std::string_view text) {
  chat::StoredEntry entry;
  entry.group = group_number(1);
  entry.id = {chat::LogId{log}, seq};
  entry.hlc = hlc;
  entry.hash.fill(static_cast<uint8_t>(seq));
  entry.shown = true;
  entry.bytes = to_vector(as_bytes("<" + std::string(text) + ">"));
  entry.search_text = text;
  return entry;
}

}  // namespace farline::testing
